"""Checkpoints that the safetensors package writes, in every layout and type that we read.

The weights are the tiny checkpoint's, rounded to bfloat16, which all three types hold exactly:
whatever the file, embeddings must be equal to the last bit.
"""

import json
import pathlib
import shutil
import tempfile

import numpy
import safetensors
from safetensors.numpy import load_file, save_file

import programs

MODEL = programs.GOLDEN / "clip" / "tiny-quick-gelu"
PICTURE = programs.GOLDEN / "preprocess" / "waves-848x480.png"
TEXT = "a photo of a cat"


def rounded(weights):
    """To values that float16 and bfloat16 hold both: bfloat16's bits, within float16's range."""
    result = {}
    for name, value in weights.items():
        if value.dtype == numpy.float32:
            bits = value.view(numpy.uint32) & numpy.uint32(0xFFFF0000)
            value = bits.view(numpy.float32).astype(numpy.float16).astype(numpy.float32)
        result[name] = value
    return result


def save_bf16(tensors, file):
    """numpy has no bfloat16, so the package's own serializer is given the bits."""
    serialized = {}
    for name, value in tensors.items():
        if value.dtype == numpy.float32:
            bits = (value.view(numpy.uint32) >> 16).astype("<u2")
            serialized[name] = {"dtype": "bfloat16", "shape": value.shape, "data": bits.tobytes()}
        else:
            serialized[name] = {"dtype": str(value.dtype), "shape": value.shape,
                                "data": value.tobytes()}
    safetensors.serialize_file(serialized, str(file))


def cast(tensors, dtype):
    return {name: value.astype(dtype) if value.dtype == numpy.float32 else value
            for name, value in tensors.items()}


def save(tensors, file, kind):
    if kind == "BF16":
        save_bf16(tensors, file)
    else:
        save_file(cast(tensors, {"F32": numpy.float32, "F16": numpy.float16}[kind]), str(file))


def write_model(folder, weights, kind, shards):
    folder.mkdir()
    for file in MODEL.iterdir():
        if file.suffix in (".json", ".txt") and "index" not in file.name:
            shutil.copy(file, folder)
    if shards == 1:
        save(weights, folder / "model.safetensors", kind)
        return
    names = sorted(weights)
    index = {}
    for shard in range(shards):
        file = f"model-{shard + 1:05}-of-{shards:05}.safetensors"
        part = {name: weights[name] for name in names[shard::shards]}
        save(part, folder / file, kind)
        index.update(dict.fromkeys(part, file))
    with open(folder / "model.safetensors.index.json", "w", encoding="utf-8") as out:
        json.dump({"metadata": {}, "weight_map": index}, out)


def embeddings(folder, cache):
    out = programs.run(
        programs.VIDEOGEN, "embed", "--model", folder, "--precision", "f32", PICTURE,
        "--text", TEXT, environment={"XDG_CACHE_HOME": str(cache)})
    rows = [each["embedding"] for each in json.loads(out)["embeddings"]]
    return numpy.array(rows, numpy.float32)


def main():
    weights = rounded(load_file(MODEL / "model.safetensors"))
    failures = []
    count = 0
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        expected = None
        for kind in ("F32", "F16", "BF16"):
            for shards in (1, 3):
                folder = scratch / f"{kind}-{shards}"
                write_model(folder, weights, kind, shards)
                rows = embeddings(folder, scratch / f"cache-{kind}-{shards}")
                expected = rows if expected is None else expected
                count += 1
                if rows.shape != expected.shape or not numpy.array_equal(rows, expected):
                    failures.append(f"{kind} in {shards} files: other embeddings than F32's")
        # The comparison must be able to fail: the weights as they were give another result.
        if numpy.array_equal(embeddings(MODEL, scratch / "cache"), expected):
            failures.append("rounding the weights changed nothing")
    programs.report("safetensors", count,
                    f"checkpoints written by safetensors {safetensors.__version__}", failures)


main()
