#!/bin/sh
# Makes small clips of every codec and container that the reader knows well, for fuzz_media to
# mutate: media_seeds.sh FOLDER
set -eu
folder=${1:?usage: media_seeds.sh FOLDER}
mkdir -p "$folder"

clip() {
  name=$1
  shift
  [ -e "$folder/$name" ] || ffmpeg -nostdin -v error -y \
    -f lavfi -i testsrc2=size=64x48:rate=12:duration=1.5 "$@" "$folder/$name"
}

x264="-c:v libx264 -preset veryfast -g 8 -bf 2 -pix_fmt yuv420p"
# shellcheck disable=SC2086 # the options are words
{
  clip h264.mp4 $x264
  clip h264_fragments.mp4 $x264 -movflags +frag_keyframe+empty_moov
  clip h264.mkv $x264
  clip h264.ts $x264
  clip h264.avi $x264
  clip h264.flv $x264
  clip h264.h264 $x264
  clip open.mp4 $x264 -x264-params open-gop=1
  clip fields.mp4 $x264 -x264-params tff=1
}
clip hevc.mp4 -c:v libx265 -preset ultrafast -x265-params log-level=none:keyint=8 -pix_fmt yuv420p
clip hevc.hevc -c:v libx265 -preset ultrafast -x265-params log-level=none:keyint=8 -pix_fmt yuv420p
clip vp9.webm -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 8
clip vp9.mp4 -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 8
clip vp8.webm -c:v libvpx -deadline realtime -cpu-used 8 -g 8
clip av1.mp4 -c:v libaom-av1 -cpu-used 8 -usage realtime -g 8
clip av1.obu -c:v libaom-av1 -cpu-used 8 -usage realtime -g 8
clip mpeg4.mp4 -c:v mpeg4 -bf 2 -g 8
clip mpeg4.avi -c:v mpeg4 -bf 2 -g 8
clip mpeg2.ts -c:v mpeg2video -bf 2 -g 8
clip mpeg2.mpg -c:v mpeg2video -r 25 -bf 2 -g 8
clip gif.gif
clip apng.apng -f apng
clip mjpeg.avi -c:v mjpeg
clip prores.mov -c:v prores_ks -profile:v 0
clip theora.ogv -c:v libtheora
clip png.png -frames:v 1
[ -e "$folder/turned.mp4" ] ||
  ffmpeg -nostdin -v error -y -i "$folder/h264.mp4" -c copy -metadata:s:v:0 rotate=90 \
    "$folder/turned.mp4"
[ -e "$folder/edit.mp4" ] ||
  ffmpeg -nostdin -v error -y -ss 0.9 -i "$folder/h264.mp4" -c copy "$folder/edit.mp4"
