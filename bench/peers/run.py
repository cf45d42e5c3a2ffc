#!/usr/bin/env python3
"""Against the Python programs that do the same job; run by bench/peers/run.sh in a virtual
environment with requirements.txt."""

import argparse
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from clips import Clips  # noqa: E402
from measure import Table, median, paired, run_once, spread, wall  # noqa: E402
from resident import Resident, in_turns  # noqa: E402


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


def towers(table, build, model):
    for precision in ("f32", "bf16"):
        for batch in (1, 8):
            if ours(build, precision, batch) is None:
                table.add(f"ViT-B/32 {precision}, batch {batch}", "not measured", "OpenVINO",
                          "this CPU has no bfloat16", "≤ 0.85×")
                continue
            with Resident(HERE / "openvino_tower.py", model, precision, batch) as peer:
                pairs = in_turns(lambda: ours(build, precision, batch), peer.measure)
            a, b = median([p[0] for p in pairs]), median([p[1] for p in pairs])
            table.add(f"ViT-B/32 {precision}, batch {batch}", f"{a / batch:.1f} ms a frame",
                      f"OpenVINO, {b / batch:.1f} ms", spread(sorted(x / y for x, y in pairs)), "≤ 0.85×")


def original(table, videogen, clips, model):
    clip = clips.small()
    program = [videogen, "validate", "--quiet", "--profile", "quick", "--model", model, clip]
    script = HERE / "original.py"
    a, b, ratios = paired(program, [sys.executable, str(script), model, clip], runs=3)
    table.add("6 s of 480p, whole process", f"{wall(a):.2f} s", f"original pipeline, cold, {wall(b):.2f} s",
              spread(sorted(1 / r for r in ratios)), "≥ 15×")
    with Resident(script, model, clip, "--resident") as peer:
        pairs = in_turns(lambda: run_once(program).wall_s, peer.measure, rounds=7)
    table.add("6 s of 480p, our whole process against its loop", f"{median([p[0] for p in pairs]):.2f} s",
              f"original pipeline, model resident, {median([p[1] for p in pairs]):.2f} s",
              spread(sorted(y / x for x, y in pairs)), "≥ 3×")


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
