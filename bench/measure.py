"""Times whole commands against each other, pair by pair, so that a machine whose speed
drifts still gives true ratios."""

import dataclasses
import os
import pathlib
import platform
import pty
import shlex
import statistics
import subprocess
import sys
import time


@dataclasses.dataclass
class Run:
    wall_s: float
    cpu_s: float
    rss_mib: float


def run_once(command, env=None, allowed=(0, 1)):
    """One run, its output thrown away. Peak memory is that of the largest process."""
    started = time.perf_counter()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, env={**os.environ, **(env or {})}) as process:
        error = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in allowed:
        sys.exit(f"bench: {shlex.join(command)} ended with {process.returncode}: "
                 f"{error.decode(errors='replace').strip()}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


@dataclasses.dataclass
class Watched(Run):
    longest_silence_s: float  # on a terminal: between two signs of life


def run_on_terminal(command, allowed=(0, 1)):
    """One run whose standard error is a terminal, where the program shows how far it is."""
    ours, theirs = pty.openpty()
    started = heard = time.perf_counter()
    silence = 0.0
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=theirs, env={**os.environ, "TERM": "xterm"}) as process:
        os.close(theirs)
        while True:
            try:
                said = os.read(ours, 1 << 16)
            except OSError:  # the other end is closed
                said = b""
            now = time.perf_counter()
            silence, heard = max(silence, now - heard), now
            if not said:
                break
        os.close(ours)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in allowed:
        sys.exit(f"bench: {shlex.join(command)} ended with {process.returncode}")
    return Watched(time.perf_counter() - started, usage.ru_utime + usage.ru_stime,
                   usage.ru_maxrss / 1024, silence)


def alone(command, runs=5, env=None):
    run_once(command, env)
    return [run_once(command, env) for _ in range(runs)]


def paired(command_a, command_b, runs=7, env=None):
    """A B A B …, after one warm-up each. Returns both lists and the median ratio of walls."""
    run_once(command_a, env)
    run_once(command_b, env)
    a, b = [], []
    for _ in range(runs):
        a.append(run_once(command_a, env))
        b.append(run_once(command_b, env))
    ratios = sorted(x.wall_s / y.wall_s for x, y in zip(a, b))
    return a, b, ratios


def median(values):
    return statistics.median(values)


def wall(runs):
    return median([run.wall_s for run in runs])


def spread(ratios):
    return f"{median(ratios):.2f}× ({ratios[0]:.2f}…{ratios[-1]:.2f})"


def machine():
    model = "unknown processor"
    flags = set()
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
        if line.startswith("flags"):
            flags = set(line.split(":", 1)[1].split())
    known = [f for f in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if f in flags]
    return f"{model}, {os.cpu_count()} cores, {' '.join(known) or 'SSE2'}, {platform.release()}"


class Table:
    """Rows of what was measured against what, printed as Markdown when done."""

    def __init__(self):
        self.rows = []

    def add(self, what, measured, against, ratio, aim):
        self.rows.append((what, measured, against, ratio, aim))
        print(f"  {what}: {measured}; against {against}: {ratio} (aim {aim})", flush=True)

    def show(self):
        print(f"\nMachine: {machine()}\n")
        print("| what | measured | against | ratio or figure | aim |\n|---|---|---|---|---|")
        for row in self.rows:
            print("| " + " | ".join(row) + " |")
