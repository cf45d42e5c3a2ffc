"""What docs/report.schema.json takes and what it refuses, beyond names and types."""

import copy
import json
import unittest

from program import SOURCE, Schema

KINDS = ("cut", "flash", "flicker", "freeze", "jump", "corruption", "noise", "morph", "drift",
         "black")
REASON = {"kind": "cut", "message": "the scene changes at 1 s", "start_s": 1.0, "end_s": 1.0}


def quick(**changes):
    """A clip of three samples that passes under --profile quick, and what a test changes."""
    report = {
        "schema": "videogen.report/1",
        "source": {"uri": "clip.mp4", "sha256": "a" * 64, "container": "matroska", "codec": "h264",
                   "width": 16, "height": 16, "duration_s": None, "frame_rate": None,
                   "frames": None, "stream_index": 0},
        "sampling": {"fps": 1, "profile": "quick"},
        "embedder": {"name": "gist", "model": "gist-512", "digest": "sha256:" + "b" * 64,
                     "precision": "f32", "dimensions": 512, "why": "no CLIP model found"},
        "overall_coherence": 0.9, "min_coherence": 0.9, "max_coherence": 0.9,
        "flagged_frames": [], "frame_count": 3, "validation_passed": True, "threshold": 0.85,
        "similarities": [0.9, 0.9], "timestamps_s": [0, 1, 2], "multi_shot": False,
        "verdict": "pass", "reasons": [], "defects": None, "events": None, "shots": None,
        "measures": None, "notes": ["why they are null"],
        "timing_s": {"decode": 0, "embed": 0, "analyse": 0, "total": 0},
    }
    return copy.deepcopy(report | changes)


def full(**changes):
    measured = {"sampling": {"fps": 1, "profile": "full"}, "defects": dict.fromkeys(KINDS, 0.1),
                "events": [], "shots": [{"start_s": 0, "end_s": 3}], "measures": {}}
    return quick(**measured) | copy.deepcopy(changes)


NOTHING_COMPARED = {"overall_coherence": None, "min_coherence": None, "max_coherence": None,
                    "validation_passed": None, "similarities": [], "timestamps_s": [0],
                    "frame_count": 1}
TOO_FEW = {"kind": "too_few_samples", "message": "1 sample", "start_s": None, "end_s": None}
FLAGGED = {"flagged_frames": [[1, 2, 0.8]], "similarities": [1.0, 0.8], "min_coherence": 0.8}


class ReportSchema(unittest.TestCase):
    schema = json.loads((SOURCE / "docs/report.schema.json").read_text())

    def takes(self, report):
        self.assertEqual(list(Schema(self.schema).errors(report, self.schema)), [])

    def refuses(self, report):
        self.assertNotEqual(list(Schema(self.schema).errors(report, self.schema)), [])

    def test_a_rate_of_its_own_says_where_it_took_more(self):
        automatic = {"fps": 2, "profile": "quick", "mode": "auto", "refined": [
            {"start_s": 1.5, "end_s": 2, "samples": 3, "why": "similarity 0.82"}]}
        self.takes(quick(sampling=automatic))
        self.refuses(quick(sampling=automatic | {"mode": "fast"}))
        self.refuses(quick(sampling=automatic | {"refined": [{"start_s": 1.5}]}))

    def test_quick_measures_nothing_else_and_full_leaves_nothing_out(self):
        self.takes(quick())
        for field in ("defects", "events", "shots", "measures"):
            self.refuses(quick(**{field: full()[field]}))
            self.refuses(full(**{field: None}))

    def test_a_flagged_pair_fails_under_quick_and_is_a_note_under_full(self):
        self.refuses(quick(**FLAGGED))
        self.takes(quick(**FLAGGED, verdict="fail", reasons=[REASON | {"kind": "flagged_pair"}]))
        self.takes(full(**FLAGGED))

    def test_a_defect_fails_whatever_the_similarities(self):
        event = {"kind": "cut", "start_s": 1, "end_s": 1, "first_frame": 25, "last_frame": 25,
                 "score": 0.9, "detail": {"residual": 30.5}}
        self.takes(full(verdict="fail", reasons=[REASON], events=[event]))
        self.refuses(full(verdict="fail", reasons=[REASON], events=[event | {"score": 1.5}]))
        self.refuses(full(verdict="fail", reasons=[REASON], events=[event | {"kind": "smell"}]))
        self.refuses(quick(verdict="fail", reasons=[REASON]))

    def test_a_mean_under_the_threshold_fails_always(self):
        low = {"overall_coherence": 0.8, "min_coherence": 0.8, "validation_passed": False}
        for report in (quick, full):
            self.refuses(report(**low))
            self.takes(report(**low, verdict="fail", reasons=[REASON | {"kind": "coherence"}]))

    def test_unknown_is_what_was_neither_compared_nor_measured(self):
        unknown = NOTHING_COMPARED | {"verdict": "unknown", "reasons": [TOO_FEW]}
        self.takes(quick(**unknown))
        self.takes(full(**unknown, defects=dict.fromkeys(KINDS)))
        self.refuses(full(**unknown))
        self.refuses(quick(verdict="unknown", reasons=[TOO_FEW]))
        self.refuses(quick(**NOTHING_COMPARED))
        self.takes(full(**NOTHING_COMPARED))

    def test_only_a_pass_has_no_reasons(self):
        self.refuses(full(verdict="fail"))
        self.refuses(full(reasons=[REASON]))

    def test_a_measure_has_four_parts_and_every_kind_its_evidence(self):
        measure = {"value": None, "unit": "0…1", "gate": None, "passed": None}
        self.takes(full(measures={"warp_error": measure}))
        self.refuses(full(measures={"warp_error": {"value": 1}}))
        self.refuses(full(measures={"warp_error": measure | {"value": "1"}}))
        self.takes(full(measures={"cadence": measure | {
            "range": [0, None], "label": "on twos", "detail": {"held_share": 0.5}}}))
        self.refuses(full(measures={"cadence": measure | {"range": [0]}}))
        self.refuses(full(measures={"cadence": measure | {"detail": {"held_share": "half"}}}))
        self.refuses(full(defects=dict.fromkeys(KINDS[1:], 0.1)))
        self.takes(full(defects=dict.fromkeys(KINDS, 0.1) | {"morph": None}))


if __name__ == "__main__":
    unittest.main()
