"""Ctrl-C, termination, readers that go away, and many clips: the program as part of a pipeline."""

import json
import os
import signal
import subprocess
import time
import unittest

from program import PROGRAM, ProgramTest


class Interruption(ProgramTest):
    def interrupt(self, process, how=signal.SIGINT):
        """Standard output and error after the signal; the status must be 5."""
        process.send_signal(how)
        try:
            out, err = process.communicate(timeout=300)  # long under the thread sanitizer
        except subprocess.TimeoutExpired:
            process.kill()
            self.fail("does not end")
        self.assertEqual(process.returncode, 5, err)
        return out.decode(), err.decode()

    def wait_for(self, process, condition):
        while not condition():
            self.assertIsNone(process.poll(), "ended before it could be interrupted")
            time.sleep(0.005)

    def test_ends_a_rendering_and_leaves_nothing_behind(self):
        for how in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            process = self.start("sample", "--seconds", "300", "--size", "1280x720", "out.mp4")
            self.wait_for(process, lambda: list(self.folder.iterdir()))  # the unfinished file
            out, err = self.interrupt(process, how)
            self.assertEqual(out, "")
            self.assert_one_error(err, "interrupted")
            self.assertEqual(self.files(), [])

    def test_ends_many_clips_after_the_reports_that_are_done(self):
        self.sample("clip.mp4")
        process = self.start("validate", "--json", *["clip.mp4"] * 2000)
        first = process.stdout.readline()
        out, err = self.interrupt(process)
        self.assert_one_error(err, r"clip\.mp4: interrupted")
        for line in (first.decode() + out).splitlines():
            self.assertEqual(json.loads(line)["schema"], "videogen.report/1")

    def test_ends_while_waiting_for_standard_input(self):
        process = self.start("validate", "-", stdin=subprocess.PIPE)
        # More than a pipe holds: the write ends when the program reads.
        process.stdin.write(b"the beginning of a clip" * 100_000)
        process.stdin.flush()
        _, err = self.interrupt(process)
        self.assert_one_error(err, "(standard input|-): interrupted")

    def test_stays_deaf_to_what_it_was_told_to_ignore(self):
        self.sample("clip.mp4")
        process = self.start("validate", *["clip.mp4"] * 6,
                             preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        process.stdout.readline()
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=300)  # long under the thread sanitizer
        self.assertEqual(process.returncode, 0)


class Pipelines(ProgramTest):
    def test_a_reader_that_goes_away_is_no_error(self):
        self.sample("clip.mp4")
        for arguments, lines in ((["--json", "clip.mp4"], 1), (["clip.mp4"], 1),
                                 (["--json", *["clip.mp4"] * 2000], 2)):
            process = self.start("validate", *arguments)
            for _ in range(lines):
                self.assertTrue(process.stdout.readline())
            process.stdout.close()
            err = process.stderr.read()
            process.stderr.close()
            self.assertEqual((process.wait(timeout=60), err), (0, b""))

    def test_a_reader_that_never_was_is_no_error(self):
        self.sample("clip.mp4")
        reading, writing = os.pipe()
        os.close(reading)
        for arguments in (["validate", "clip.mp4"], ["--help"], ["doctor"], ["embed", "clip.mp4"]):
            process = self.start(*arguments, stdout=writing)
            _, err = process.communicate(timeout=300)  # long under the thread sanitizer
            self.assertEqual((process.returncode, err), (0, b""), arguments)
        os.close(writing)

    def test_reads_what_another_program_writes(self):
        clip = self.sample("clip.mp4")
        script = 'cat "$2" | "$1" validate --quiet - && "$1" validate --quiet <(cat "$2")'
        subprocess.run(["bash", "-c", script, "bash", PROGRAM, clip], check=True,
                       env=self.environment)

    def test_draws_no_bar_and_no_colour_into_files(self):
        self.sample("clip.mp4")
        code, out, err = self.run_program("validate", *["clip.mp4"] * 3,
                                          environment={"TERM": "xterm-256color"})
        self.assertEqual((code, err), (0, ""))
        self.assertNotIn("\x1b", out)

    def test_draws_bar_and_colour_on_a_terminal(self):
        self.sample("clip.mp4")
        for variables, coloured in (({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)):
            master, terminal = os.openpty()
            process = self.start("validate", "clip.mp4", stdout=terminal, stderr=terminal,
                                 environment={"TERM": "xterm-256color"} | variables)
            os.close(terminal)
            shown = b""
            while True:
                try:
                    chunk = os.read(master, 65536)
                except OSError:  # how Linux says that the other side is closed
                    break
                if not chunk:
                    break
                shown += chunk
            os.close(master)
            process.communicate(timeout=300)  # long under the thread sanitizer
            self.assertEqual(process.returncode, 0)
            self.assertEqual(b"\x1b[1;32mPASS" in shown, coloured)
            self.assertEqual(b"samples" in shown.partition(b"PASS")[0], "TERM" not in variables)


if __name__ == "__main__":
    unittest.main()
