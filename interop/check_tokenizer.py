"""Our token ids against Hugging Face's tokenizers, on random strings, in both layouts.

The code points are those assigned in Unicode 15.0, which is what Debian's ICU knows; Python
3.11 itself knows 14.0, so what came with 15.0 is listed here.
"""

import json
import pathlib
import random
import shutil
import tempfile
import unicodedata

import tokenizers
from tokenizers import (AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers,
                        processors)

import programs

VOCABULARY = programs.GOLDEN / "tokenizer"
START, END = "<|startoftext|>", "<|endoftext|>"
PATTERN = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
COUNT = 4000
# Assigned in Unicode 15.0 (DerivedAge.txt).
NEW_IN_15 = [
    (0x0CF3, 0x0CF3), (0x0ECE, 0x0ECE), (0x10EFD, 0x10EFF), (0x1123F, 0x11241),
    (0x11B00, 0x11B09), (0x11F00, 0x11F10), (0x11F12, 0x11F3A), (0x11F3E, 0x11F59),
    (0x1342F, 0x1342F), (0x13439, 0x13455), (0x1B132, 0x1B132), (0x1B155, 0x1B155),
    (0x1D2C0, 0x1D2D3), (0x1DF25, 0x1DF2A), (0x1E030, 0x1E06D), (0x1E08F, 0x1E08F),
    (0x1E4D0, 0x1E4F9), (0x1F6DC, 0x1F6DC), (0x1F774, 0x1F776), (0x1F77B, 0x1F77F),
    (0x1F7D9, 0x1F7D9), (0x1FA75, 0x1FA77), (0x1FA87, 0x1FA88), (0x1FAAD, 0x1FAAF),
    (0x1FABB, 0x1FABD), (0x1FABF, 0x1FABF), (0x1FACE, 0x1FACF), (0x1FADA, 0x1FADB),
    (0x1FAE8, 0x1FAE8), (0x1FAF7, 0x1FAF8), (0x31350, 0x323AF),
]
PIECES = ["'s", "'LL", "'re", " ", "  ", "\t\n", "\u00a0", "\u3000", "\u0301", "e\u0301", "\u212b",
          "\u0130", "\u03a3", "\u1e9e", "\u1112\u1161\u11ab", START, END, "<|EndOfText|>", "<|start",
          "\u200d", "\ufe0f", "3.14", "don't", "photo of a cat"]


def assigned():
    """Code points with a meaning; private use and surrogates stand for nothing in text."""
    known = [c for c in range(0x110000) if unicodedata.category(chr(c)) not in ("Cn", "Cs", "Co")]
    new = [c for first, last in NEW_IN_15 for c in range(first, last + 1)]
    return sorted(set(known + new))


def texts(points):
    chance = random.Random(20260801)
    low = [c for c in points if c < 0x3000]
    marks = [c for c in points if unicodedata.combining(chr(c))]
    for _ in range(COUNT):
        text = ""
        for _ in range(chance.randrange(1, 60)):
            kind = chance.random()
            if kind < 0.25:
                text += chr(chance.choice(points))
            elif kind < 0.5:
                text += chr(chance.choice(low))
            elif kind < 0.6:
                text += chr(chance.choice(marks))
            elif kind < 0.9:
                text += chr(chance.randrange(0x20, 0x7F))
            else:
                text += chance.choice(PIECES)
        yield text
    for point in NEW_IN_15:  # each range's ends, inside a word and alone
        yield f"a{chr(point[0])}b {chr(point[1])}"
    yield "a" * 5000
    yield "\u0301" * 3000


def hugging_face():
    """The fast CLIP tokenizer, as transformers converts it from the two files."""
    with open(VOCABULARY / "vocab.json", encoding="utf-8") as file:
        vocabulary = json.load(file)
    lines = (VOCABULARY / "merges.txt").read_text(encoding="utf-8").split("\n")[1:]
    merges = [tuple(line.split(" ")) for line in lines if line]
    tokenizer = Tokenizer(models.BPE(
        vocab=vocabulary, merges=merges, dropout=None, continuing_subword_prefix="",
        end_of_word_suffix="</w>", fuse_unk=False, unk_token=END))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(PATTERN), behavior="removed", invert=True),
         pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.post_processor = processors.RobertaProcessing(
        sep=(END, vocabulary[END]), cls=(START, vocabulary[START]), add_prefix_space=False,
        trim_offsets=False)
    tokenizer.add_special_tokens(
        [AddedToken(token, normalized=True, special=True) for token in (START, END)])
    return tokenizer


def main():
    theirs = hugging_face()
    cases = list(texts(assigned()))
    failures = []
    with tempfile.TemporaryDirectory() as scratch:
        one_file = pathlib.Path(scratch) / "one"
        two_files = pathlib.Path(scratch) / "two"
        one_file.mkdir()
        two_files.mkdir()
        theirs.save(str(one_file / "tokenizer.json"))
        for name in ("vocab.json", "merges.txt"):
            shutil.copy(VOCABULARY / name, two_files)
        for max_length in (77, 10000):
            theirs.enable_truncation(max_length)
            expected = [encoding.ids for encoding in theirs.encode_batch(cases)]
            for folder in (one_file, two_files):
                ours = programs.peer_tokenize(folder, cases, max_length)
                failures += [f"{folder.name}, {max_length}: {text!r}: {mine} expected {ids}"
                             for text, mine, ids in zip(cases, ours, expected, strict=True)
                             if mine != ids]
    programs.report("tokenizer", len(cases), "texts, two layouts, two lengths, against tokenizers "
                    f"{tokenizers.__version__}", failures)


main()
