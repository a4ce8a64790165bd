#!/bin/bash
# Builds a checking preset and runs its tests.
#
#   deploy/sanitize.sh asan     addresses, leaks and undefined behaviour; everything
#   deploy/sanitize.sh tsan     data races; everything that is free of gRPC
#   deploy/sanitize.sh clang    clang's thread-safety analysis as errors; builds, then runs the tests
set -euo pipefail
. "$(dirname "$0")/lib.sh"

case ${1:-} in
  asan | tsan) ;;
  clang) command -v clang++ >/dev/null || die "needs clang: apt-get install clang" ;;
  *) die "say asan, tsan or clang; see the head of $0" ;;
esac
preset=$1
shift

"$repo/deploy/setup.sh"
"$repo/deploy/build.sh" "$preset"
say "running the tests of $preset"
cd "$repo/build/$preset"
export PATH=$PATH:$repo/build/tools
export ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
exec ctest --output-on-failure --no-tests=error -j "$(build_jobs)" "$@"
