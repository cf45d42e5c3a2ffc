#!/bin/sh
# What fuzz_stream starts from: the clips of fuzz_media, MP4 with its index in front as well.
# stream_seeds.sh FOLDER
set -eu
folder=${1:?usage: stream_seeds.sh FOLDER}
"$(dirname "$0")/media_seeds.sh" "$folder"
for clip in "$folder"/*.mp4 "$folder"/*.mov; do
  front=$folder/front_$(basename "$clip")
  case $clip in */front_*) continue ;; esac
  [ -e "$front" ] || ffmpeg -nostdin -v error -y -i "$clip" -c copy -movflags +faststart "$front"
done
