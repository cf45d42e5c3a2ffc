#!/usr/bin/env python3
"""`make eval`: plants known defects, judges the clips, and says how well each kind is found.

Needs the built program, ffmpeg and Python's standard library. docs/evaluation.md says what the
figures mean.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import subprocess
import sys

import cases as making
import tables
from judge import Judge

SOURCE = pathlib.Path(__file__).resolve().parent.parent


def scene_names(videogen):
    """The scenes that `sample --help` lists, a line each under "Scenes:"."""
    out = subprocess.run([videogen, "sample", "--help"], check=True, capture_output=True, text=True)
    block = out.stdout.split("Scenes:\n", 1)[1].split("\n\n", 1)[0]
    return [line.split()[0] for line in block.splitlines()]


def say(text):
    print(text, file=sys.stderr, flush=True)


def clips_folder(asked):
    """The folder of footage, or None, which is said."""
    folder = pathlib.Path(asked) if asked else SOURCE / "../shared/videos"
    if (folder / "labels.tsv").exists():
        return folder.resolve()
    if asked:
        raise SystemExit(f"eval: {folder} has no labels.tsv")
    say(f"eval: no footage at {folder}: scenes only (CLIPS=DIR names a folder of clips with labels.tsv)")
    return None


def write_cases(cases, path):
    with open(path, "w") as file:
        for case in cases:
            file.write(json.dumps(dataclasses.asdict(case)) + "\n")


def natural_clips(folder):
    """The labelled clips as they are: name, path, label, without those that go either way."""
    found = []
    for name, label in making.read_labels(folder).items():
        path = making.find_clip(folder, name)
        if path and label["verdict"] in ("pass", "fail"):
            found.append({"name": name, "path": str(path), "fold": making.fold_of(name), **label})
    return found


def judge_all(judges, cases, natural):
    """Full reports with GIST by clip; each fold is judged by what was fitted without it."""
    reports = {}
    for fold, judge in enumerate(judges):
        for multi_shot in (False, True):
            group = [c.path for c in cases if c.fold == fold and c.multi_shot == multi_shot]
            if not multi_shot:
                group += [clip["path"] for clip in natural if clip["fold"] == fold]
            reports |= zip(group, judge.reports(group, *(["--multi-shot"] if multi_shot else [])))
    return reports


def clip_similarities(videogen, out, jobs, cases, natural):
    """Quick reports with CLIP by clip, where a model is named."""
    if not os.environ.get("VIDEOGEN_MODEL"):
        return {}
    group = [c.path for c in cases] + [clip["path"] for clip in natural]
    judge = Judge([videogen, "validate", "--json", "--embedder", "clip", "--profile", "quick"],
                  os.environ["VIDEOGEN_MODEL"], out, jobs)
    return dict(zip(group, judge.reports(group)))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default=SOURCE / "build/bench", help="where the programs are")
    parser.add_argument("--out", default=SOURCE / "build/eval", help="cases, reports and results")
    parser.add_argument("--clips", default="", help="folder of footage with labels.tsv")
    parser.add_argument("--cases", type=int, default=4, help="of each kind, severity and origin")
    parser.add_argument("--morphs", type=int, default=1, help="at least so many morphs of each style")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--only", choices=["scenes", "footage"], help="one origin")
    parser.add_argument("--cases-only", action="store_true", help="make the cases and cases.jsonl")
    options = parser.parse_args()
    if options.cases < 1 or options.jobs < 1:
        parser.error("--cases and --jobs are at least 1")
    build = pathlib.Path(options.build).resolve()
    videogen = str(build / "videogen")
    out = pathlib.Path(options.out).resolve()
    folder = clips_folder(options.clips)

    kitchen = making.Kitchen(videogen, out, SOURCE, options.jobs)
    cases = making.make_cases(kitchen, scene_names(videogen), folder, options.cases, options.only,
                              options.morphs)
    write_cases(cases, out / "cases.jsonl")
    say(f"eval: {len(cases)} cases in {out / 'cases.jsonl'}")
    if options.cases_only:
        return 0
    natural = natural_clips(folder) if folder and options.only != "scenes" else []
    fitted = [SOURCE / f"eval/unseen_{fold}.json" for fold in range(making.FOLDS)]
    judges = [Judge([str(build / "videogen_judge"), str(path)], path.read_text(), out, options.jobs)
              for path in fitted]
    reports = judge_all(judges, cases, natural)
    clip_reports = clip_similarities(videogen, out, options.jobs, cases, natural)
    results = tables.evaluate(cases, reports, clip_reports, natural)
    (out / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    print(tables.markdown(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
