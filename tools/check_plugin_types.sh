#!/usr/bin/env bash
# Checks the types of the plugin for DaVinci Resolve, laid together as it is installed: one package of both folders.
set -euo pipefail
mypy=$(realpath "$1")
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/foley_davinci"
cp plugins/davinci/*.py plugins/shared/*.py "$folder/foley_davinci/"
cd "$folder"
"$mypy" --strict --config-file /dev/null -p foley_davinci
