#!/bin/sh
# Sees to it that this system has the libraries that Blender as a module loads. Exit code 1 where some
# are missing and cannot be had: that takes apt-get, and root.
set -u
PATH=$PATH:/usr/sbin:/sbin
needed="libX11.so.6 libXrender.so.1 libXfixes.so.3 libXi.so.6 libxkbcommon.so.0 libSM.so.6 libGL.so.1
libgomp.so.1 libXxf86vm.so.1"
packages="libx11-6 libxrender1 libxfixes3 libxi6 libxkbcommon0 libsm6 libgl1 libgomp1 libxxf86vm1"
missing() {
    known=$(ldconfig -p)
    for library in $needed; do
        case $known in *"$library "*) ;; *) printf '%s ' "$library" ;; esac
    done
}
[ "$(uname)" = Linux ] || exit 0
[ -n "$(missing)" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    # One word for each package.
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
fi
lacking=$(missing)
[ -n "$lacking" ] || exit 0
echo "Blender as a module needs libraries that are not here: $lacking(on Debian: apt-get install $packages)" >&2
exit 1
