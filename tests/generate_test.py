"""`generate` against `emulate`, both as a user runs them: a clip, Ctrl-C, a death, a lost reply."""

import json
import os
import signal
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(__file__))

from emulating import EmulatedTest  # noqa: E402
from program import check_report  # noqa: E402


class Generate(EmulatedTest):
    def begin(self, *flags):
        # A program in the background of a shell without job control ignores SIGINT.
        return self.start("generate", "still life", "--seconds", "4", "-o", "out.mp4", "--json",
                          *flags, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))

    def wait_for_order(self):
        until = time.monotonic() + 30
        while not self.orders():
            self.assertLess(time.monotonic(), until, "nothing was ordered")
            time.sleep(0.05)
        time.sleep(0.5)  # the reply is written down

    def test_a_clip_comes_with_what_was_measured(self):
        self.emulate()
        code, out, err = self.run_program("generate", "still life", "--seconds", "4", "-o",
                                          "out.mp4", "--json", "--max-clips", "1")
        document = json.loads(out)
        self.assertIn((code, document["status"]), ((0, "completed"), (1, "rejected")), err)
        check_report(document["report"])
        self.assertEqual(document["quality_metrics"]["frame_coherence_score"],
                         document["report"]["overall_coherence"])
        self.assertEqual([a["number"] for a in document["attempts"]], [1])
        self.assertTrue((self.folder / "out.mp4").stat().st_size > 1000)
        self.assertEqual(len(self.orders()), 1)

    def test_ctrl_c_ends_with_the_operations_name_and_resume_takes_it_up(self):
        self.emulate("--latency", "3")
        process = self.begin()
        self.wait_for_order()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 5, err)
        operation = json.loads(out)["operation"]
        self.assertIn("/operations/", operation)
        self.assert_one_error(err.decode(), "--resume " + operation)
        code, out, err = self.run_program("generate", "--resume", "--json")
        self.assertIn(code, (0, 1), err)
        self.assertEqual(json.loads(out)["operation"], operation)
        self.assertTrue((self.folder / "out.mp4").exists())
        self.assertEqual(len(self.orders()), 1)

    def test_a_death_loses_nothing(self):
        self.emulate("--latency", "2")
        process = self.begin()
        self.wait_for_order()
        process.kill()
        process.communicate()
        self.assertFalse((self.folder / "out.mp4").exists())
        code, _, err = self.run_program("generate", "--resume", "-o", "other.mp4")
        self.assertIn(code, (0, 1), err)
        self.assertTrue((self.folder / "other.mp4").exists())
        self.assertEqual(len(self.orders()), 1)
        self.refuse(4, "nothing to resume", "generate", "--resume")

    def test_a_lost_reply_is_never_asked_for_again(self):
        self.emulate("--fault", "lost-reply")
        process = self.begin()
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 4)
        self.assert_one_error(err.decode(), "not sent again")
        document = json.loads(out)
        self.assertEqual([a["status"] for a in document["attempts"]], ["lost"])
        self.assertEqual(document["status"], "failed")
        self.assertEqual(len(self.orders()), 1)
        self.assertFalse((self.folder / "out.mp4").exists())


if __name__ == "__main__":
    unittest.main()
