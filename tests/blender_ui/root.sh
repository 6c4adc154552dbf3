#!/bin/sh
# A Debian 13 with Blender 4.3 and a virtual screen, in a folder of its own, for tests/blender_ui/run.py.
#   root.sh build ROOT [MIRROR]    makes it (1.3 GB, two minutes; needs root and mmdebstrap)
#   root.sh mount ROOT SHARED      lends it this checkout and its Python (read only) and the folder SHARED
#   root.sh unmount ROOT SHARED    takes them back
set -eu
checkout=$(cd "$(dirname "$0")/../.." && pwd)
command=$1
root=$2

lent() { # the folders that `foley` of this checkout needs
  real=$("$checkout/.venv/bin/python" -c 'import os, sys; print(os.path.realpath(sys.base_prefix))')
  echo "$checkout"
  case $real in "$checkout"/*) ;; *) echo "$real" ;; esac
}

case $command in
build)
  exec mmdebstrap --variant=apt \
    --include=blender,xvfb,xauth,xdotool,imagemagick,x11-utils,libgl1-mesa-dri,fonts-dejavu-core,procps,python3-numpy,python3-requests,python3-cattr,libsqlite3-0,libffi8,libbz2-1.0,liblzma5,libreadline8t64,libssl3t64 \
    --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Check-Valid-Until "false"' \
    trixie "$root" "${3:-http://deb.debian.org/debian}"
  ;;
mount)
  mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
  mountpoint -q "$root/dev" || mount --bind /dev "$root/dev"
  for folder in $(lent); do
    mkdir -p "$root$folder"
    mountpoint -q "$root$folder" || { mount --bind "$folder" "$root$folder"; mount -o remount,bind,ro "$root$folder"; }
  done
  mkdir -p "$root$3"
  mountpoint -q "$root$3" || mount --bind "$3" "$root$3"
  ;;
unmount)
  for folder in "$3" $(lent) /dev /proc; do
    if mountpoint -q "$root$folder"; then umount -l "$root$folder"; fi
  done
  ;;
*)
  echo "usage: root.sh build|mount|unmount ROOT …" >&2
  exit 2
  ;;
esac
