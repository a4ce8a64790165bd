#!/bin/bash
# Configures a CMake preset and builds it.
#
#   deploy/build.sh [PRESET [TARGET...]]     preset: release (default), dev, asan, tsan, clang
set -euo pipefail
. "$(dirname "$0")/lib.sh"

preset=${1:-release}
shift || true
cd "$repo"
export PATH=$PATH:$repo/build/tools
jobs=$(build_jobs)
log=$(mktemp)

say "configuring preset $preset"
cmake --preset "$preset" >"$log" 2>&1 || { cat "$log" >&2; die "configuring failed"; }
rm -f "$log"
say "building with $jobs jobs into build/$preset"
started=$SECONDS
NINJA_STATUS="[%f/%t, %e s] " cmake --build "build/$preset" --parallel "$jobs" \
  ${1:+--target "$@"}
say "built in $((SECONDS - started)) s"
