#!/bin/bash
# Makes the Debian package, installs it, runs what it holds, and removes it again; in a copy of this
# machine's file system that is forgotten afterwards.
#
#   check_package.sh REPOSITORY BUILD_FOLDER
set -euo pipefail
repo=$1
build=$2
skip() {
  echo "SKIPPED: $*"
  exit 77
}
command -v dpkg-shlibdeps >/dev/null && command -v file >/dev/null ||
  skip "there is no dpkg-shlibdeps or file here (packages dpkg-dev, file)"
[[ $(id -u) == 0 ]] || skip "installing a package needs root"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$build" && cpack -B "$work/package") >"$work/cpack.log" 2>&1 || {
  cat "$work/cpack.log"
  exit 1
}
package=$(ls "$work"/package/*.deb)
rm -rf "$work/package/_CPack_Packages"
echo "$(du -h "$package" | cut -f1) $(basename "$package")"
dpkg-deb --info "$package" | sed -n 's/^ *Depends: /Depends: /p'

# Everything is written into memory, over the file system as it is.
cat >"$work/enter.sh" <<'ENTER'
set -euo pipefail
work=$1
shift
mkdir "$work/scratch"
mount -t tmpfs tmpfs "$work/scratch"
mkdir "$work"/scratch/{upper,work,root}
mount -t overlay overlay \
  -o "lowerdir=/,upperdir=$work/scratch/upper,workdir=$work/scratch/work" "$work/scratch/root" || exit 77
mount --rbind /proc "$work/scratch/root/proc"
mount --rbind /dev "$work/scratch/root/dev"
cp "$work"/package/*.deb "$work/scratch/root/tmp/atomstream.deb"
cp "$1" "$work/scratch/root/tmp/inside.sh"
exec chroot "$work/scratch/root" /bin/bash /tmp/inside.sh
ENTER
got=0
unshare --mount --pid --fork --kill-child bash "$work/enter.sh" "$work" \
  "$repo/tests/deploy/package/inside.sh" || got=$?
[[ $got != 77 ]] || skip "this machine has no overlay file system to install into"
exit "$got"
