"""Our background_consistency against VBench's formula in NumPy, on a checkpoint with random weights.

Frames are decoded by ffmpeg. The resize is OpenCV's cubic of float32, which is torch's without
antialiasing (a = -0.75, half-pixel centres, borders repeated). CLIP's vision tower is written
here in NumPy after transformers' CLIPVisionTransformer, and first held to the embeddings that
transformers gave for the checkpoint's golden pictures (tests/golden/clip). Within 1e-5.
"""

import json
import pathlib
import tempfile

import cv2
import numpy
from PIL import Image
from safetensors.numpy import load_file

import programs
import video

MODEL = programs.GOLDEN / "clip" / "tiny-quick-gelu"
PICTURES = programs.GOLDEN / "clip" / "images"
TOLERANCE = 1e-5
MEAN = numpy.array([0.48145466, 0.4578275, 0.40821073])
DEVIATION = numpy.array([0.26862954, 0.26130258, 0.27577711])


class VisionTower:
    """In float64, one picture at a time."""

    def __init__(self, folder):
        config = json.loads((folder / "config.json").read_text())["vision_config"]
        self.patch, self.heads = config["patch_size"], config["num_attention_heads"]
        self.layers = config["num_hidden_layers"]
        self.weights = {name: value.astype(numpy.float64)
                        for name, value in load_file(folder / "model.safetensors").items()
                        if value.dtype == numpy.float32}

    def of(self, name):
        return self.weights["vision_model." + name]

    def linear(self, x, name):
        return x @ self.of(name + ".weight").T + self.of(name + ".bias")

    def norm(self, x, name):
        centred = x - x.mean(axis=-1, keepdims=True)
        spread = numpy.sqrt((centred ** 2).mean(axis=-1, keepdims=True) + 1e-5)
        return centred / spread * self.of(name + ".weight") + self.of(name + ".bias")

    def attention(self, x, name):
        tokens, width = x.shape
        split = (tokens, self.heads, width // self.heads)
        q, k, v = (self.linear(x, f"{name}.{part}_proj").reshape(split).transpose(1, 0, 2)
                   for part in "qkv")
        scores = q @ k.transpose(0, 2, 1) / numpy.sqrt(split[2])
        scores = numpy.exp(scores - scores.max(axis=-1, keepdims=True))
        mixed = scores / scores.sum(axis=-1, keepdims=True) @ v
        return self.linear(mixed.transpose(1, 0, 2).reshape(tokens, width), name + ".out_proj")

    def embed(self, pixels):
        """[3, S, S] normalised to a unit vector."""
        side = pixels.shape[1] // self.patch
        patches = pixels.reshape(3, side, self.patch, side, self.patch).transpose(1, 3, 0, 2, 4)
        kernel = self.of("embeddings.patch_embedding.weight")
        x = patches.reshape(side * side, -1) @ kernel.reshape(kernel.shape[0], -1).T
        x = numpy.vstack([self.of("embeddings.class_embedding"), x])
        x = x + self.of("embeddings.position_embedding.weight")
        x = self.norm(x, "pre_layrnorm")
        for layer in range(self.layers):
            name = f"encoder.layers.{layer}."
            x = x + self.attention(self.norm(x, name + "layer_norm1"), name + "self_attn")
            hidden = self.linear(self.norm(x, name + "layer_norm2"), name + "mlp.fc1")
            x = x + self.linear(hidden / (1 + numpy.exp(-1.702 * hidden)), name + "mlp.fc2")
        pooled = self.norm(x[0], "post_layernorm") @ self.weights["visual_projection.weight"].T
        return pooled / numpy.linalg.norm(pooled)


def normalised(values):
    """[S, S, 3] of 0…255 to [3, S, S]."""
    return ((values / 255 - MEAN) / DEVIATION).transpose(2, 0, 1)


def vbench_transform(frame, side=224):
    height, width = frame.shape[:2]
    short, long = min(height, width), max(height, width)
    new = (side, side * long // short) if width <= height else (side * long // short, side)
    resized = cv2.resize(frame.astype(numpy.float32), new, interpolation=cv2.INTER_CUBIC)
    left, top = round((new[0] - side) / 2), round((new[1] - side) / 2)
    return normalised(resized[top:top + side, left:left + side].astype(numpy.float64))


def consistency(clip, tower):
    rows = [tower.embed(vbench_transform(frame)) for frame in video.frames(clip)]
    return float(numpy.mean([(max(0, row @ before) + max(0, row @ rows[0])) / 2
                             for before, row in zip(rows, rows[1:])]))


def golden_failures(tower):
    expected = json.loads((MODEL / "expected.json").read_text())
    for name, row in expected["images"].items():
        file = PICTURES / f"{name}.224.png"
        values = numpy.asarray(Image.open(file).convert("RGB")).astype(numpy.float64)
        off = numpy.abs(tower.embed(normalised(values)) - numpy.array(row)).max()
        if off > TOLERANCE:
            yield f"the NumPy tower is {off} off transformers' embedding of {name}"


def main():
    tower = VisionTower(MODEL)
    failures = list(golden_failures(tower))
    count = 0
    with tempfile.TemporaryDirectory() as scratch:
        for name, clip in video.render(pathlib.Path(scratch)):
            ours = video.measures(clip, "--compat", "vbench", "--model", MODEL, "--precision",
                                  "f32")["background_consistency"]["value"]
            theirs = consistency(clip, tower)
            count += 1
            if abs(ours - theirs) > TOLERANCE:
                failures.append(f"{name}: {ours}, by VBench's formula {theirs}")
    programs.report("background", count, f"clips against VBench's formula, within {TOLERANCE}",
                    failures)


main()
