#!/usr/bin/env bash
# Every figure of docs/performance.md that needs an NVIDIA card, floor beside figure, in under ten minutes.
# Usage: benchmarks/h200.sh [FOLDER FOR JSON]. PYTHON chooses the interpreter; random weights go below TMPDIR.
set -euo pipefail
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-python3}
OUT=${1:-benchmarks/out}
mkdir -p "$OUT"
export PYTHONPATH="daemon${PYTHONPATH:+:$PYTHONPATH}" HF_HUB_OFFLINE=1 PYTHONUNBUFFERED=1

run() { echo; echo "== $*"; "$PYTHON" -m "benchmarks.$@"; }

nvidia-smi -L
run parity tests/data/golden --device cuda --json "$OUT/parity.json" | grep -v ' pass$'
run hunyuan_denoise --json "$OUT/xxl.json" --profile "$OUT/xxl-step.txt"
run hunyuan_denoise --size xl --lengths 10 --json "$OUT/xl.json"
run hunyuan_whole --json "$OUT/whole.json"
run hunyuan_denoise --weights 8bit --lengths 10 --no-floor --json "$OUT/8bit.json"
run hunyuan_denoise --weights offload --lengths 10 --no-floor --runs 1 --json "$OUT/offload.json"
