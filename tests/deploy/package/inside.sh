#!/bin/bash
# The part of check_package.sh that runs where the package may be installed: /tmp/atomstream.deb.
set -euo pipefail
export PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
unset LD_LIBRARY_PATH

failures=0
fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}
# await LOG PID TEXT: 3 minutes at most.
await() {
  local i
  for ((i = 0; i < 1800; ++i)); do
    ! grep -qs "$3" "$1" || return 0
    kill -0 "$2" 2>/dev/null || break
    sleep 0.1
  done
  fail "no '$3' in: $(tail -n 20 "$1")"
  exit 1
}
# In the background, as `as_daemon … &`, it is the process that signals reach.
as_daemon() { exec setpriv --reuid=atomstream --regid=atomstream --clear-groups --no-new-privs "$@"; }

config=/etc/atomstream/atomstreamd.textproto
for package in $(dpkg-query -W -f='${Package}\n' 'atomstream' 2>/dev/null || true); do
  dpkg --purge "$package" >/dev/null  # this machine may have one already
done
# Fails where a dependency is missing that the package asks for.
dpkg --install /tmp/atomstream.deb >/tmp/install.log 2>&1 || {
  cat /tmp/install.log
  exit 1
}
id atomstream >/dev/null || fail "no user atomstream"
[[ $(stat -c '%U:%G %a' /var/lib/atomstream) == "atomstream:atomstream 750" ]] || fail "/var/lib/atomstream"
for file in /usr/lib/systemd/system/atomstreamd.service /usr/share/atomstream/prometheus/rules/alerts.yml \
  /usr/share/atomstream/proto/atomstream/v1/analysis.proto /usr/share/doc/atomstream/operations.md \
  /usr/share/atomstream/make_certs.sh "$config"; do
  [[ -s $file ]] || fail "$file is missing"
done
command -v systemd-analyze >/dev/null &&
  { systemd-analyze verify --man=no /usr/lib/systemd/system/atomstreamd.service || fail "the unit"; }
for program in atomstreamd atomstream atomstream-sim; do
  $program --version >/dev/null || fail "$program --version"
done
# As it was installed: valid, with the model that came along.
(as_daemon atomstreamd --config=$config --validate_only) || fail "$config"

# As the unit starts it, beside a microscope, on other ports: this machine may use these.
atomstream-sim --address=127.0.0.1:0 --size_px=128 --rate_hz=5 --noise=0.2 >/tmp/sim.log 2>&1 &
sim=$!
await /tmp/sim.log $sim '127.0.0.1:[1-9]'
microscope=$(grep -o '127\.0\.0\.1:[1-9][0-9]*' /tmp/sim.log | head -1)
sed -i -e 's/^listen_address: .*/listen_address: "127.0.0.1:0"/' -e 's/^metrics_address: .*/metrics_address: "127.0.0.1:0"/' \
  -e "s/127.0.0.1:50060/$microscope/" $config
start() {
  : >/tmp/daemon.log
  as_daemon "$(sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' /usr/lib/systemd/system/atomstreamd.service)" \
    --config=$config >/tmp/daemon.log 2>&1 &
  daemon=$!
  await /tmp/daemon.log $daemon '(port '
  server=127.0.0.1:$(sed -n 's/.*(port \([0-9]*\)).*/\1/p' /tmp/daemon.log | tail -1)
}
start
atomstream watch --server "$server" --frames 3 --timeout_s 180 >/tmp/watch.log || fail "watch: $(cat /tmp/watch.log)"
atomstream status --server "$server" --timeout_s 60 >/tmp/status.log || fail "status"
kill -TERM $daemon
wait $daemon || fail "the daemon ended with $?: $(tail -n 20 /tmp/daemon.log)"
[[ -s /var/lib/atomstream/results.sqlite ]] || fail "no results in /var/lib/atomstream"
# A new start finds what the one before kept.
start
atomstream history --server "$server" --limit 3 --timeout_s 60 >/tmp/history.log || fail "history: $(cat /tmp/history.log)"
[[ $(wc -l </tmp/history.log) -ge 3 ]] || fail "the results before the restart: $(cat /tmp/history.log)"
kill -TERM $daemon
wait $daemon || fail "the daemon ended with $?"
kill -TERM $sim
wait $sim || true

# An upgrade keeps a changed configuration; removal keeps it and the results; purging keeps the results.
dpkg --install /tmp/atomstream.deb >/tmp/upgrade.log 2>&1 || fail "upgrade: $(cat /tmp/upgrade.log)"
grep -q "$microscope" $config || fail "an upgrade lost the changed configuration"
dpkg --remove atomstream >/dev/null
[[ ! -e /usr/bin/atomstreamd && -e $config ]] || fail "removal"
dpkg --purge atomstream >/dev/null
[[ ! -e $config && -s /var/lib/atomstream/results.sqlite ]] || fail "purge"
echo "$failures problems"
((failures == 0))
