#!/usr/bin/env python3
"""Against the Python programs that do the same job; run by bench/peers/run.sh in a virtual
environment with requirements.txt."""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from clips import Clips  # noqa: E402
from measure import Table, median, paired, spread, wall  # noqa: E402


def ours(build, precision, batch):
    """Milliseconds of one call of our vision tower."""
    out = subprocess.run([f"{build}/clip_bench", f"--benchmark_filter=^vision/{precision}/{batch}(/|$)",
                          "--benchmark_format=json", "--benchmark_min_time=1"],
                         check=True, capture_output=True, text=True).stdout
    rows = json.loads(out)["benchmarks"]
    if not rows:
        return None
    scale = {"ns": 1e-6, "us": 1e-3, "ms": 1.0, "s": 1e3}
    return rows[0]["real_time"] * scale[rows[0]["time_unit"]]


class OpenVino:
    """The same vision tower in OpenVINO, latency mode, all cores."""

    def __init__(self, model, precision, batch):
        import numpy as np
        import openvino as ov
        import torch
        from transformers import CLIPVisionModelWithProjection

        tower = CLIPVisionModelWithProjection.from_pretrained(model).eval()
        example = torch.zeros(batch, 3, 224, 224)
        graph = ov.convert_model(tower, example_input=example)
        graph.reshape([batch, 3, 224, 224])
        self.compiled = ov.Core().compile_model(
            graph, "CPU", {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": precision})
        self.request = self.compiled.create_infer_request()
        self.pixels = np.random.default_rng(1).standard_normal((batch, 3, 224, 224), np.float32)
        self.request.infer([self.pixels])

    def milliseconds(self, seconds=1.0):
        times, until = [], time.perf_counter() + seconds
        while time.perf_counter() < until:
            started = time.perf_counter()
            self.request.infer([self.pixels])
            times.append((time.perf_counter() - started) * 1e3)
        return median(times)


def towers(table, build, model, rounds=5):
    for precision in ("f32", "bf16"):
        for batch in (1, 8):
            if ours(build, precision, batch) is None:
                table.add(f"ViT-B/32 {precision}, batch {batch}", "not measured", "OpenVINO",
                          "this CPU has no bfloat16", "≤ 0.85×")
                continue
            peer = OpenVino(model, precision, batch)
            pairs = [(ours(build, precision, batch), peer.milliseconds()) for _ in range(rounds)]
            a, b = median([p[0] for p in pairs]), median([p[1] for p in pairs])
            table.add(f"ViT-B/32 {precision}, batch {batch}", f"{a / batch:.1f} ms a frame",
                      f"OpenVINO, {b / batch:.1f} ms", spread(sorted(x / y for x, y in pairs)), "≤ 0.85×")


def original(table, videogen, clips, model):
    clip = clips.small()
    program = [videogen, "validate", "--quiet", "--profile", "quick", "--model", model, clip]
    script = [sys.executable, str(HERE / "original.py"), model, clip]
    a, b, ratios = paired(program, script, runs=3)
    table.add("6 s of 480p, whole process", f"{wall(a):.2f} s", f"original pipeline, cold, {wall(b):.2f} s",
              spread(sorted(1 / r for r in ratios)), "≥ 15×")
    out = subprocess.run([*script, "--warm", "7"], check=True, capture_output=True, text=True).stdout
    warm = median([float(line) for line in out.split()])
    table.add("6 s of 480p, our whole process against its loop", f"{wall(a):.2f} s",
              f"original pipeline, model resident, {warm:.2f} s", f"{warm / wall(a):.2f}×", "≥ 3×")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build/bench")
    options = parser.parse_args()
    build = pathlib.Path(options.build).resolve()
    os.environ["XDG_CACHE_HOME"] = str(build / "cache")
    clips = Clips(str(build / "videogen"), build / "data")
    model = clips.model(str(build / "make_clip_model"))
    table = Table()
    original(table, str(build / "videogen"), clips, model)
    towers(table, build, model)
    table.show()
    return 0


if __name__ == "__main__":
    sys.exit(main())
