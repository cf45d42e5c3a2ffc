#!/usr/bin/env bash
# hub_listing_seeds.sh FOLDER: a listing, an index of shards, a name.
set -euo pipefail
mkdir -p "$1"
cd "$1"
sha=3d74acf9a28c67741b2f4f2ea7635f0aaf6f0268
echo '{"sha": "'$sha'", "siblings": [{"rfilename": "config.json", "size": 7, "blobId": "'$sha'"}, {"rfilename": "model.safetensors", "size": 9, "lfs": {"sha256": "'$sha$(printf a%.0s {1..24})'", "size": 9}}, {"rfilename": "preprocessor_config.json"}, {"rfilename": "tokenizer.json"}]}' >listing
echo '{"metadata": {}, "weight_map": {"x": "a.safetensors"}}' >index
printf 'openai/clip-vit-base-patch32@refs/pr/1' >name
