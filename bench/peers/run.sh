#!/usr/bin/env bash
# `make bench-peers`: bench/peers/run.sh BUILD_FOLDER [--only PART]…
# The parts cuts and flow need a small download, the others one of several gigabytes.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$1
shift
venv=build/peers-venv
[ -x $venv/bin/python ] || python3 -m venv $venv
$venv/bin/pip install -q -r bench/peers/requirements-opencv.txt
small='^(--only (cuts|flow) ?)+$'
[[ "$*" =~ $small ]] || $venv/bin/pip install -q -r bench/peers/requirements.txt
exec $venv/bin/python bench/peers/run.py --build "$build" "$@"
