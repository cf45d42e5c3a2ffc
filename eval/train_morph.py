#!/usr/bin/env python3
"""Learns the classifier of morphs from planted ones and writes src/coherence/morph_weights.cc.

Reads build/eval/cases.jsonl (eval/run.py --cases-only makes it) and what videogen_findings says
of the clips; leaves out what is held out. Needs NumPy.
"""

import argparse
import json
import pathlib
import sys

import morph
from findings import Finder

SOURCE = pathlib.Path(__file__).resolve().parent.parent


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--findings", default=SOURCE / "build/bench/videogen_findings")
    parser.add_argument("--cases", default=SOURCE / "build/eval/cases.jsonl")
    parser.add_argument("--out", default=SOURCE / "src/coherence/morph_weights.cc")
    options = parser.parse_args()
    cases = [json.loads(line) for line in pathlib.Path(options.cases).read_text().splitlines()]
    # A control is clean footage that looks odd; cuts that are meant are not.
    wanted = [case for case in cases if not case["held_out"] and not case["multi_shot"]
              and (case["kind"] == "morph" or case["control"])]
    finder = Finder(options.findings, pathlib.Path(options.cases).parent)
    found = finder.of([case["path"] for case in wanted], lambda text: print(text, file=sys.stderr))
    clips = [(morph.moments(found[case["path"]]),
              [(d["start_s"], d["end_s"]) for d in case["truth"] if d["kind"] == "morph"])
             for case in wanted if case["path"] in found]
    model = morph.train(clips)
    pathlib.Path(options.out).write_text(
        morph.source_text(model, "python3 eval/train_morph.py"))
    planted = sum(1 for _, truth in clips if truth)
    print(f"{options.out}: learned from {planted} planted morphs and {len(clips) - planted} clean clips")
    return 0


if __name__ == "__main__":
    sys.exit(main())
