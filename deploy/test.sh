#!/bin/bash
# Installs what is missing, builds everything and runs all tests. Exit code: that of the tests.
#
#   deploy/test.sh [CTEST_ARGUMENT...]       e.g. deploy/test.sh -R core_blob
set -euo pipefail
. "$(dirname "$0")/lib.sh"

"$repo/deploy/setup.sh"
"$repo/deploy/build.sh" release
say "running the tests"
cd "$repo/build/release"
export PATH=$PATH:$repo/build/tools
exec ctest --output-on-failure --no-tests=error -j "$(build_jobs)" "$@"
