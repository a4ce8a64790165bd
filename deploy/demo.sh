#!/bin/bash
# Installs what is missing, builds, and runs the main job until Ctrl-C: a simulated microscope, the
# daemon that finds the atoms in its frames, and a subscriber that prints one line a frame.
#
#   deploy/demo.sh [--frames N] [--noise X] [--material M] [--size PX] [--rate HZ] [--port-base P]
#                  [--with-prometheus]
#
#   --frames N     stop after N results; exit 0 only if all arrived in order, losses declared
#   --noise X      standard deviation of the noise on a frame scaled to [0, 1]   (0.2)
#   --material M   graphene or SrTiO3                                            (graphene)
#   --size PX      rows and columns of a frame                                   (512)
#   --rate HZ      frames a second                                               (5)
#   --port-base P  use ports P, P + 1, P + 2 and P + 3                           (50051, 50060, 9464, 9090)
#   --with-prometheus  a Prometheus beside it, with alerts and a dashboard to look at in a browser
set -euo pipefail
. "$(dirname "$0")/lib.sh"

frames=
noise=0.2
material=graphene
size=512
rate=5
daemon_port=50051
sim_port=50060
metrics_port=9464
prometheus_port=9090
with_prometheus=
while (($# > 0)); do
  case $1 in
    --help | -h) sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"; exit 0 ;;
    --with-prometheus) with_prometheus=1; shift; continue ;;
    --frames | --noise | --material | --size | --rate | --port-base)
      (($# > 1)) || die "$1 needs a value" ;;&
    --frames) frames=$2 ;;
    --noise) noise=$2 ;;
    --material) material=$2 ;;
    --size) size=$2 ;;
    --rate) rate=$2 ;;
    --port-base)
      [[ $2 =~ ^[0-9]+$ ]] && (($2 > 0 && $2 < 65533)) || die "--port-base $2: must be in [1, 65532]"
      daemon_port=$2 sim_port=$(($2 + 1)) metrics_port=$(($2 + 2))
      prometheus_port=$(($2 + 3)) ;;
    *) die "unknown argument '$1'; see $0 --help" ;;
  esac
  shift 2
done
[[ -z $frames || $frames =~ ^[1-9][0-9]*$ ]] || die "--frames $frames: must be a positive number"

"$repo/deploy/setup.sh"
"$repo/deploy/build.sh" release atomstreamd atomstream atomstream-sim

for port in "$daemon_port" "$sim_port" "$metrics_port" ${with_prometheus:+"$prometheus_port"}; do
  if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
    die "port $port is taken: stop what listens there, or choose others with --port-base"
  fi
done

bin=$repo/build/release/bin
run=$repo/build/demo
mkdir -p "$run"
rm -f "$run"/*.log  # await must not read what an earlier run said
rm -rf "$run"/results.sqlite*  # each run has a history of its own
sim_pid='' daemon_pid='' watch_pid='' prometheus_pid=''

# Ends one of our own processes: asks, waits at most 12 s (the daemon drains for up to 10), insists.
end_process() {
  local pid=$1 name=$2 tries=0
  [[ -n $pid ]] && kill -TERM "$pid" 2>/dev/null || return 0
  while kill -0 "$pid" 2>/dev/null; do
    if ((++tries > 120)); then
      echo "$name did not stop in 12 s: killed" >&2
      kill -KILL "$pid" 2>/dev/null || true
      break
    fi
    sleep 0.1
  done
  wait "$pid" 2>/dev/null || true
}

end_all() {
  trap '' INT TERM  # a second Ctrl-C must not leave processes behind
  end_process "$watch_pid" "the subscriber"
  end_process "$prometheus_pid" prometheus
  end_process "$daemon_pid" atomstreamd
  end_process "$sim_pid" atomstream-sim
}

# await NAME PID LOG COMMAND...: until COMMAND succeeds, for at most 15 s.
await() {
  local name=$1 pid=$2 log=$3 tries=0
  shift 3
  until "$@" >/dev/null 2>&1; do
    if ! kill -0 "$pid" 2>/dev/null || ((++tries > 150)); then
      tail -n 20 "$log" >&2
      die "$name did not start; its whole output is in $log"
    fi
    sleep 0.1
  done
}

cat >"$run/atomstreamd.textproto" <<CONFIG
# Written by deploy/demo.sh; config/atomstreamd.textproto explains the fields.
listen_address: "127.0.0.1:$daemon_port"
metrics_address: "127.0.0.1:$metrics_port"
source { microscope { address: "127.0.0.1:$sim_port" } }
log_star {
  material: "$material"
  time_budget_ms: 40
}
unet { model: "$repo/config/models/lattice" }
history { path: "results.sqlite" }
CONFIG
"$bin/atomstreamd" --config="$run/atomstreamd.textproto" --validate_only >"$run/validate.log" 2>&1 ||
  { cat "$run/validate.log" >&2; die "the daemon refuses $run/atomstreamd.textproto"; }

# Job control gives each process a group of its own: Ctrl-C then reaches this script alone, which
# ends them in order.
set -m
trap end_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say "starting the microscope simulator on port $sim_port"
"$bin/atomstream-sim" --address="127.0.0.1:$sim_port" --material="$material" --noise="$noise" \
  --size_px="$size" --rate_hz="$rate" --render_ahead=32 --vacancies=0.01 --dopants=0.005 \
  --hole=0.06 >"$run/sim.log" 2>&1 &
sim_pid=$!
await atomstream-sim "$sim_pid" "$run/sim.log" grep -q "serving on" "$run/sim.log"

say "starting the daemon on port $daemon_port, metrics on http://127.0.0.1:$metrics_port/metrics"
"$bin/atomstreamd" --config="$run/atomstreamd.textproto" >"$run/daemon.log" 2>&1 &
daemon_pid=$!
await atomstreamd "$daemon_pid" "$run/daemon.log" \
  "$bin/atomstream" status --server="127.0.0.1:$daemon_port"

if [[ -n $with_prometheus ]]; then
  # As deploy/prometheus has it, but for where the daemon is; what it stores is forgotten each time.
  rm -rf "$run/prometheus"
  mkdir -p "$run/prometheus"
  sed -e "s|127.0.0.1:9464|127.0.0.1:$metrics_port|" -e "s|rules/|$repo/deploy/prometheus/rules/|" \
    "$repo/deploy/prometheus/prometheus.yml" >"$run/prometheus/prometheus.yml"
  PATH=$PATH:$repo/build/tools prometheus --config.file="$run/prometheus/prometheus.yml" \
    --storage.tsdb.path="$run/prometheus/data" --web.listen-address="127.0.0.1:$prometheus_port" \
    --web.console.templates="$repo/deploy/prometheus/consoles" \
    --web.console.libraries="$repo/deploy/prometheus/console_libraries" >"$run/prometheus.log" 2>&1 &
  prometheus_pid=$!
  await prometheus "$prometheus_pid" "$run/prometheus.log" \
    grep -q "Server is ready" "$run/prometheus.log"
  say "dashboard: http://127.0.0.1:$prometheus_port/consoles/atomstream.html"
fi

say "subscribing${frames:+ for $frames frames}; Ctrl-C stops everything; logs are in build/demo"
"$bin/atomstream" watch --server="127.0.0.1:$daemon_port" ${frames:+--frames="$frames"} &
watch_pid=$!
# Ctrl-C ends the subscriber, which then prints its summary and says how it went.
interrupted=
trap 'interrupted=1; kill -INT "$watch_pid" 2>/dev/null || true' INT TERM
while :; do
  wait "$watch_pid" && code=0 || code=$?
  # A trapped signal ends the wait early, with a code that is not the subscriber's.
  [[ -n $interrupted ]] || break
  interrupted=
done
watch_pid=''
exit "$code"
