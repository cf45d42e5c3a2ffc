#!/bin/sh
# Replies as services give them, for fuzz_generation_replies to mutate:
# generation_replies_seeds.sh FOLDER
set -eu
folder=${1:?usage: generation_replies_seeds.sh FOLDER}
mkdir -p "$folder"

name='projects/p/locations/us-central1/publishers/google/models/veo-3.1-generate-001/operations/1a'
printf '1%s' "$name" >"$folder/name"
printf '1{"name":"%s"}' "$name" >"$folder/running"
printf '1{"name":"%s","done":true,"response":{"raiMediaFilteredCount":0,"videos":[{"gcsUri":"gs://b/o.mp4","mimeType":"video/mp4"},{"bytesBase64Encoded":"AAAA"}]}}' "$name" >"$folder/done"
printf '2{"done":true,"response":{"raiMediaFilteredCount":1,"raiMediaFilteredReasons":["Support codes: 58061214, 1"]}}' >"$folder/filtered"
printf '1{"done":true,"error":{"code":3,"message":"No. Support code: 62263041"}}' >"$folder/failed"
printf '1{"id":"video_1","object":"video","status":"in_progress","progress":41,"seconds":"4","error":null}' >"$folder/video"
printf '1{"id":7,"status":"failed","error":{"code":"moderation_blocked","message":"blocked"}}' >"$folder/blocked"
