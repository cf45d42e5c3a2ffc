#!/usr/bin/env bash
# `make bench-peers`: bench/peers/run.sh BUILD_FOLDER
set -euo pipefail
cd "$(dirname "$0")/../.."
venv=build/peers-venv
[ -x $venv/bin/python ] || python3 -m venv $venv
$venv/bin/pip install -q -r bench/peers/requirements.txt
exec $venv/bin/python bench/peers/run.py --build "$1"
