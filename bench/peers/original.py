"""The pipeline that this program replaces, as it was written: frames at 1 FPS through
ffmpeg-python, CLIP ViT-B/32 of Hugging Face transformers on PyTorch, cosine of neighbours.

original.py MODEL CLIP              prints the similarities
original.py MODEL CLIP --resident   loads once; then the seconds of a run, whenever asked
"""

import argparse
import json
import sys
import time

import ffmpeg
import numpy as np
import torch
from PIL import Image
from transformers import CLIPImageProcessor, CLIPVisionModelWithProjection

from resident import answer


def frames(path):
    stream = next(s for s in ffmpeg.probe(path)["streams"] if s["codec_type"] == "video")
    width, height = int(stream["width"]), int(stream["height"])
    out, _ = (ffmpeg.input(path).filter("fps", fps=1)
              .output("pipe:", format="rawvideo", pix_fmt="rgb24")
              .run(capture_stdout=True, quiet=True))
    return [Image.fromarray(f) for f in np.frombuffer(out, np.uint8).reshape(-1, height, width, 3)]


def similarities(model, processor, path):
    pixels = processor(images=frames(path), return_tensors="pt")
    with torch.no_grad():
        rows = model(**pixels).image_embeds
    rows = rows / rows.norm(dim=-1, keepdim=True)
    return [float(a @ b) for a, b in zip(rows, rows[1:])]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("clip")
    parser.add_argument("--resident", action="store_true")
    options = parser.parse_args()
    model = CLIPVisionModelWithProjection.from_pretrained(options.model).eval()
    processor = CLIPImageProcessor.from_pretrained(options.model)
    if not options.resident:
        print(json.dumps(similarities(model, processor, options.clip)))
        return 0

    def seconds():
        started = time.perf_counter()
        similarities(model, processor, options.clip)
        return time.perf_counter() - started

    seconds()
    answer(seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
