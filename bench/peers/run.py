#!/usr/bin/env python3
"""Against the Python programs that do the same job; run by bench/peers/run.sh in a virtual
environment with requirements*.txt."""

import argparse
import json
import os
import pathlib
import subprocess
import sys

PARTS = ["original", "towers", "cuts", "flow"]
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


def against_full(table, videogen, clips, peers):
    """Our full profile, which does all of it at once, against each of `peers` alone."""
    for lines in (1080, 720):
        clip = clips.full_hd("every 2 s") if lines == 1080 else clips.half_hd()
        program = [videogen, "validate", "--quiet", "--embedder", "gist", clip]
        for what, script, *arguments in peers:
            a, b, ratios = paired(program, [sys.executable, str(HERE / script), *arguments, clip], runs=5)
            table.add(f"full, GIST, 8 s of {lines}p24", f"{wall(a):.2f} s", f"{what}, {wall(b):.2f} s",
                      spread(ratios), "–")


def cuts(table, videogen, clips):
    against_full(table, videogen, clips, [("PySceneDetect, cuts only", "scenedetect_cuts.py")])


def flow(table, videogen, clips):
    against_full(table, videogen, clips, [
        ("Python and OpenCV, DIS and warp error only", "opencv_flow.py", "dis"),
        ("Python and OpenCV, Farneback and warp error only", "opencv_flow.py", "farneback")])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build/bench")
    parser.add_argument("--only", choices=PARTS, action="append")
    options = parser.parse_args()
    wanted = options.only or PARTS
    build = pathlib.Path(options.build).resolve()
    os.environ["XDG_CACHE_HOME"] = str(build / "cache")
    videogen = str(build / "videogen")
    clips = Clips(videogen, build / "data")
    table = Table()
    if {"original", "towers"} & set(wanted):
        model = clips.model(str(build / "make_clip_model"))
        if "original" in wanted:
            original(table, videogen, clips, model)
        if "towers" in wanted:
            towers(table, build, model)
    if "cuts" in wanted:
        cuts(table, videogen, clips)
    if "flow" in wanted:
        flow(table, videogen, clips)
    table.show()
    return 0


if __name__ == "__main__":
    sys.exit(main())
