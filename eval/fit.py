#!/usr/bin/env python3
"""Fits the detectors' working points and the network of changes; writes src/coherence/fitted.json
and, for the evaluation, eval/unseen_0.json … eval/unseen_3.json.

Sources (clips, scenes) lie in four folds. unseen_0.json is fitted without what fold 0 has a part
in, so it may judge that fold; what ships is fitted on all.

A detector's scale is its own; the working point is put where damage and clean footage part:
the centre maximises recall − ALARM_COST · false alarms, each case blurred as far as clips that are
alike differ. The slope is
the logistic one, so that evidence grows as damage gets likelier, but within bounds: few cases
can be parted by anything. The network
was trained on the same cases, so the scale of morphs is read off networks that never saw the
source. Reads build/eval/cases.jsonl and what videogen_findings says. Needs NumPy.
"""

import argparse
import concurrent.futures
import functools
import hashlib
import json
import math
import os
import pathlib
import sys
import tempfile

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):  # the fits run side by side
    os.environ.setdefault(variable, "1")

import changes
import morph
from cases import FOLDS, fold_of
from findings import Finder

SOURCE = pathlib.Path(__file__).resolve().parent.parent
FITTED = SOURCE / "src/coherence/fitted.json"

TOLERANCE_S = 0.25
# A false alarm costs as much as so many misses: there are ten kinds to cry.
ALARM_COST = 12
BLUR, MORPH_BLUR = 0.2, 1.5  # logarithms of ratios; logits
# No widespread morph is planted: its working point is where sound clips hardly come. 5 % of false alarms
# are shared by ten kinds, and those of a morph by its two detectors.
WIDESPREAD_ALARMS = 0.05 / 10 / 2
NOTHING = -9.0  # a clip without a finding


def peak(findings, places=None):
    """The strongest finding; with places, of those that overlap one of them."""
    best = NOTHING
    for one in findings:
        if places is None or any(one["start_s"] <= end + TOLERANCE_S and one["end_s"] >= start - TOLERANCE_S
                                 for start, end in places):
            best = max(best, one["raw"])
    return best


def centre(positives, negatives, alarm_cost, blur):
    """Where recall − alarm_cost · false alarms is best; of an interval of equals, its middle. Each
    case counts as a bell of the width `blur`: another clip like it would lie somewhere near."""
    ends = sorted({*positives, *negatives})

    def over(values, point):
        return sum(0.5 * math.erfc((point - v) / blur / math.sqrt(2)) for v in values) / len(values)

    def gain(point):
        return over(positives, point) - alarm_cost * over(negatives, point)

    steps = 400
    low, high = ends[0] - 1, ends[-1] + 1
    points = [low + (high - low) * i / steps for i in range(steps + 1)]
    gains = [gain(point) for point in points]
    best = max(gains)
    good = [point for point, found in zip(points, gains) if found > best - 0.002]
    return (good[0] + good[-1]) / 2


def slope(positives, negatives, middle, least):
    """Of the logistic curve through 0.5 at `middle` that fits best, from `least` to 3."""
    def loss(k):
        def cost(x, y):
            z = max(-30.0, min(30.0, k * (x - middle)))
            return math.log1p(math.exp(-z if y else z))
        return (sum(cost(p, 1) for p in positives) / len(positives)
                + sum(cost(n, 0) for n in negatives) / len(negatives))

    return min((k / 4 for k in range(int(4 * least), 13)), key=loss)


LEAST_SLOPE = {"morph": 0.25}  # logits spread more than logarithms of ratios
MEMBERS = 2  # networks whose logits are averaged


def spans(case, kind):
    return [(d["start_s"], d["end_s"]) for d in case["truth"] if d["kind"] == kind]


def shows_changes(case):
    """Whether the network may learn from it: morphs, and clean footage that may look odd."""
    return not case["multi_shot"] and (case["kind"] == "morph" or bool(case["control"]))


@functools.lru_cache(maxsize=None)
def clip_of(maps):
    return changes.Clip(maps)


def trained(cases, found, members, seed):
    return morph.train([(clip_of(found[c["path"]]["maps"]), c["truth"]) for c in cases], members, seed)


def judged(model, cases, found):
    """The findings of morphs in each case, by path."""
    return {case["path"]: [{"raw": raw, "start_s": start, "end_s": end} for raw, start, end
                           in morph.findings(clip_of(found[case["path"]]["maps"]), model)]
            for case in cases}


def without(cases, fold):
    """The cases that the fold has no part in."""
    return [case for case in cases
            if case["fold"] != fold and (not case["foreign"] or fold_of(case["foreign"]) != fold)]


def train_without(job):
    """In a process of its own: a network that never saw a fold (None: that saw all), and what it
    says of the fold."""
    cases, found, fold = job
    usable = [case for case in cases if shows_changes(case)]
    model = trained(without(usable, fold), found, MEMBERS, 2 + (fold or 0))
    return model.document(), judged(model, [c for c in usable if c["fold"] == fold], found)


def quiet_centre(negatives):
    """Where sound clips, blurred, reach it in WIDESPREAD_ALARMS of all."""
    point = max(negatives) + 10 * BLUR
    while sum(math.erfc((point - v) / BLUR / math.sqrt(2)) / 2 for v in negatives) < WIDESPREAD_ALARMS * len(negatives):
        point -= 0.001
    return point


def calibrate(cases, found, morphs):
    """Working points; `morphs` has the findings of morphs by path."""
    fitted = {}
    sound = [case for case in cases if case["control"] and not case["multi_shot"]]
    for kind in sorted({case["kind"] for case in cases if case["kind"]}):
        damaged = [case for case in cases if case["kind"] == kind and case["severity"] != "light"]

        def findings(case):
            return morphs[case["path"]] if kind == "morph" else found[case["path"]]["kinds"][kind]

        positives = [peak(findings(case), spans(case, kind)) for case in damaged]
        negatives = [peak(findings(case)) for case in sound]
        middle = centre(positives, negatives, ALARM_COST, MORPH_BLUR if kind == "morph" else BLUR)
        fitted[kind] = {"centre": round(middle, 3), "slope": slope(positives, negatives, middle, LEAST_SLOPE.get(kind, 1)),
                        "damaged": len(positives), "sound": len(negatives),
                        "recall": round(sum(p >= middle for p in positives) / len(positives), 3),
                        "false_alarms": round(sum(n >= middle for n in negatives) / len(negatives), 3)}
    negatives = [peak(found[case["path"]]["kinds"]["widespread_morph"]) for case in sound]
    middle = quiet_centre(negatives)
    fitted["widespread_morph"] = {"centre": round(middle, 3), "slope": 3, "damaged": 0, "sound": len(negatives),
                                  "recall": None, "false_alarms": round(sum(n >= middle for n in negatives) / len(negatives), 3)}
    return dict(sorted(fitted.items()))


def write(path, cases, detectors, network):
    names = "\n".join(sorted(case["name"] for case in cases))
    document = {"command": "python3 eval/fit.py", "cases": len(cases),
                "cases_sha256": hashlib.sha256(names.encode()).hexdigest(),
                "detectors": detectors, "network": network}
    partial = path.with_name(path.name + ".partial")
    partial.write_text(json.dumps(document, indent=1) + "\n")
    partial.rename(path)
    print(f"{path.relative_to(SOURCE)}: {len(cases)} cases")
    for kind, f in detectors.items():
        recall = "-" if f["recall"] is None else f"{f['recall']:.2f}"
        print(f"  {kind:10} centre {f['centre']:6.2f} slope {f['slope']:4.2f}  recall {recall} of "
              f"{f['damaged']}, false alarms {f['false_alarms']:.2f} of {f['sound']}")


def check(program, case, model_says, fitted):
    """The program must say of a clip what the fit says of it, or one of the two is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        found = Finder(program, fitted, folder).of([case["path"]])[case["path"]]
    theirs = max(f["raw"] for f in found["kinds"]["morph"])
    ours = max(f["raw"] for f in model_says)
    if abs(theirs - ours) > 0.02 * max(1, abs(ours)):
        raise SystemExit(f"fit: the program says {theirs:.4f} of {case['path']}, the fit {ours:.4f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--findings", default=SOURCE / "build/bench/videogen_findings")
    parser.add_argument("--cases", default=SOURCE / "build/eval/cases.jsonl")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    cases = [json.loads(line) for line in pathlib.Path(options.cases).read_text().splitlines()]
    finder = Finder(options.findings, FITTED, pathlib.Path(options.cases).parent)
    found = finder.of([case["path"] for case in cases], lambda text: print(text, file=sys.stderr))
    cases = [case for case in cases if case["path"] in found]
    facts = {case["path"]: {"maps": found[case["path"]]["maps"]} for case in cases}

    folds = range(FOLDS)
    jobs = [(cases, facts, fold) for fold in (None, *folds)]
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        (shipped, _), *others = pool.map(train_without, jobs)
    unseen = {path: findings for _, judged_fold in others for path, findings in judged_fold.items()}
    for fold, (network, _) in zip(folds, others):
        seen = without(cases, fold)
        write(SOURCE / f"eval/unseen_{fold}.json", seen, calibrate(seen, found, unseen), network)
    write(FITTED, cases, calibrate(cases, found, unseen), shipped)
    probe = next(case for case in cases if case["kind"] == "morph" and case["fold"] == 1)
    check(options.findings, probe, unseen[probe["path"]], SOURCE / "eval/unseen_1.json")
    return 0


if __name__ == "__main__":
    sys.exit(main())
