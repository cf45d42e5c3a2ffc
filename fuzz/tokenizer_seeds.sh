#!/bin/sh
# Small tokenizers in both layouts, processor settings and texts, for fuzz_tokenizer to mutate:
# tokenizer_seeds.sh FOLDER
set -eu
folder=${1:?usage: tokenizer_seeds.sh FOLDER}
mkdir -p "$folder"

vocabulary='{"l":0,"o":1,"w":2,"w</w>":3,"lo":4,"low</w>":5,"<|startoftext|>":6,"<|endoftext|>":7}'
printf '2%s\000#version: 0.2\nl o\nlo w</w>\n' "$vocabulary" >"$folder/two"

normalizer='{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Replace","pattern":{"Regex":"\\s+"},"content":" "},{"type":"Lowercase"}]}'
splits='{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"'"'s|'t|'re|'ve|'m|'ll|'d"'|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+"},"behavior":"Removed","invert":true},{"type":"ByteLevel","add_prefix_space":false}]}'
roberta='{"type":"RobertaProcessing","cls":["<|startoftext|>",6],"sep":["<|endoftext|>",7]}'
template='{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<|startoftext|>"}},{"Sequence":{"id":"A"}},{"SpecialToken":{"id":"<|endoftext|>"}}],"special_tokens":{"<|startoftext|>":{"ids":[6]},"<|endoftext|>":{"ids":[7]}}}'
one() { # added tokens, post processor, merges
  printf '1{"added_tokens":%s,"normalizer":%s,"pre_tokenizer":%s,"post_processor":%s,"model":{"type":"BPE","unk_token":"<|endoftext|>","end_of_word_suffix":"</w>","fuse_unk":true,"vocab":%s,"merges":%s}}' \
    "$1" "$normalizer" "$splits" "$2" "$vocabulary" "$3"
}
one '[{"id":7,"content":"<|endoftext|>","normalized":false},{"id":8,"content":"<|end"}]' \
  "$roberta" '["l o","lo w</w>"]' >"$folder/roberta"
one '[]' "$template" '[["l","o"],["lo","w</w>"]]' >"$folder/template"

printf 'p{"size":{"shortest_edge":224},"crop_size":{"height":224,"width":224},"resample":3,"image_mean":[0.5,0.5,0.5],"image_std":[0.5,0.5,0.5],"rescale_factor":0.003,"do_center_crop":true}' >"$folder/processor"
printf 'p{"size":{"height":24,"width":32},"do_center_crop":false}' >"$folder/exact"
printf "tIt's 3.14 — café e\314\201 İSTANBUL ΣΊΣΥΦΟΣ 東京 👍🏽 <|ENDOFTEXT|>\377" >"$folder/text"
