#!/usr/bin/env python3
"""`make bench-serve`: what the service gains from one resident model, from batches and from its
caches, part by part, at 100 requests at once; beside it the Python pipeline that it replaces, where
build/peers-venv has it (`make bench-peers` makes that).

Every request uploads a clip, follows its events and fetches its report; load generator and service
share the machine's cores. Answers must equal those of `videogen validate`, or the run is void.
"""

import argparse
import asyncio
import contextlib
import json
import os
import pathlib
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

import load
from clips import Clips, ffmpeg, make
from measure import machine

SOURCE = pathlib.Path(__file__).resolve().parent.parent
# What is left out of the service, part by part.
CONFIGURATIONS = {
    "B1: resident weights, batches of 1, no cache": ["--max-batch", "1", "--embedding-cache", "0"],
    "B2: static batches of 8, no cache": ["--max-batch", "8", "--batch-delay", "50000", "--embedding-cache", "0"],
    "+ dynamic batches": ["--embedding-cache", "0"],
    "+ cache of embeddings (no picture comes twice)": [],
}
OPTIONS = {"profile": "quick", "pictures": "false"}


class Pool:
    """Clips that differ in every pixel: the same six seconds of 480 lines, each a little brighter."""

    def __init__(self, clips, count):
        base = clips.small()
        self.paths = [make(clips.folder / "serve" / f"{i}.mp4",
                           ffmpeg("-i", base, "-vf", f"eq=brightness={0.0004 * (i + 1):.4f}:saturation={1 + i % 50 / 200}",
                                  "-c:v", "libx264", "-preset", "superfast", "-crf", "20", "-pix_fmt", "yuv420p"))
                      for i in range(count)]
        self.data = {path: pathlib.Path(path).read_bytes() for path in self.paths}

    def picks(self, count, hit_rate, seed, skip=0):
        """`count` clips; so many of them were among those before."""
        chance, seen, fresh, picked = random.Random(seed), [], iter(self.paths[skip:]), []
        for _ in range(count):
            if seen and chance.random() < hit_rate:
                path = chance.choice(seen)
            else:
                path = next(fresh)
                seen.append(path)
            picked.append((path, self.data[path]))
        return picked


@contextlib.contextmanager
def serving(videogen, model, flags, environment=None):
    """The process of a service that is ready, and its port."""
    with tempfile.TemporaryDirectory(prefix="bench-serve-") as data:
        process = subprocess.Popen(
            [videogen, "serve", "--listen", "127.0.0.1:0", "--data", data, "--embedder", "clip", "--model", model,
             "--queue", "1000", "--queue-per-tenant", "1000", *flags],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=os.environ | (environment or {}))
        try:
            port = int(re.search(r":(\d+)\s*$", process.stdout.readline())[1])
            yield process, port
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)


def memory_mib(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024


def cpu_s(process):
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def metrics(port):
    text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
    return {name: float(value) for name, value in re.findall(r"^(videogen_[^ ]+) (\S+)$", text, re.MULTILINE)}


class Truth:
    """What the program itself says of a clip."""

    def __init__(self, videogen, model):
        self.command = [videogen, "validate", "--json", "--profile", "quick", "--embedder", "clip", "--model", model]
        self.known = {}

    def check(self, outcomes):
        """Ends the run if an answer is another one."""
        for outcome in outcomes:
            if outcome.status != "completed":
                continue
            if outcome.clip not in self.known:
                if len(self.known) >= 12:
                    continue  # enough of them
                out = subprocess.run([*self.command, outcome.clip], capture_output=True, text=True, check=False).stdout
                self.known[outcome.clip] = json.loads(out)["similarities"]
            for ours, theirs in zip(outcome.report["similarities"], self.known[outcome.clip], strict=True):
                # bfloat16 rounds sums of other batches elsewhere.
                if abs(ours - theirs) > 2e-3:
                    sys.exit(f"bench-serve: {outcome.clip}: {ours} in the service, {theirs} by itself: void")


def measure(service_of, picks, warm, concurrency):
    """Clips a second, latencies, and what the service's process took."""
    process, port = service_of
    service = load.Service("127.0.0.1", port, OPTIONS)
    asyncio.run(load.closed_loop(service, warm, 8))
    cpu, started = cpu_s(process), time.perf_counter()
    outcomes = asyncio.run(load.closed_loop(service, picks, concurrency))
    seconds = time.perf_counter() - started
    done = [outcome for outcome in outcomes if outcome.status == "completed"]
    return {
        "outcomes": outcomes, "rate": len(done) / seconds, "lost": len(outcomes) - len(done),
        "p50": load.percentile([o.latency for o in done], 0.5), "p95": load.percentile([o.latency for o in done], 0.95),
        "p99": load.percentile([o.latency for o in done], 0.99), "max": max(o.latency for o in done),
        "memory": memory_mib(process), "cpu_per_clip": (cpu_s(process) - cpu) / max(1, len(done)),
        "split": {stage: statistics.mean(o.timing[stage] for o in done) for stage in done[0].timing},
        "metrics": metrics(port),
    }


def row(name, result, against):
    ratio = "1×" if against is None else f"{result['rate'] / against:.2f}×"
    print(f"| {name} | {result['rate']:.1f} | {ratio} | {result['p50']:.2f} / {result['p95']:.2f} / "
          f"{result['p99']:.2f} / {result['max']:.2f} | {1000 * result['cpu_per_clip']:.0f} ms | "
          f"{result['memory']:.0f} MiB | {result['lost']} |", flush=True)


def limit(build, clip, pictures):
    """Processor seconds of a clip's dearest parts, each alone on one core: the model's tower in full
    batches, and ffmpeg decoding the whole clip (the service decodes what its samples need)."""
    one_core = os.environ | {"OMP_NUM_THREADS": "1"}
    out = subprocess.run([build / "clip_bench", "--benchmark_filter=vision/.*/8", "--benchmark_format=json"],
                         capture_output=True, text=True, check=True, env=one_core).stdout
    tower = min(each["cpu_time"] for each in json.loads(out)["benchmarks"]) / 8 / 1000

    def decoding(*how):
        before = os.times()
        subprocess.run(["ffmpeg", "-v", "error", "-threads", "1", "-i", clip, *how, "-f", "null", "-"], check=True)
        return os.times().children_user - before.children_user

    decode = min(decoding() for _ in range(5)) - min(decoding("-frames:v", "1") for _ in range(5))
    return tower * pictures, decode


def original(model, pool):
    """The Python pipeline: loaded for each request, and resident, with as many at once as serve it
    best. Clips a second each."""
    python = SOURCE / "build/peers-venv/bin/python"
    script = SOURCE / "bench/peers/original.py"
    if not python.exists():
        return None
    paths = pool.paths[:6]
    cold = []
    for at_once in (1, 2):
        started = time.perf_counter()
        for i in range(0, len(paths), at_once):
            running = [subprocess.Popen([python, script, model, path], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL) for path in paths[i:i + at_once]]
            for process in running:
                process.wait()
        cold.append(len(paths) / (time.perf_counter() - started))
    resident = []
    for at_once in (1, 2, 4):
        out = subprocess.run([python, SOURCE / "bench/peers/original_serving.py", model, str(at_once), *pool.paths[:24]],
                             capture_output=True, text=True, check=True).stdout
        resident.append((float(out), at_once))
    return max(cold), max(resident)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build/bench")
    parser.add_argument("--clips", type=int, default=200, help="of each measurement")
    parser.add_argument("--only", choices=["ablation", "cache", "text", "open", "memory", "pool", "original"], action="append")
    options = parser.parse_args()
    build = pathlib.Path(options.build).resolve()
    videogen = str(build / "videogen")
    os.environ["XDG_CACHE_HOME"] = str(build / "cache")
    clips = Clips(videogen, build / "data")
    model = clips.model(str(build / "make_clip_model"))
    count, warm = options.clips, 10
    pool = Pool(clips, count + warm)
    truth = Truth(videogen, model)
    wanted = options.only or ["ablation", "original", "cache", "text", "open", "memory", "pool"]
    print(f"Machine: {machine()}. Clips: {count} of 6 s, 854x480, "
          f"{sum(map(len, pool.data.values())) / len(pool.data) / 1e6:.1f} MB; 100 at once.\n")
    header = ("| configuration | clips/s | against | latency p50 / p95 / p99 / max, s | processor time a clip | memory | "
              "without a report |\n|---|---|---|---|---|---|---|")

    def run(flags, picks, check=True):
        with serving(videogen, model, flags) as service_of:
            result = measure(service_of, picks, [(p, pool.data[p]) for p in pool.paths[count:]], 100)
        if check:
            truth.check(result["outcomes"])
        return result

    base, best = None, None
    if "ablation" in wanted:
        print("No clip comes twice:\n\n" + header)
        for name, flags in CONFIGURATIONS.items():
            result = run(flags, pool.picks(count, 0, 1))
            base = base or result["rate"]
            row(name, result, base)
            best = result
        split = best["split"]
        print(f"\nOf a clip's own time in the last row: {', '.join(f'{k} {1000 * v:.0f} ms' for k, v in split.items())} "
              "(shared cores: they overlap).")
        pictures = 1 + statistics.mean(len(o.report["similarities"]) for o in best["outcomes"] if o.report)
        tower, decode = limit(build, pool.paths[0], pictures)
        most = os.cpu_count() / (tower + decode)
        print(f"What these cores can do at most: {most:.1f} clips/s, as a clip's {pictures:.0f} pictures take the tower "
              f"{1000 * tower:.0f} ms of one core and decoding alone takes {1000 * decode:.0f} ms; reached: "
              f"{best['rate'] / most:.0%}.")
        print(f"p95 ≤ 1.3 × (100 / rate): {best['p95']:.2f} s against {1.3 * 100 / best['rate']:.2f} s.\n")
    if "original" in wanted and (peers := original(model, pool)):
        cold, (resident, at_once) = peers
        print("| the Python pipeline | clips/s | our service, no cache hit |\n|---|---|---|")
        ours = best["rate"] if best else run([], pool.picks(count, 0, 1))["rate"]
        print(f"| loaded for each request | {cold:.2f} | {ours / cold:.1f}× |")
        print(f"| resident, {at_once} at once | {resident:.2f} | {ours / resident:.1f}× |\n")
    if "cache" in wanted:
        print("Clips that come again:\n\n" + header)
        none = None
        for rate in (0, 0.5, 0.9, 0.99):
            result = run([], pool.picks(count, rate, 2))
            none = none or result["rate"]
            row(f"{rate:.0%} seen before", result, none)
        print()
    if "text" in wanted:
        print("With a prompt, profile full (no picture comes twice, the text always):\n\n" + header)
        OPTIONS.update(profile="full", prompt="a harbour at dawn with boats")
        none = None
        for name, flags in (("no cache", ["--embedding-cache", "0"]), ("cache", [])):
            result = run(flags, pool.picks(min(count, 60), 0, 2), check=False)
            none = none or result["rate"]
            row(name, result, none)
        OPTIONS.pop("prompt")
        OPTIONS.update(profile="quick")
        print()
    if "open" in wanted:
        print("Open loop (Poisson, seeded), latency from the scheduled send:\n")
        print("| clips/s asked | p50 / p95 / p99 / max, s | refused or lost |\n|---|---|---|")
        rate = best["rate"] if best else 10
        for share in (0.5, 0.7, 0.9):
            with serving(videogen, model, []) as (_, port):
                service = load.Service("127.0.0.1", port, OPTIONS)
                outcomes = asyncio.run(load.open_loop(service, pool.picks(count, 0, 3), share * rate, 4))
            done = [o.latency for o in outcomes if o.status == "completed"]
            print(f"| {share * rate:.1f} ({share:.0%}) | " + " / ".join(
                f"{load.percentile(done, p):.2f}" for p in (0.5, 0.95, 0.99, 1)) + f" | {len(outcomes) - len(done)} |")
        print()
    if "memory" in wanted:
        data = pool.data[pool.paths[0]]
        large = data + (10_000_000 - len(data)).to_bytes(4, "big") + b"free" + bytes(10_000_000 - len(data) - 8)
        with serving(videogen, model, []) as service_of:
            result = measure(service_of, [(pool.paths[0], large)] * 100, [], 100)
        print(f"100 uploads of 10 MB at once: {result['memory']:.0f} MiB at most, {result['lost']} without a report.")
    if "pool" in wanted:
        # More workers than the memory has room for: what the pool hands out is what they use.
        with serving(videogen, model, ["--memory", str(192 << 20), "--workers", "12", "--embedding-cache", "0"]) as service_of:
            started = time.perf_counter()
            result = measure(service_of, pool.picks(count, 0, 5), [], 100)
            seconds = time.perf_counter() - started
        print(f"Pool of 192 MiB, 12 workers, {seconds:.0f} s of saturating load: "
              f"{result['metrics']['videogen_pool_utilisation']:.0%} leased on average since the start, "
              f"{result['lost']} without a report.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
