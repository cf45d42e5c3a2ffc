"""From reports to figures, and from figures to Markdown."""

import stats
from cases import KINDS, SEVERITIES


def known(values):
    return [v for v in values if v is not None]


GROUPS = {"medium or heavy": ("medium", "heavy")}


def is_of(case, kind, severity=None, style=None):
    """Whether that was planted. A severity may be a name of GROUPS; None is any."""
    return (case.kind == kind and (severity is None or case.severity in GROUPS.get(severity, (severity,)))
            and style in (None, case.style))


class Figures:
    """Scores of cases, by what was planted in them. `score(case, kind)` may be None."""

    def __init__(self, cases, score):
        self.cases, self.score = cases, score

    def positives(self, kind, severity=None, style=None):
        return known(self.score(c, kind) for c in self.cases
                     if is_of(c, kind, severity, style))

    def negatives(self, kind):
        # What was judged with --multi-shot may have cuts: it says nothing about them.
        return known(self.score(c, kind) for c in self.cases
                     if c.control and not (kind == "cut" and c.multi_shot))

    def row(self, kind, severity=None, style=None):
        positives, negatives = self.positives(kind, severity, style), self.negatives(kind)
        return {"n": len(positives), "clean": len(negatives), "auc": stats.auc(positives, negatives),
                "interval": stats.auc_interval(positives, negatives),
                "recall": stats.recall(positives),
                "precision": stats.precision(positives, negatives)}


def placed(cases, reports, kind, severity=None, style=None):
    """How many strongest events of the kind lie at the truth, of all cases planted."""
    found = []
    for case in cases:
        if not is_of(case, kind, severity, style):
            continue
        events, truth = reports[case.path].get("events"), case.truth[0]
        if events is not None:
            found.append(bool(stats.is_placed(events, kind, truth["start_s"], truth["end_s"])))
    return sum(found) / len(found) if found else None


def kind_rows(cases, reports, clip_reports):
    measured = Figures(cases, lambda c, kind: stats.evidence(reports[c.path], kind))
    gist = Figures(cases, lambda c, kind: stats.incoherence(reports[c.path]))
    clip = Figures(cases, lambda c, kind: stats.incoherence(clip_reports[c.path])) if clip_reports else None
    rows = []
    for kind in KINDS:
        styles = sorted({c.style for c in cases if c.kind == kind and c.style})
        wanted = [(s, None) for s in (*GROUPS, *SEVERITIES)] + [(None, s) for s in styles]
        for severity, style in wanted:
            row = {"kind": kind, "severity": severity, "style": style, **measured.row(kind, severity, style)}
            row["cases"] = sum(is_of(c, kind, severity, style) for c in cases)
            row["placed"] = placed(cases, reports, kind, severity, style)
            negatives = gist.negatives(kind)
            row["auc_gist"] = stats.auc(gist.positives(kind, severity, style), negatives)
            row["auc_clip"] = clip and stats.auc(clip.positives(kind, severity, style), clip.negatives(kind))
            if row["cases"]:
                rows.append(row)
    return rows


def alarm_rows(cases, reports):
    """Failed verdicts where nothing is planted, and what spoke loudest."""
    rows = []
    for control in dict.fromkeys(c.control for c in cases if c.control):
        for origin in ("scene", "footage"):
            group = [c for c in cases if c.control == control and c.origin == origin]
            failed = [c for c in group if reports[c.path]["verdict"] == "fail"]
            if group:
                rows.append({"control": control, "origin": origin, "n": len(group), "failed": len(failed),
                             "why": [f"{c.source}: {loudest(reports[c.path])}" for c in failed]})
    return rows


def loudest(report):
    """The strongest event, or else the first reason."""
    event = stats.strongest(report.get("events") or [])
    if event:
        return f"{event['kind']} at {event['start_s']:.2f} s"
    reasons = report.get("reasons") or []
    return reasons[0]["kind"] if reasons else "–"


def fitting(kinds):
    """A gradual change of shots is a cut to a viewer."""
    return [*kinds, "dissolve"] if "cut" in kinds else kinds


def natural_rows(natural, reports, clip_reports):
    rows = []
    for clip in natural:
        report = reports[clip["path"]]
        events = report.get("events") or []
        rows.append({
            "clip": clip["name"], "label": clip["verdict"],
            "verdict": report["verdict"], "strongest": loudest(report),
            "evidence": stats.strongest_evidence(report),
            "incoherence": stats.incoherence(report),
            "incoherence_clip": stats.incoherence(clip_reports[clip["path"]]) if clip_reports else None,
            "places": [{"kinds": kinds, "start_s": start, "end_s": end,
                        "found": stats.is_found(events, fitting(kinds), start, end),
                        "found_as_any": stats.is_found(events, fitting(KINDS), start, end)}
                       for kinds, start, end in clip["places"]]})
    return rows


def natural_summary(rows):
    bad = [r["label"] == "fail" for r in rows]

    def auc_of(name):
        return stats.auc(known(r[name] for r in rows if r["label"] == "fail"),
                         known(r[name] for r in rows if r["label"] == "pass"))
    places = [p for r in rows for p in r["places"]]
    judged = [r["verdict"] == "fail" for r in rows]
    return {"clips": len(rows), "bad": sum(bad),
            "balanced_accuracy": stats.balanced_accuracy(judged, bad),
            "balanced_accuracy_interval": stats.balanced_accuracy_interval(judged, bad),
            "auc": auc_of("evidence"),
            "auc_interval": stats.auc_interval(known(r["evidence"] for r in rows if r["label"] == "fail"),
                                               known(r["evidence"] for r in rows if r["label"] == "pass")), "auc_gist": auc_of("incoherence"), "auc_clip": auc_of("incoherence_clip"),
            "places": len(places), "found": sum(p["found"] for p in places),
            "found_as_any": sum(p["found_as_any"] for p in places)}


def in_short(cases, reports):
    """What the tables of kinds do not say: medium and heavy damage over all kinds."""
    damaged = [c for c in cases if is_of(c, c.kind, "medium or heavy") and c.kind]
    others = [c for c in damaged if c.kind != "morph"]
    with_event = [c for c in damaged if any(e["kind"] == c.kind for e in reports[c.path].get("events") or [])]
    morphs = [stats.evidence(reports[c.path], "morph") for c in damaged if c.kind == "morph"]
    sound = [stats.evidence(reports[c.path], "morph") for c in cases if c.control]

    def count_placed(group):
        return [sum(bool(placed([c], reports, c.kind)) for c in group), len(group)]

    def count_seen(scores, least=0.3):
        return [sum(score >= least for score in known(scores)), len(scores)]
    return {"placed, all kinds but morph": count_placed(others),
            "placed, of those with an event of their kind": count_placed(with_event),
            "morphs with evidence from 0.3": count_seen(morphs),
            "clips without a planted defect with as much": count_seen(sound)}


def evaluate(cases, reports, clip_reports, natural):
    rows = natural_rows(natural, reports, clip_reports)
    return {"kinds": kind_rows(cases, reports, clip_reports), "short": in_short(cases, reports),
            "alarms": alarm_rows(cases, reports),
            "natural": {"clips": rows, "summary": natural_summary(rows)}}


def number(value, form=".2f"):
    return "–" if value is None else format(value, form)


def share(value):
    return "–" if value is None else f"{100 * value:.0f} %"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def kinds_table(rows):
    def cells(row):
        interval = row["interval"]
        return [row["kind"] + (f".{row['style']}" if row["style"] else ""), row["severity"] or "all",
                row["cases"], number(row["auc"]),
                f"{interval[0]:.2f}…{interval[1]:.2f}" if interval else "–",
                share(row["recall"]), share(row["precision"]), share(row["placed"]),
                number(row["auc_gist"]), number(row["auc_clip"])]
    head = ["kind", "severity", "n", "AUC", "95 %", "recall", "precision", "placed", "GIST, 1 FPS", "CLIP, 1 FPS"]
    return table(head, map(cells, rows))


def alarms_table(rows):
    return table(["control", "origin", "n", "failed", "why"],
                 ([r["control"], r["origin"], r["n"], r["failed"], "; ".join(r["why"]) or "–"] for r in rows))


def natural_table(rows):
    def places(row):
        return ", ".join(f"{'/'.join(p['kinds'])} at {p['start_s']:g} s {'✓' if p['found'] else '✗'}"
                         for p in row["places"])
    return table(["clip", "label", "verdict", "strongest", "evidence", "places"],
                 ([r["clip"], r["label"],
                   r["verdict"] + ("" if r["verdict"] == r["label"] else " ✗"), r["strongest"],
                   number(r["evidence"]), places(r)] for r in rows))


def summary_table(s):
    def between(interval):
        return f"{interval[0]:.2f}…{interval[1]:.2f}" if interval else "–"
    return table(["clips", "bad", "balanced accuracy", "95 %", "AUC", "95 %", "GIST, 1 FPS", "CLIP, 1 FPS",
                  "places found", "as any kind"],
                 [[s["clips"], s["bad"], number(s["balanced_accuracy"]), between(s["balanced_accuracy_interval"]),
                   number(s["auc"]), between(s["auc_interval"]), number(s["auc_gist"]), number(s["auc_clip"]),
                   f"{s['found']} of {s['places']}", f"{s['found_as_any']} of {s['places']}"]])


def alarm_summary(rows):
    def cells(name, group):
        count, failed = sum(r["n"] for r in group), sum(r["failed"] for r in group)
        return [name, count, failed, share(failed / count if count else None)]
    return table(["clips without a planted defect", "n", "failed", "share"],
                 [cells("clean", [r for r in rows if r["control"] == "clean"]),
                  cells("controls", [r for r in rows if r["control"] != "clean"])])


def grouped_table(rows):
    """Medium and heavy together, kind by kind: what the aims are set for."""
    def cells(row):
        interval = row["interval"]
        return [row["kind"], row["cases"], number(row["auc"]), f"{interval[0]:.2f}…{interval[1]:.2f}" if interval else "–",
                share(row["recall"]), share(row["placed"]), number(row["auc_gist"]), number(row["auc_clip"])]
    return table(["kind", "n", "AUC", "95 %", "recall", "placed", "GIST, 1 FPS", "CLIP, 1 FPS"],
                 map(cells, (r for r in rows if r["severity"] == "medium or heavy")))


def markdown(results):
    parts = ["## Planted defects, medium and heavy", grouped_table(results["kinds"]),
             table(["medium and heavy", "cases", "of"],
                   ([what, *counts] for what, counts in results["short"].items())),
             "## Planted defects, by severity and style",
             kinds_table(r for r in results["kinds"] if r["severity"] != "medium or heavy"),
             "## False alarms", alarm_summary(results["alarms"]), alarms_table(results["alarms"])]
    natural = results["natural"]
    if natural["clips"]:
        parts += ["## Clips as they are", summary_table(natural["summary"]), natural_table(natural["clips"])]
    return "\n\n".join(parts)
