#!/bin/bash
# Installs what is missing, builds, and makes the Debian package: build/release/package/*.deb.
#
#   deploy/package.sh
set -euo pipefail
. "$(dirname "$0")/lib.sh"

[[ $# == 0 ]] || die "unknown argument '$1'; see the head of $0"
"$repo/deploy/setup.sh"
"$repo/deploy/build.sh" release atomstreamd atomstream atomstream-sim atomstream-agent atomstream-train
say "packing"
log=$(mktemp)
(cd "$repo/build/release" && cpack) >"$log" 2>&1 || { cat "$log" >&2; die "cpack failed"; }
rm -f "$log"
for package in "$repo"/build/release/package/*.deb; do
  say "made $package; apt-get install $package installs it"
done
