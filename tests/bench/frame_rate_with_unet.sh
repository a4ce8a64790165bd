#!/bin/bash
# Measures how many frames a second LoG* finishes in the daemon, with and without the U-Net running
# beside it. The two take turns, against the same simulated microscope, so that what else the machine
# does meets both. Exits 1 if the U-Net costs LoG* more than a fifth of its frames.
#
#   tests/bench/frame_rate_with_unet.sh --model DIR [--bin DIR] [--rounds N] [--seconds S]
#       [--size PX] [--rate HZ] [--budget-ms MS] [--material M] [--noise X] [--port-base P]
#
#   --model DIR     the U-Net's model folder
#   --bin DIR       where atomstreamd and atomstream-sim are                 (build/release/bin)
#   --rounds N      runs of each kind                                        (3)
#   --seconds S     measured time of a run, after 3 s of warming up          (10)
#   --size PX       rows and columns of a frame                              (512)
#   --rate HZ       frames a second that the microscope sends                (60)
#   --budget-ms MS  LoG*'s time budget; with the default, time that LoG* loses shows in the
#                   evaluations a frame rather than in the frames            (50)
#   --material M    graphene or SrTiO3                                       (graphene)
#   --noise X       standard deviation on a frame scaled to [0, 1]           (0.2)
#   --port-base P   use ports P, P + 1 and P + 2                             (50151)
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

die() {
  printf 'error: %s\n' "$*" >&2
  exit 2
}

model=
bin=$repo/build/release/bin
rounds=3
seconds=10
size=512
rate=60
budget_ms=50
material=graphene
noise=0.2
port_base=50151
while (($# > 0)); do
  case $1 in
    --help | -h) sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"; exit 0 ;;
    --model | --bin | --rounds | --seconds | --size | --rate | --budget-ms | --material | --noise | \
      --port-base)
      (($# > 1)) || die "$1 needs a value" ;;&
    --model) model=$2 ;;
    --bin) bin=$2 ;;
    --rounds) rounds=$2 ;;
    --seconds) seconds=$2 ;;
    --size) size=$2 ;;
    --rate) rate=$2 ;;
    --budget-ms) budget_ms=$2 ;;
    --material) material=$2 ;;
    --noise) noise=$2 ;;
    --port-base) port_base=$2 ;;
    *) die "unknown argument '$1'; see $0 --help" ;;
  esac
  shift 2
done
[[ -n $model ]] || die "--model: names no model folder"
[[ -d $model ]] || die "--model $model: is no folder"
model=$(cd "$model" && pwd)
for value in "$rounds" "$seconds"; do
  [[ $value =~ ^[1-9][0-9]*$ ]] || die "--rounds and --seconds: '$value' is not a positive number"
done
if ! [[ $port_base =~ ^[0-9]+$ ]] || ((port_base < 1 || port_base > 65533)); then
  die "--port-base $port_base: must be in [1, 65533]"
fi
daemon_port=$port_base sim_port=$((port_base + 1)) metrics_port=$((port_base + 2))
for program in atomstreamd atomstream-sim; do
  [[ -x $bin/$program ]] || die "$bin/$program is not there; build it, or say --bin"
done

run=$(mktemp -d)
sim_pid='' daemon_pid=''
end_process() {
  [[ -n $1 ]] && kill -TERM "$1" 2>/dev/null || return 0
  wait "$1" 2>/dev/null || true
}
end_all() {
  end_process "$daemon_pid"
  end_process "$sim_pid"
  rm -rf "$run"
}
trap end_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

metrics() {
  exec 3<>"/dev/tcp/127.0.0.1/$metrics_port" || return 1
  printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3
  cat <&3
  exec 3<&- 3>&-
}

# value NAME: of one metric, its labels as they are printed; 0 where it is not there.
value() { metrics | tr -d '\r' | awk -v name="$1" '$1 == name {v = $2} END {print v + 0}'; }

log_star_frames='atomstream_stage_latency_seconds_count{stage="detect"}'
unet_frames='atomstream_unet_frames_total{outcome="done"}'

counters() {
  metrics | tr -d '\r' | awk -v frames="$log_star_frames" -v unet="$unet_frames" '
    $1 == frames {f = $2}
    $1 == "atomstream_optimizer_evaluations_total" {e = $2}
    $1 == unet {u = $2}
    END {print f + 0, e + 0, u + 0}'
}

await_first_frame() {
  local tries=0
  until (($(value "$log_star_frames" 2>/dev/null || true) > 0)); do
    if ! kill -0 "$daemon_pid" 2>/dev/null || ((++tries > 300)); then
      tail -n 20 "$run/daemon.log" >&2
      die "the daemon finished no frame in 30 s"
    fi
    sleep 0.1
  done
}

# run_daemon KIND: appends "KIND frames-a-second evaluations-a-frame unet-frames-a-second".
run_daemon() {
  local kind=$1 unet='' before after start end
  [[ $kind == both ]] && unet="unet { model: \"$model\" }"
  cat >"$run/daemon.textproto" <<CONFIG
listen_address: "127.0.0.1:$daemon_port"
metrics_address: "127.0.0.1:$metrics_port"
source { microscope { address: "127.0.0.1:$sim_port" } }
log_star { material: "$material" time_budget_ms: $budget_ms }
$unet
CONFIG
  "$bin/atomstreamd" --config="$run/daemon.textproto" >"$run/daemon.log" 2>&1 &
  daemon_pid=$!
  await_first_frame
  sleep 3
  start=$EPOCHREALTIME
  before=$(counters)
  sleep "$seconds"
  after=$(counters)
  end=$EPOCHREALTIME
  end_process "$daemon_pid"
  daemon_pid=''
  echo "$kind $start $end $before $after" | awk '{
    t = $3 - $2; f = $7 - $4
    printf "%s %.3f %.1f %.3f\n", $1, f / t, (f > 0 ? ($8 - $5) / f : 0), ($9 - $6) / t
  }' | tee -a "$run/results" | awk '{
    printf "%-9s LoG* %7.2f frames/s, %6.1f evaluations a frame; U-Net %6.2f frames/s\n", $1, $2, $3, $4
  }'
}

touch "$run/sim.log"
"$bin/atomstream-sim" --address="127.0.0.1:$sim_port" --material="$material" --noise="$noise" \
  --size_px="$size" --rate_hz="$rate" --render_ahead=32 --vacancies=0.01 --dopants=0.005 \
  --hole=0.06 --drift_px=0.2 >"$run/sim.log" 2>&1 &
sim_pid=$!
tries=0
until grep -q "serving on" "$run/sim.log"; do
  if ! kill -0 "$sim_pid" 2>/dev/null || ((++tries > 300)); then
    cat "$run/sim.log" >&2
    die "the simulator did not start"
  fi
  sleep 0.1
done

printf '%s cores, %s px, %s, noise %s, %s Hz offered, budget %s ms\n' \
  "$(nproc)" "$size" "$material" "$noise" "$rate" "$budget_ms"
for ((round = 0; round < rounds; ++round)); do
  run_daemon log_star
  run_daemon both
done

# Medians over the rounds; the ratio is that of the medians.
awk '
  {frames[$1, ++n[$1]] = $2; evaluations[$1] += $3}
  function median(kind,   i, j, k, v, t) {
    k = n[kind]
    for (i = 1; i <= k; ++i) v[i] = frames[kind, i]
    for (i = 2; i <= k; ++i)
      for (j = i; j > 1 && v[j - 1] > v[j]; --j) {t = v[j]; v[j] = v[j - 1]; v[j - 1] = t}
    return k % 2 ? v[(k + 1) / 2] : (v[k / 2] + v[k / 2 + 1]) / 2
  }
  END {
    alone = median("log_star"); beside = median("both")
    if (alone <= 0) {print "LoG* finished nothing"; exit 2}
    printf "LoG* alone %.2f frames/s, beside the U-Net %.2f: %.0f %% (aim: at least 80 %%)\n",
      alone, beside, 100 * beside / alone
    printf "evaluations a frame (mean): alone %.1f, beside the U-Net %.1f\n",
      evaluations["log_star"] / n["log_star"], evaluations["both"] / n["both"]
    exit (beside < 0.8 * alone)
  }' "$run/results"
