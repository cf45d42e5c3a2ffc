#!/bin/sh
# Requests, faults and gzip for fuzz_emulator to mutate: emulator_seeds.sh FOLDER
set -eu
folder=${1:?usage: emulator_seeds.sh FOLDER}
mkdir -p "$folder"
printf '0{"instances":[{"prompt":"a boat","image":{"gcsUri":"gs://b/x.png","mimeType":"image/png"},"lastFrame":{"bytesBase64Encoded":"iVBORw0KGgo=","mimeType":"image/png"}}],"parameters":{"sampleCount":2,"storageUri":"gs://b/p","durationSeconds":8,"aspectRatio":"9:16","resolution":"1080p","seed":7,"negativePrompt":"x","personGeneration":"allow_all","generateAudio":true,"enhancePrompt":true,"compressionQuality":"OPTIMIZED","fps":24,"resizeMode":"pad"},"labels":{"k":"v"}}' >"$folder/veo"
printf '0{"instances":[{"prompt":"a boat","referenceImages":[{"image":{"gcsUri":"gs://b/x.png"},"referenceType":"asset"}]}]}' >"$folder/references"
printf '1503-no-retry-after.poll:0.25@3' >"$folder/rule"
printf '2return-broken-stream-after-256K, stall-for-2s-after-1K, filtered' >"$folder/words"
{ printf 3; printf hello | gzip -n; } >"$folder/gzip"
