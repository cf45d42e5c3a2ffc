#!/usr/bin/env bash
# The demonstration behind `make run`: run.sh PROGRAM FOLDER, with VIDEO=clip in the
# environment to judge a clip of the caller's instead.
set -euo pipefail
program=$1
folder=$2

# 0 (passed) and 1 (judged, not passed) are both verdicts; anything else is an error.
judge() {
  local status=0
  "$program" validate "$@" || status=$?
  [ "$status" -le 1 ] || exit "$status"
}

if [ -n "${VIDEO:-}" ]; then
  judge -- "$VIDEO"
  exit 0
fi

mkdir -p "$folder"
echo "Rendering two clips into $folder/: one sound, one with a planted cut and a flash."
"$program" sample "$folder/sound.mp4" --force --scene harbour --seed 1 --seconds 6
"$program" sample "$folder/broken.mp4" --force --scene harbour --seed 1 --seconds 6 \
  --defect flash@1.5 --defect cut@3.2
echo
judge "$folder/sound.mp4"
echo
judge "$folder/broken.mp4"
echo
echo "Your own clip: make run VIDEO=clip.mp4, or $program validate clip.mp4"
