#!/bin/sh
# Makes .venv-bpy-VERSION in the working folder: an environment that has that Blender as a Python module.
# Where this machine lacks the Python that it is for, says so and leaves it out.
set -eu
version=$1
home=.venv-bpy-$version
case $version in
    4.* | 5.0.*) needs=3.11 ;;
    *) needs=3.13 ;;
esac
fits() {
    "$1" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$needs')" 2>/dev/null
}
found=
for python in "$home/bin/python" "${PYTHON:-python3}" "python$needs" "${HOME:-}/.pyenv/versions/$needs".*/bin/python3; do
    if fits "$python"; then
        found=$python
        break
    fi
done
if [ -z "$found" ]; then
    echo "Blender $version as a module needs Python $needs, which is not here: its tests are left out"
    exit 0
fi
echo "installing Blender $version as a module (370 MB)"
[ "$found" = "$home/bin/python" ] || "$found" -m venv "$home"
# NumPy 2 came after 4.2, which does not say so.
case $version in 4.2.*) numpy='numpy<2' ;; *) numpy=numpy ;; esac
PIP_CONSTRAINT='' "$home/bin/python" -m pip --disable-pip-version-check -q install "bpy==$version" "$numpy"
if ! "$home/bin/python" -c 'import bpy' >/dev/null; then
    echo "Blender $version lacks libraries of this system: tools/blender_libraries.sh gets them on Debian" >&2
    exit 1
fi
touch "$home/.installed"
