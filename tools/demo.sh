#!/usr/bin/env bash
# The demonstration behind `make demo`: demo.sh PROGRAM FOLDER. Generates a clip without any
# credentials, against the local stand-in for Google that the program has inside.
set -euo pipefail
program=$(realpath "$1")
mkdir -p "$2"
cd "$2"

echo "Starting the emulator: a local Veo, Cloud Storage and token service; its clips are rendered scenes."
"$program" emulate --listen 127.0.0.1:0 --data emulator --shrink 4 --broken-every 2 >environment 2>emulator.log &
emulator=$!
trap 'kill "$emulator" 2>/dev/null || true' EXIT
for _ in $(seq 100); do
  grep -q HF_ENDPOINT environment && break
  kill -0 "$emulator" 2>/dev/null || { cat emulator.log >&2; exit 1; }
  sleep 0.1
done
# shellcheck disable=SC1091
. ./environment
export VIDEOGEN_DATA=$PWD/journal

# 0 (a clip passes) and 1 (the best that came does not) are both results.
ask() {
  local status=0
  echo "\$ videogen generate $*"
  "$program" generate "$@" || status=$?
  [ "$status" -le 1 ] || exit "$status"
  echo
}

ask "a lighthouse in a storm" --style cinematic --seconds 4 --poll 1 --force -o lighthouse.mp4
ask "a train crosses a bridge" --priority cost --seconds 4 --seed 2 --poll 1 --force -o train.mp4
echo "The clips, the emulator's state and the journal of orders are in $PWD."
