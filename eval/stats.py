"""What the evaluation's figures are: pure functions over scores, events and truths."""

import random

TOLERANCE_S = 0.25  # how far from the truth an event may start


def auc(positives, negatives):
    """Chance that a case with the defect scores higher than one without; a tie counts half.
    None where either is missing."""
    if not positives or not negatives:
        return None
    won = sum((p > n) + 0.5 * (p == n) for p in positives for n in negatives)
    return won / (len(positives) * len(negatives))


def auc_interval(positives, negatives, rounds=1000, share=0.95, seed=1):
    """The middle `share` of the AUCs of samples drawn with replacement from both sides."""
    if not positives or not negatives:
        return None
    # Who wins against whom is settled once; a round only counts.
    won = [[(p > n) + 0.5 * (p == n) for n in negatives] for p in positives]
    chance = random.Random(seed)
    columns, found = range(len(negatives)), []
    for _ in range(rounds):
        drawn = chance.choices(columns, k=len(negatives))
        total = sum(row[i] for row in chance.choices(won, k=len(won)) for i in drawn)
        found.append(total / (len(won) * len(negatives)))
    found.sort()
    return quantile(found, (1 - share) / 2), quantile(found, (1 + share) / 2)


def quantile(ordered, q):
    """Of an ordered list, with linear interpolation between neighbours."""
    at = q * (len(ordered) - 1)
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def recall(positives, point=0.5):
    """Share of the cases with the defect that reach the working point."""
    return sum(p >= point for p in positives) / len(positives) if positives else None


def precision(positives, negatives, point=0.5):
    """Share of the alarms that are right; None where nothing is alarmed. It depends on how many
    cases there are on either side."""
    right = sum(p >= point for p in positives)
    wrong = sum(n >= point for n in negatives)
    return right / (right + wrong) if right + wrong else None


def balanced_accuracy(judged_bad, are_bad):
    """Mean of the shares of bad and of good clips that are judged right."""
    bad = [judged for judged, truth in zip(judged_bad, are_bad) if truth]
    good = [not judged for judged, truth in zip(judged_bad, are_bad) if not truth]
    if not bad or not good:
        return None
    return (sum(bad) / len(bad) + sum(good) / len(good)) / 2


def balanced_accuracy_interval(judged_bad, are_bad, rounds=1000, share=0.95, seed=1):
    """The middle `share` over clips drawn with replacement, the bad and the good apart."""
    bad = [judged for judged, truth in zip(judged_bad, are_bad) if truth]
    good = [not judged for judged, truth in zip(judged_bad, are_bad) if not truth]
    if not bad or not good:
        return None
    chance = random.Random(seed)
    found = sorted((sum(chance.choices(bad, k=len(bad))) / len(bad)
                    + sum(chance.choices(good, k=len(good))) / len(good)) / 2 for _ in range(rounds))
    return quantile(found, (1 - share) / 2), quantile(found, (1 + share) / 2)


def strongest(events, kinds=None):
    """The event with the highest score, of some kinds or of any; the earliest among equals."""
    fitting = [e for e in events if kinds is None or e["kind"] in kinds]
    return max(fitting, key=lambda e: (e["score"], -e["start_s"]), default=None)


def meets(event, start_s, end_s, tolerance_s=TOLERANCE_S):
    """Whether an event starts inside a place, or that close to it. Where it ends does not count:
    some defects have no end that a viewer would agree on."""
    return start_s - tolerance_s <= event["start_s"] <= end_s + tolerance_s


def is_placed(events, kind, start_s, end_s):
    """Whether the strongest event of the kind is where the truth is; None without such an event."""
    event = strongest(events, {kind})
    return None if event is None else meets(event, start_s, end_s)


def is_found(events, kinds, start_s, end_s, point=0.5):
    """Whether any event of these kinds that reaches the working point is at the place."""
    return any(e["kind"] in kinds and e["score"] >= point and meets(e, start_s, end_s) for e in events)


def incoherence(report):
    """What similarity of neighbouring samples has to say: 1 − the least; None where there is none."""
    known = [s for s in report.get("similarities") or [] if s is not None]
    return 1 - min(known) if known else None


def evidence(report, kind):
    """0…1 that the clip has the defect anywhere; None where the report doesn't know."""
    return (report.get("defects") or {}).get(kind)


def strongest_evidence(report):
    known = [s for s in (report.get("defects") or {}).values() if s is not None]
    return max(known, default=None)
