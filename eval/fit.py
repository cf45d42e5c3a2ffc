#!/usr/bin/env python3
"""Fits the detectors' calibration and writes eval/gates.json and src/coherence/calibration.cc.

A detector's scale is its own; the working point is put where damage and clean footage part:
the centre maximises recall − 3 · false alarms over the cases that may be tuned on, taken in
the best interval nearer to its upper end. The slope is the logistic one, so that evidence grows as damage gets
likelier. Morphs are found by a classifier that was trained on the same cases, so its scale is
read off classifiers that never saw the clip. Reads build/eval/cases.jsonl and what
videogen_findings says; leaves out what is held out. Needs NumPy.
"""

import argparse
import hashlib
import json
import math
import pathlib
import re
import sys

import morph
from findings import Finder

SOURCE = pathlib.Path(__file__).resolve().parent.parent
TOLERANCE_S = 0.25
DEAREST_ALARM = 3  # a false alarm costs as much as so many misses
NOTHING = -9.0  # a clip without a finding


def peak(findings, places=None):
    """The strongest finding; with places, of those that overlap one of them."""
    best = NOTHING
    for one in findings:
        if places is None or any(one["start_s"] <= end + TOLERANCE_S and one["end_s"] >= start - TOLERANCE_S
                                 for start, end in places):
            best = max(best, one["raw"])
    return best


def centre(positives, negatives):
    """Where recall − 3 · false alarms is best; of an interval of equals, its middle."""
    ends = sorted({*positives, *negatives})
    points = [ends[0] - 1, *((a + b) / 2 for a, b in zip(ends, ends[1:])), ends[-1] + 1]

    def gain(point):
        recall = sum(p >= point for p in positives) / len(positives)
        alarms = sum(n >= point for n in negatives) / len(negatives)
        return recall - DEAREST_ALARM * alarms

    best = max(gain(point) for point in points)
    good = [point for point in points if gain(point) > best - 1e-9]
    # The widest gap between clean and damaged: from the last good point's neighbours.
    below = max([x for x in ends if x < good[0]], default=good[0])
    above = min([x for x in ends if x > good[-1]], default=good[-1])
    # Nearer to the damage: clean footage has more ways to surprise than these cases show.
    below = max(below, above - 4)
    return below + 0.65 * (above - below)


def slope(positives, negatives, middle):
    """Of the logistic curve through 0.5 at `middle` that fits best, 1…6."""
    def loss(k):
        def cost(x, y):
            z = max(-30.0, min(30.0, k * (x - middle)))
            return math.log1p(math.exp(-z if y else z))
        return (sum(cost(p, 1) for p in positives) / len(positives)
                + sum(cost(n, 0) for n in negatives) / len(negatives))

    return min((k / 4 for k in range(4, 25)), key=loss)


PARTS = 5  # of the sources, for morphs


def spans(case, kind):
    return [(d["start_s"], d["end_s"]) for d in case["truth"] if d["kind"] == kind]


def unseen_morphs(cases, found):
    """The findings of morphs in each case by a classifier that was trained without its source."""
    usable = [case for case in cases if not case["multi_shot"] and (case["kind"] == "morph" or case["control"])]
    clips = {case["path"]: morph.moments(found[case["path"]]) for case in usable}
    sources = sorted({case["source"] for case in usable})
    unseen = {}
    for part in range(PARTS):
        left_out = set(sources[part::PARTS])
        model = morph.train([(clips[case["path"]], spans(case, "morph")) for case in usable
                             if case["source"] not in left_out], seed=2 + part)
        for case in usable:
            if case["source"] in left_out:
                unseen[case["path"]] = [{"raw": raw, "start_s": start, "end_s": end} for raw, start, end
                                        in morph.findings(clips[case["path"]], model)]
    return unseen


def calibrate(cases, found):
    unseen = unseen_morphs(cases, found)
    fitted = {}
    for kind in sorted({case["kind"] for case in cases if case["kind"]}):
        damaged = [case for case in cases if case["kind"] == kind and case["severity"] != "light"]
        sound = [case for case in cases if case["control"]]
        def findings(case):
            return unseen[case["path"]] if kind == "morph" else found[case["path"]]["kinds"][kind]

        positives = [peak(findings(case), spans(case, kind)) for case in damaged]
        negatives = [peak(findings(case)) for case in sound if not case["multi_shot"]]
        middle = centre(positives, negatives)
        fitted[kind] = {"centre": round(middle, 3), "slope": slope(positives, negatives, middle),
                        "damaged": len(positives), "sound": len(negatives),
                        "recall": round(sum(p >= middle for p in positives) / len(positives), 3),
                        "false_alarms": round(sum(n >= middle for n in negatives) / len(negatives), 3)}
    return fitted


def write_code(fitted, path):
    rows = ",\n".join(f'      Calibration{{"{kind}", {f["centre"]:g}, {f["slope"]:g}}}'
                      for kind, f in fitted.items())
    text = path.read_text()
    text, count = re.subn(r"(kFitted\{\n).*?(,?\n  \};)", rf"\g<1>{rows}\g<2>", text, flags=re.S)
    if count != 1:
        raise SystemExit(f"fit: {path} has no table kFitted")
    path.write_text(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--findings", default=SOURCE / "build/bench/videogen_findings")
    parser.add_argument("--cases", default=SOURCE / "build/eval/cases.jsonl")
    parser.add_argument("--gates", default=SOURCE / "eval/gates.json")
    parser.add_argument("--code", default=SOURCE / "src/coherence/calibration.cc")
    options = parser.parse_args()
    lines = pathlib.Path(options.cases).read_text()
    cases = [case for case in map(json.loads, lines.splitlines()) if not case["held_out"]]
    finder = Finder(options.findings, pathlib.Path(options.cases).parent)
    found = finder.of([case["path"] for case in cases], lambda text: print(text, file=sys.stderr))
    cases = [case for case in cases if case["path"] in found]
    fitted = calibrate(cases, found)
    names = "\n".join(sorted(case["name"] for case in cases))
    gates = {"command": "python3 eval/fit.py", "cases": len(cases),
             "cases_sha256": hashlib.sha256(names.encode()).hexdigest(), "detectors": fitted}
    pathlib.Path(options.gates).write_text(json.dumps(gates, indent=1) + "\n")
    write_code(fitted, pathlib.Path(options.code))
    for kind, f in fitted.items():
        print(f"{kind:10} centre {f['centre']:6.2f} slope {f['slope']:4.2f}  recall {f['recall']:.2f} of "
              f"{f['damaged']}, false alarms {f['false_alarms']:.2f} of {f['sound']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
