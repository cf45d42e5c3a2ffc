"""numpy.load reads what `videogen embed -o` writes, and it is what the JSON says."""

import json
import pathlib
import tempfile

import numpy

import programs

PICTURES = [programs.GOLDEN / "preprocess" / f"{name}.png"
            for name in ("noise-50x37", "waves-848x480", "exact-224x224")]


def embed(model, *extra):
    flags = ["--embedder", "gist"] if model is None else ["--model", model, "--precision", "f32"]
    return programs.run(programs.VIDEOGEN, "embed", *flags, *PICTURES, *extra)


def check(model, scratch):
    file = scratch / "rows.npy"
    embed(model, "-o", file, "--force")
    rows = numpy.load(file, allow_pickle=False)
    listed = json.loads(embed(model))
    dimensions = listed["embedder"]["dimensions"]
    expected = numpy.array([each["embedding"] for each in listed["embeddings"]], numpy.float32)
    name = listed["embedder"]["name"]
    if rows.dtype != numpy.dtype("<f4") or rows.shape != (len(PICTURES), dimensions):
        return f"{name}: {rows.dtype} {rows.shape}, expected <f4 {(len(PICTURES), dimensions)}"
    if not rows.flags["C_CONTIGUOUS"] or not numpy.array_equal(rows, expected):
        return f"{name}: other numbers than in JSON"
    if numpy.abs(numpy.linalg.norm(rows, axis=1) - 1).max() > 1e-5:
        return f"{name}: rows are not of unit length"
    return None


def main():
    models = [None, programs.GOLDEN / "clip" / "tiny-quick-gelu"]
    with tempfile.TemporaryDirectory() as scratch:
        results = [check(model, pathlib.Path(scratch)) for model in models]
    programs.report("npy", len(models), f"files read by numpy {numpy.__version__}",
                    [result for result in results if result])


main()
