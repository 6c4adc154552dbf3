#!/bin/sh
# Sees to it that this system has what the tests of foley dialog need: a virtual screen, keys for it, and
# tkinter for the system's Python. Exit code 1 where some is missing and cannot be had: that takes apt-get,
# and root. Without it those tests are skipped.
set -u
PYTHON=${PYTHON:-python3}
missing() {
    command -v Xvfb >/dev/null || printf 'xvfb '
    command -v xdotool >/dev/null || printf 'xdotool '
    "$PYTHON" -c 'import tkinter' 2>/dev/null || printf 'python3-tk '
}
[ "$(uname)" = Linux ] || exit 0
packages=$(missing)
[ -n "$packages" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    # One word for each package.
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
fi
lacking=$(missing)
[ -n "$lacking" ] || exit 0
echo "The tests of foley dialog need what is not here (on Debian: apt-get install $lacking)" >&2
exit 1
