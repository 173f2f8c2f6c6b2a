#!/bin/sh
# Checks and times everything that runs on a GPU, within nine minutes: sh bench/gpu.sh
#
# Needs Python with the packages of pyproject.toml, but neither DVC nor ffmpeg. It writes
# bench/results/gpu.json, under $OUT if that is set; the file grows with each yardstick, so that a
# run that was stopped leaves what it had. Options go to `python -m bench`: to try it without a
# GPU, sh bench/gpu.sh --size tiny --device cpu
set -eu
cd "$(dirname "$0")/.."
out="${OUT:-.}/bench/results/gpu.json"
only=checks,train_step,train_e2e,loader,memory,evaluate
export PYTHONPATH="$PWD/src:$PWD" PYTHONUNBUFFERED=1 OMP_NUM_THREADS=1
if command -v nvidia-smi >/dev/null; then nvidia-smi -L; fi
timeout 530 "${PYTHON:-python3}" -m bench --size gpu --device cuda --only "$only" --out "$out" "$@"
