#!/bin/sh
# Generates the committed stubs of foleyd.v1 into OUT (default: daemon).
# PYTHON must have grpcio-tools 1.76.0: its output runs on protobuf 6.31 and every later 6 and 7.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
out=${1:-$root/daemon}
googleapis=$("${PYTHON:-python3}" -c 'import pathlib, google.rpc; print(pathlib.Path(list(google.rpc.__path__)[0]).parents[1])')
cd "$root"
exec "${PYTHON:-python3}" -m grpc_tools.protoc -I protos -I "$googleapis" \
    --python_out="$out" --pyi_out="$out" --grpc_python_out="$out" protos/foleyd/v1/foleyd.proto
