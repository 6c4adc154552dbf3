#!/bin/sh
# Sees to it that melt is here, which renders timelines for the tests. Exit code 1 where it is not and cannot
# be had: that takes apt-get, and root.
set -u
command -v melt >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends melt >/dev/null
fi
command -v melt >/dev/null && exit 0
echo "melt is not here (on Debian: apt-get install melt)" >&2
exit 1
