#!/bin/bash
# Installs the Debian 12 packages that atomstream needs and that are missing. Needs root or sudo,
# but only when something is missing.
#
#   deploy/setup.sh            what building and running needs, and what the tests need
#   deploy/setup.sh --list     prints the packages and stops
set -euo pipefail
. "$(dirname "$0")/lib.sh"

packages=(
  # tools
  g++ cmake ninja-build ccache pkg-config
  # contract
  libgrpc++-dev protobuf-compiler protobuf-compiler-grpc libprotobuf-dev
  # libraries
  libabsl-dev libcairo2-dev libeigen3-dev libgoogle-glog-dev libhdf5-dev libopencv-core-dev
  libopencv-imgproc-dev libpagmo-dev libssl-dev libtiff-dev libtorch-dev nlohmann-json3-dev
  prometheus-cpp-dev
  # results and frames on disk
  libsqlite3-dev libzstd-dev
  # tests
  libgtest-dev libgmock-dev openssl
  # checks of alerts, dashboards and manifests; of the unit; what the Debian package is made with
  python3-yaml systemd dpkg-dev file
  # atomstream convert-atomai, its test, and what the benchmark compares with
  python3-torch python3-numpy
  # what the benchmark compares clusters with
  python3-sklearn
)

is_installed() {
  [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# Runs a command as root; only called when something must be installed.
as_root() {
  if [[ $(id -u) == 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo env DEBIAN_FRONTEND=noninteractive "$@"
  else
    die "installing packages needs root or sudo; missing: ${missing[*]}"
  fi
}

# Copies apt's output to the log $1 and shows it as percentages in steps of twenty.
show_progress() {
  awk -v log_file="$1" '
    function show(what, count) {
      step = int(5 * count / total) * 20
      if (total == 0 || step == shown[what]) return
      shown[what] = step
      printf "   %-9s %3d %% of %d packages\n", what, step, total
      fflush()
    }
    { print >log_file }
    / newly installed, / { total = $1 + $3 }
    /^Get:/ { show("download", ++got) }
    /^Unpacking / { show("unpack", ++unpacked) }
    /^Setting up / { show("configure", ++configured) }'
}

install_missing() {
  local log
  log=$(mktemp)
  say "reading the package lists"
  as_root apt-get update -qq >"$log" 2>&1 || { cat "$log" >&2; die "apt-get update failed"; }
  say "installing ${#missing[@]} packages and what they need: ${missing[*]}"
  if ! as_root apt-get install -y -q --no-install-recommends "${missing[@]}" 2>&1 </dev/null |
    show_progress "$log"; then
    tail -n 30 "$log" >&2
    die "apt-get install failed; the log is $log"
  fi
  rm -f "$log"
}

# Prometheus, for `demo.sh --with-prometheus` and the tests of alerts and console, and its checker. The
# installed package would start a server; so both are taken out of it, into the build folder.
provide_prometheus() {
  local tools=$repo/build/tools folder
  command -v promtool >/dev/null && command -v prometheus >/dev/null && return
  [[ -x $tools/promtool && -x $tools/prometheus ]] && return
  say "fetching prometheus"
  folder=$(mktemp -d)
  (
    cd "$folder"
    chmod 755 .
    apt-get download -q prometheus >log 2>&1 || { cat log >&2; exit 1; }
    dpkg-deb -x prometheus_*.deb tree
  ) || die "cannot fetch prometheus, which tests need"
  mkdir -p "$tools"
  cp "$folder/tree/usr/bin/promtool" "$folder/tree/usr/bin/prometheus" "$tools/"
  rm -rf "$folder"
}

if [[ ${1:-} == --list ]]; then
  printf '%s\n' "${packages[@]}"
  exit 0
fi
[[ $# == 0 ]] || die "unknown argument '$1'; see the head of $0"
command -v apt-get >/dev/null || die "needs apt-get: made for Debian 12"
if ! grep -q '^VERSION_ID="12"' /etc/os-release || ! grep -q '^ID=debian' /etc/os-release; then
  say "this is not Debian 12: the packages may be missing or of other versions"
fi

export DEBIAN_FRONTEND=noninteractive
missing=()
for package in "${packages[@]}"; do
  is_installed "$package" || missing+=("$package")
done
if ((${#missing[@]} > 0)); then
  install_missing
  for package in "${missing[@]}"; do
    is_installed "$package" || die "$package is still not installed"
  done
fi
provide_prometheus
say "all ${#packages[@]} packages are installed"
