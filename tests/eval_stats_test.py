"""The evaluation's figures, against values computed by hand."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "eval"))

import cases  # noqa: E402
import stats  # noqa: E402
import tables  # noqa: E402


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


def case(name, **more):
    return cases.Case(name, name, "scene", "reef", 0, **more)


def planted(name, kind, severity, start_s):
    truth = [{"kind": kind, "severity": severity, "start_s": start_s, "end_s": start_s}]
    return case(name, kind=kind, severity=severity, truth=truth)


def report(verdict, least, events, **defects):
    return {"verdict": verdict, "similarities": [0.99, least], "events": events,
            "defects": {"cut": 0.0, "flash": 0.0} | defects, "reasons": []}


class Tables(unittest.TestCase):
    CASES = [planted("a", "cut", "light", 2), planted("b", "cut", "heavy", 2),
             case("c", control="clean"), case("d", control="cut, --multi-shot", multi_shot=True)]
    REPORTS = {"a": report("pass", 0.9, [event("cut", 3, 0.3)], cut=0.3),
               "b": report("fail", 0.7, [event("cut", 2.1, 0.9)], cut=0.9),
               "c": report("fail", 0.8, [event("flash", 1, 0.6)], cut=0.4, flash=0.6),
               "d": report("pass", 0.6, [], cut=1.0)}

    def test_rates_each_severity_against_what_is_clean(self):
        both, light, heavy = tables.kind_rows(self.CASES, self.REPORTS, {})
        self.assertEqual((both["severity"], both["cases"]), ("medium or heavy", 1))
        self.assertEqual((light["severity"], heavy["severity"]), ("light", "heavy"))
        # The clip that is judged with --multi-shot may have cuts: 0.4 is all that counts.
        self.assertEqual((light["auc"], heavy["auc"]), (0, 1))
        self.assertEqual((light["recall"], heavy["recall"]), (0, 1))
        self.assertEqual((light["precision"], heavy["precision"]), (None, 1))
        self.assertEqual((light["placed"], heavy["placed"]), (0, 1))
        # 1 − 0.9 and 1 − 0.7 against 1 − 0.8.
        self.assertEqual((light["auc_gist"], heavy["auc_gist"]), (0, 1))
        self.assertIsNone(light["auc_clip"])

    def test_lists_alarms_where_nothing_is_planted(self):
        clean, shots = tables.alarm_rows(self.CASES, self.REPORTS)
        self.assertEqual((clean["n"], clean["failed"], clean["why"]), (1, 1, ["reef: flash at 1.00 s"]))
        self.assertEqual((shots["control"], shots["failed"]), ("cut, --multi-shot", 0))

    def test_compares_verdicts_with_a_viewers(self):
        natural = [{"name": "b", "path": "b", "verdict": "fail", "places": [(["cut"], 2, 2)]},
                   {"name": "c", "path": "c", "verdict": "pass", "places": []},
                   {"name": "d", "path": "d", "verdict": "fail", "places": [(["cut"], 5, 5)]}]
        results = tables.evaluate(self.CASES, self.REPORTS, {}, natural)
        summary = results["natural"]["summary"]
        # Of the bad one is right, one wrong; the good one is wrong.
        self.assertEqual(summary["balanced_accuracy"], 0.25)
        low, high = summary["balanced_accuracy_interval"]
        self.assertTrue(0 <= low <= 0.25 <= high <= 0.5)  # the good one is wrong in every draw
        # 0.9 and 1.0 against 0.6.
        self.assertEqual(summary["auc"], 1)
        self.assertEqual((summary["places"], summary["found"]), (2, 1))
        text = tables.markdown(results)
        self.assertIn("| cut | heavy | 1 | 1.00 | 1.00…1.00 | 100 % | 100 % | 100 % | 1.00 | – |", text)

    def test_shows_dashes_where_nothing_was_measured(self):
        blind = {name: r | {"defects": None, "events": None} for name, r in self.REPORTS.items()}
        text = tables.markdown(tables.evaluate(self.CASES, blind, {}, []))
        self.assertIn("| cut | heavy | 1 | – | – | – | – | – | 1.00 | – |", text)


class Folds(unittest.TestCase):
    def test_depend_on_the_name_alone_and_are_about_equal(self):
        self.assertEqual(cases.fold_of("kitten"), cases.fold_of("kitten"))
        for fold in range(cases.FOLDS):
            members = sum(cases.fold_of(f"clip {i}") == fold for i in range(1000))
            self.assertTrue(200 < members < 300, members)


if __name__ == "__main__":
    unittest.main()
