"""The evaluation's figures, against values computed by hand."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "eval"))

import stats  # noqa: E402


def event(kind, start_s, score, end_s=None):
    return {"kind": kind, "start_s": start_s, "end_s": start_s if end_s is None else end_s, "score": score}


class Auc(unittest.TestCase):
    def test_counts_pairs_won_and_half_of_the_ties(self):
        self.assertEqual(stats.auc([0.9, 0.8], [0.1, 0.2]), 1)
        self.assertEqual(stats.auc([0.1], [0.2, 0.3]), 0)
        self.assertEqual(stats.auc([0.5], [0.5]), 0.5)
        # 0.7 beats 0.1 and 0.6; 0.4 beats 0.1: 3 of 4. With 0.4 against 0.4: 2.5 of 4.
        self.assertEqual(stats.auc([0.7, 0.4], [0.1, 0.6]), 0.75)
        self.assertEqual(stats.auc([0.7, 0.4], [0.4, 0.6]), 0.625)

    def test_is_unknown_without_either_side(self):
        self.assertIsNone(stats.auc([], [0.1]))
        self.assertIsNone(stats.auc([0.1], []))
        self.assertIsNone(stats.auc_interval([], [0.1]))

    def test_interval_is_a_point_where_every_sample_is_alike(self):
        self.assertEqual(stats.auc_interval([0.9, 0.8], [0.1, 0.2], rounds=50), (1, 1))

    def test_interval_holds_the_value_and_narrows_with_more_cases(self):
        low, high = stats.auc_interval([0.7, 0.4], [0.1, 0.6])
        self.assertLess(low, 0.75)
        self.assertGreater(high, 0.75)
        narrow_low, narrow_high = stats.auc_interval([0.7, 0.4] * 20, [0.1, 0.6] * 20)
        self.assertLess(narrow_high - narrow_low, high - low)
        self.assertEqual(stats.auc_interval([0.7, 0.4], [0.1, 0.6]), (low, high))

    def test_interval_of_one_case_against_two_is_that_of_draws_with_replacement(self):
        # 0.5 beats 0.1 and loses to 0.9: a sample gives 0, ½ or 1 with chances ¼, ½, ¼.
        self.assertEqual(stats.auc_interval([0.5], [0.1, 0.9], rounds=2000), (0, 1))
        self.assertEqual(stats.auc_interval([0.5], [0.1, 0.9], rounds=2000, share=0.2), (0.5, 0.5))

    def test_quantile_lies_between_neighbours(self):
        self.assertEqual(stats.quantile([1, 2, 4], 0.5), 2)
        self.assertEqual(stats.quantile([1, 2, 4], 0.75), 3)
        self.assertEqual(stats.quantile([1, 2, 4], 1), 4)


class WorkingPoint(unittest.TestCase):
    def test_recall_counts_the_point_itself(self):
        self.assertEqual(stats.recall([0.5, 0.49, 0.9, 0]), 0.5)
        self.assertIsNone(stats.recall([]))

    def test_precision_is_the_share_of_right_alarms(self):
        self.assertEqual(stats.precision([0.5, 0.4], [0.6, 0.1, 0.2]), 0.5)
        self.assertEqual(stats.precision([0.5, 0.9, 0.7], [0.6]), 0.75)
        self.assertIsNone(stats.precision([0.1], [0.1]))

    def test_balanced_accuracy_weighs_both_sides_alike(self):
        # One of two bad clips and three of three good ones: (½ + 1) / 2.
        judged_bad, are_bad = [True, False, False, False, False], [True, True, False, False, False]
        self.assertEqual(stats.balanced_accuracy(judged_bad, are_bad), 0.75)
        self.assertIsNone(stats.balanced_accuracy([True], [True]))


class Events(unittest.TestCase):
    def test_strongest_is_the_first_of_the_highest(self):
        events = [event("cut", 3, 0.9), event("flash", 1, 0.9), event("cut", 2, 0.4)]
        self.assertEqual(stats.strongest(events)["start_s"], 1)
        self.assertEqual(stats.strongest(events, {"cut"})["start_s"], 3)
        self.assertIsNone(stats.strongest(events, {"morph"}))
        self.assertIsNone(stats.strongest([]))

    def test_meets_a_place_by_its_start(self):
        self.assertTrue(stats.meets(event("freeze", 1.75, 1), 2, 3))
        self.assertFalse(stats.meets(event("freeze", 1.7, 1, 2.5), 2, 3))
        self.assertTrue(stats.meets(event("freeze", 3.25, 1, 9), 2, 3))
        self.assertFalse(stats.meets(event("freeze", 3.3, 1), 2, 3))

    def test_is_placed_looks_at_the_strongest_of_its_kind_only(self):
        events = [event("cut", 2, 0.6), event("cut", 4, 0.9), event("flash", 2, 1)]
        self.assertFalse(stats.is_placed(events, "cut", 2, 2))
        self.assertTrue(stats.is_placed(events, "cut", 4, 4))
        self.assertIsNone(stats.is_placed(events, "morph", 2, 2))

    def test_is_found_by_any_event_that_reaches_the_point(self):
        events = [event("cut", 2, 0.6), event("flash", 4, 0.4)]
        self.assertTrue(stats.is_found(events, ["morph", "cut"], 2.1, 2.1))
        self.assertFalse(stats.is_found(events, ["morph"], 2.1, 2.1))
        self.assertFalse(stats.is_found(events, ["flash"], 4, 4))


class Reports(unittest.TestCase):
    def test_incoherence_is_one_minus_the_least_similarity(self):
        self.assertEqual(stats.incoherence({"similarities": [1, 0.75, None, 0.9]}), 0.25)
        self.assertIsNone(stats.incoherence({"similarities": [None]}))
        self.assertIsNone(stats.incoherence({"similarities": []}))

    def test_evidence_is_unknown_where_the_report_says_so(self):
        report = {"defects": {"cut": 0.2, "flash": None, "morph": 0.7}}
        self.assertEqual(stats.evidence(report, "cut"), 0.2)
        self.assertIsNone(stats.evidence(report, "flash"))
        self.assertIsNone(stats.evidence({"defects": None}, "cut"))
        self.assertEqual(stats.strongest_evidence(report), 0.7)
        self.assertIsNone(stats.strongest_evidence({"defects": None}))


if __name__ == "__main__":
    unittest.main()
