#!/usr/bin/env python3
"""clang-tidy over the sources of the program.

It spends nearly all of its time on the headers of others, so sources of a folder go through it
together, as one unit that includes them. Sources that don't fit into one unit (two of them name a
local thing alike) part; a unit that has something to say is repeated source by source, so that
what is reported is what clang-tidy says of the source alone.

tidy.py [SOURCE…]     all of src/ but the tests, or these
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
LINES_A_UNIT = 4000


def flags_of(command):
    """What a compiler is told, without the source and the result."""
    words, kept = shlex.split(command), []
    words = words[next(i for i, word in enumerate(words) if re.search(r"(\+\+|g\+\+|clang)[^/]*$", word)) + 1:]
    skip = False
    for word in words:
        if skip or word == "-c" or word.endswith(".cc"):
            skip = False
        elif word == "-o":
            skip = True
        elif not word.startswith("-Werror"):
            kept.append(word)
    return tuple(kept)


def is_coroutine(source):
    return re.search(r"\bco_(await|return)\b", source.read_text()) is not None


def checks(coroutines, together):
    """Flags that say which checks are left out."""
    # The static analyser of clang 16 does not follow coroutines: it takes what Asio keeps in
    # their frames for uninitialized.
    out = ["-clang-analyzer-*"] * coroutines + ["-bugprone-suspicious-include"] * together
    return ["--checks=" + ",".join(out)] if out else []


def tidy(source, flags, more):
    done = subprocess.run(["clang-tidy-16", "--quiet", *more, str(source), "--", *flags], capture_output=True,
                          text=True, check=False, cwd=ROOT)
    return done.returncode == 0 and not done.stdout.strip(), done.stdout


def units(sources):
    """Lists of sources that may go together, each short enough."""
    lines, unit, found = 0, [], []
    for source in sources:
        length = len(source.read_text().splitlines())
        if unit and lines + length > LINES_A_UNIT:
            found.append(unit)
            lines, unit = 0, []
        lines, unit = lines + length, [*unit, source]
    return [*found, unit] if unit else found


class Linter:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.count = 0

    def fits(self, text, flags):
        """Sources of the unit that the compiler does not take beside those before them."""
        done = subprocess.run(["clang++-16", "-fsyntax-only", "-w", "-ferror-limit=0", *flags, str(text)],
                              capture_output=True, text=True, check=False, cwd=ROOT)
        return {pathlib.Path(path) for path in re.findall(r"^(/\S+?):\d+:\d+: (?:fatal )?error:", done.stderr, re.MULTILINE)}

    def run(self, job):
        """What is to be said of some sources of one kind."""
        number, sources, flags, coroutines = job
        said = []
        while sources:
            left, text = [], self.folder / f"{number}.cc"
            while len(sources) > 1:
                text.write_text("".join(f'#include "{source}"\n' for source in sources))
                refused = self.fits(text, flags)
                if not refused:
                    break
                # An error may show in a header: then whose fault it is can't be seen.
                apart = [s for s in sources[1:] if s in refused] or sources[len(sources) // 2:]
                left += apart
                sources = [s for s in sources if s not in apart]
            clean = False
            if len(sources) > 1:
                # What one source calls a local thing may be another's in the folder.
                clean, _ = tidy(text, [*flags, "-Wno-shadow"], [*checks(coroutines, True), "--header-filter=/src/"])
            if not clean:
                for source in sources:
                    clean, text_of = tidy(source, flags, checks(coroutines, False))
                    if not clean:
                        said.append(text_of)
            sources = left
        return said


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build/dev")
    parser.add_argument("sources", nargs="*")
    options = parser.parse_args()
    known = {pathlib.Path(entry["file"]): flags_of(entry["command"])
             for entry in json.loads((ROOT / options.build / "compile_commands.json").read_text())}
    names = options.sources or subprocess.run(["git", "ls-files", "src/*.cc"], capture_output=True, text=True, check=True,
                                              cwd=ROOT).stdout.split()
    sources = [path for name in names if (path := (ROOT / name).resolve()) in known
               and (options.sources or not name.endswith("_test.cc"))]
    kinds = {}
    for source in sources:
        kinds.setdefault((source.parent, known[source], is_coroutine(source)), []).append(source)
    with tempfile.TemporaryDirectory(prefix="tidy-") as folder:
        # clang-tidy looks for its list of checks from the source upwards.
        os.symlink(ROOT / ".clang-tidy", pathlib.Path(folder) / ".clang-tidy")
        jobs = [(unit, flags, coroutines) for (_, flags, coroutines), group in kinds.items() for unit in units(group)]
        jobs = [(number, *job) for number, job in enumerate(jobs)]
        linter, failed = Linter(folder), False
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for said in pool.map(linter.run, jobs):
                for text in said:
                    failed = True
                    print(text, end="", flush=True)
    print(f"clang-tidy: {len(sources)} sources in {len(jobs)} units", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
