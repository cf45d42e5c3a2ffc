#!/usr/bin/env python3
"""`make bench`: speed and memory as ratios that are measured side by side in one run.

Needs the Debian packages only. Absolute times belong to this machine; the ratios are what
to compare. bench/peers adds the Python programs that do the same job.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys

import remote
from clips import Clips
from measure import Table, alone, median, paired, run_on_terminal, spread, wall


PARTS = ["towers", "gist", "full", "stages", "quick", "memory", "many", "download", "loop"]
STAGES = ["decode", "scale", "flow", "measures", "embed"]


def micro(program, pattern, repetitions=5):
    """Median times in ms by benchmark name, from one Google Benchmark program."""
    out = subprocess.run([program, f"--benchmark_filter={pattern}", "--benchmark_format=json",
                          f"--benchmark_repetitions={repetitions}",
                          "--benchmark_enable_random_interleaving=true",
                          "--benchmark_report_aggregates_only=true"],
                         check=True, capture_output=True, text=True).stdout
    scale = {"ns": 1e-6, "us": 1e-3, "ms": 1.0, "s": 1e3}
    return {b["run_name"]: b["real_time"] * scale[b["time_unit"]]
            for b in json.loads(out)["benchmarks"] if b.get("aggregate_name") == "median"}


def towers(table, build):
    times = micro(f"{build}/clip_bench", ".*")
    for batch in (1, 8):
        for precision, aim in (("f32", "≤ 1.25×"), ("bf16", "≤ 1.2×")):
            tower = times.get(f"vision/{precision}/{batch}/real_time", times.get(f"vision/{precision}/{batch}"))
            products = times.get(f"products/{precision}/{batch}/real_time", times.get(f"products/{precision}/{batch}"))
            if tower is None or products is None:
                table.add(f"ViT-B/32 {precision}, batch {batch}", "not measured",
                          "its matrix products", "this CPU has no bfloat16", aim)
                continue
            table.add(f"ViT-B/32 {precision}, batch {batch}", f"{tower / batch:.1f} ms a frame",
                      f"its matrix products alone, {products / batch:.1f} ms",
                      f"{tower / products:.2f}×", aim)


def gist(table, build):
    times = micro(f"{build}/gist_bench", "1080p|gist")
    for name, ms in times.items():
        table.add(f"GIST, {name}, one core", f"{ms:.2f} ms a frame", "–", f"{ms:.2f} ms", "≤ 4 ms")


def quick(table, videogen, clips, model):
    for keyframes, aim in (("one group", "≤ 1.0×"), ("every 2 s", "≤ 0.9×")):
        clip = clips.full_hd(keyframes)
        ours = [videogen, "validate", "--quiet", "--profile", "quick", "--model", model, clip]
        decode = ["ffmpeg", "-nostdin", "-v", "error", "-i", clip, "-f", "null", "-"]
        a, b, ratios = paired(ours, decode)
        table.add(f"quick, CLIP, 8 s of 1080p24, key frames: {keyframes}", f"{wall(a):.2f} s",
                  f"ffmpeg decoding all of it, {wall(b):.2f} s", spread(ratios), aim)


def full(table, videogen, clips):
    for lines, aim in ((1080, "≤ 2.5×"), (720, "≤ 4×")):
        clip = clips.full_hd("every 2 s") if lines == 1080 else clips.half_hd()
        ours = [videogen, "validate", "--quiet", "--embedder", "gist", clip]
        decode = ["ffmpeg", "-nostdin", "-v", "error", "-i", clip, "-f", "null", "-"]
        a, b, ratios = paired(ours, decode)
        table.add(f"full, GIST, 8 s of {lines}p24", f"{wall(a):.2f} s",
                  f"ffmpeg decoding all of it, {wall(b):.2f} s", spread(ratios), aim)
    short = alone([videogen, "validate", "--quiet", "--embedder", "gist", clips.full_hd("every 2 s")], runs=2)
    table.add("resident memory, full, GIST, 1080p, 8 s", f"{median([r.rss_mib for r in short]):.0f} MiB",
              "–", f"{median([r.rss_mib for r in short]):.0f} MiB", "≤ 500 MB")


def stages(table, build, clips):
    """What the full profile spends on what: processor time, on one core."""
    for lines in (1080, 720):
        clip = clips.full_hd("every 2 s") if lines == 1080 else clips.half_hd()
        runs = [json.loads(subprocess.run([f"{build}/full_stages", clip], check=True,
                                          capture_output=True, text=True).stdout) for _ in range(3)]
        spent = {stage: median([run[stage] for run in runs]) for stage in STAGES}
        whole = sum(spent.values())
        frames = runs[0]["frames"]
        for stage in STAGES:
            table.add(f"{stage}, full, GIST, 8 s of {lines}p24, one core",
                      f"{1000 * spent[stage] / frames:.2f} ms a frame",
                      f"all stages, {1000 * whole / frames:.2f} ms", f"{spent[stage] / whole:.0%}", "–")


def duration(table, videogen, clips, lengths_min):
    """Cost and memory of the full profile by the length of a clip."""
    first = None
    for minutes in lengths_min:
        run = run_on_terminal([videogen, "validate", "--embedder", "gist", clips.low_resolution(minutes)])
        first = first or (minutes, run)
        against = "–" if first[0] == minutes else f"the clip of {first[0]} min"
        a_minute = run.wall_s / minutes
        table.add(f"full, GIST, {minutes} min of 180p24, a minute of it", f"{a_minute:.2f} s", against,
                  f"{a_minute / (first[1].wall_s / first[0]):.2f}×", "1×: linear")
        table.add(f"resident memory, full, GIST, {minutes} min of 180p24", f"{run.rss_mib:.0f} MiB", against,
                  f"{run.rss_mib / first[1].rss_mib:.2f}×", "flat but for some hundred bytes a frame")
        table.add(f"longest time without progress, {minutes} min of 180p24", f"{run.longest_silence_s:.2f} s",
                  "–", f"{run.longest_silence_s:.2f} s", "≤ 2 s")


def memory(table, videogen, clips, model):
    short = alone([videogen, "validate", "--quiet", "--profile", "quick", "--model", model,
                   clips.full_hd("every 2 s")], runs=2)
    long = alone([videogen, "validate", "--quiet", "--profile", "quick", "--model", model,
                  clips.full_hd_long(10)], runs=1)
    a, b = median([r.rss_mib for r in short]), median([r.rss_mib for r in long])
    table.add("resident memory, CLIP, 1080p, 8 s", f"{a:.0f} MiB", "–", f"{a:.0f} MiB", "≤ 450 MB")
    table.add("resident memory, CLIP, 1080p, 10 min", f"{b:.0f} MiB", "the 8 s clip", f"{b / a:.2f}×",
              "≤ 450 MB, flat")


def many(table, videogen, clips, model):
    names = ["harbour", *[s for s in scene_names(videogen) if s != "harbour"][:5]]
    paths = [clips.scene(name, seconds=6) for name in names]
    together = [videogen, "validate", "--quiet", "--profile", "quick", "--model", model, *paths]
    one_by_one = ["sh", "-c", 'for clip in "$@"; do "$0" validate --quiet --profile quick --model "$MODEL" "$clip"; done; exit 0',
                  videogen, *paths]
    a, b, ratios = paired(together, one_by_one, env={"MODEL": model})
    table.add(f"{len(paths)} clips in one command", f"{wall(a):.2f} s", f"one by one, {wall(b):.2f} s",
              spread(ratios), "< 1×")


def scene_names(videogen):
    """The scenes that `sample --help` lists, a line each under "Scenes:"."""
    out = subprocess.run([videogen, "sample", "--help"], check=True, capture_output=True, text=True)
    block = out.stdout.split("Scenes:\n", 1)[1].split("\n\n", 1)[0]
    return [line.split()[0] for line in block.splitlines()]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build/bench")
    parser.add_argument("--only", choices=PARTS, action="append")
    parser.add_argument("--long", action="store_true",
                        help="also clips of 10 and 60 minutes through the full profile (some minutes)")
    options = parser.parse_args()
    build = pathlib.Path(options.build).resolve()
    videogen = str(build / "videogen")
    clips = Clips(videogen, build / "data")
    # Packed weights of the generated models don't belong into the user's cache.
    os.environ["XDG_CACHE_HOME"] = str(build / "cache")
    table = Table()
    wanted = options.only or PARTS
    if "towers" in wanted:
        towers(table, build)
    if "gist" in wanted:
        gist(table, build)
    if "full" in wanted:
        full(table, videogen, clips)
    if "stages" in wanted:
        stages(table, build, clips)
    if "memory" in wanted or options.long:
        duration(table, videogen, clips, [1, 10, 60] if options.long else [0.5, 2])
    if {"quick", "memory", "many"} & set(wanted):
        model = clips.model(str(build / "make_clip_model"))
        for name, part in (("quick", quick), ("memory", memory), ("many", many)):
            if name in wanted:
                part(table, videogen, clips, model)
    if "download" in wanted:
        remote.download(table, videogen, clips)
    if "loop" in wanted:
        remote.loop(table, videogen, clips)
    table.show()
    return 0


if __name__ == "__main__":
    sys.exit(main())
