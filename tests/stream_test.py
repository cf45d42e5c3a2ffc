"""`validate --stream` and `--fail-fast`: clips that arrive, and what is said of them meanwhile."""

import json
import os
import select
import signal
import subprocess
import time
import unittest

from program import TINY_MODEL, ProgramTest, check_line

DEADLINE_S = 60  # nothing here takes that long; a program that waits for its input's end does


def without_timing(report):
    return {name: value for name, value in report.items() if name != "timing_s"}


class StreamTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.left = {}  # of each process: bytes that are no whole line yet

    def open_stream(self, *arguments, **options):
        process = self.start("validate", "--stream", *arguments, stdin=subprocess.PIPE, **options)
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.kill()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
        process.wait()

    def lines_until(self, process, condition):
        """Lines as they come, up to the first that fulfils the condition."""
        lines = []
        text = self.left.pop(process, b"")
        until = time.monotonic() + DEADLINE_S
        while True:
            while b"\n" in text:
                line, _, text = text.partition(b"\n")
                lines.append(json.loads(line))
                check_line(lines[-1])
                if condition(lines[-1]):
                    self.left[process] = text
                    return lines
            ready, _, _ = select.select([process.stdout], [], [], max(0, until - time.monotonic()))
            self.assertTrue(ready, f"nothing more comes after {lines}")
            more = os.read(process.stdout.fileno(), 65536)
            self.assertTrue(more, f"ended after {lines}")
            text += more

    def finished(self, process):
        """The lines that are left, and the exit status."""
        out, err = process.communicate(timeout=DEADLINE_S)
        lines = [json.loads(line) for line in (self.left.pop(process, b"") + out).splitlines()]
        for line in lines:
            check_line(line)
        return lines, process.returncode, err.decode()

    def stream(self, *arguments, status=0, stdin=b""):
        code, out, err = self.run_program("validate", "--stream", "--stream-idle", "0", *arguments,
                                          stdin=stdin)
        self.assertEqual((code, err), (status, ""))
        lines = [json.loads(line) for line in out.splitlines()]
        for line in lines:
            check_line(line)
        return lines

    def transport_stream(self, *defects, seconds="6"):
        self.sample("clip.mp4", "--seconds", seconds, "--fps", "24",
                    *(flag for defect in defects for flag in ("--defect", defect)))
        self.ffmpeg("-i", "clip.mp4", "-c", "copy", "clip.ts")
        return self.folder / "clip.ts"


class Streaming(StreamTest):
    def test_says_what_it_knows_while_the_pipe_stays_open(self):
        data = self.transport_stream("cut@1.5").read_bytes()
        process = self.open_stream("-")
        half = len(data) * 3 // 4
        process.stdin.write(data[:half])
        process.stdin.flush()
        lines = self.lines_until(process, lambda line: line["type"] == "event")
        self.assertEqual(lines[0]["type"], "start")
        self.assertEqual(lines[0]["input"], "pipe")
        self.assertEqual((lines[-1]["kind"], lines[-1]["start_s"]), ("cut", 1.5))
        self.assertIn(("sample", 0), [(line["type"], line.get("index")) for line in lines])
        self.assertIsNone(process.poll())
        process.stdin.write(data[half:])
        rest, code, err = self.finished(process)
        self.assertEqual((code, err), (1, ""))
        self.assertEqual(rest[-1]["type"], "report")
        report = without_timing(rest[-1]["report"])
        # What only a file that can be sought in tells.
        finished = without_timing(self.report("clip.ts", status=1))
        self.assertIsNone(report["source"].pop("duration_s"))
        self.assertIn("duration", report["notes"].pop())
        del finished["source"]["duration_s"], finished["source"]["uri"], report["source"]["uri"]
        self.assertEqual(report, finished)

    def test_follows_a_file_that_grows(self):
        clip = self.transport_stream("flash@1.5")
        data = clip.read_bytes()
        finished = without_timing(self.report("clip.ts", status=1))
        clip.write_bytes(data[:len(data) // 2])
        process = self.open_stream("--stream-idle", "2", "clip.ts")
        lines = self.lines_until(process, lambda line: line["type"] == "sample")
        self.assertEqual(lines[0]["input"], "growing_file")
        with clip.open("ab") as file:
            file.write(data[len(data) // 2:])
        rest, code, _ = self.finished(process)
        self.assertEqual(code, 1)
        self.assertEqual(without_timing(rest[-1]["report"]), finished)

    def test_gives_the_report_of_the_finished_file(self):
        self.transport_stream("cut@1.5", "freeze@3")
        remux = ["-i", "clip.mp4", "-c", "copy"]
        self.ffmpeg(*remux, "clip.mkv")
        self.ffmpeg(*remux, "-movflags", "+faststart", "front.mp4")
        self.ffmpeg(*remux, "-movflags", "+frag_keyframe+empty_moov", "fragments.mp4")
        self.ffmpeg(*remux, "back.mp4")
        for flags, names in (
            ([], ("clip.ts", "clip.mkv", "front.mp4", "fragments.mp4", "back.mp4")),
            (["--profile", "quick", "--fps", "5"], ("clip.ts", "fragments.mp4")),
            (["--multi-shot"], ("clip.mkv",)),
            (["--fps", "2", "--model", TINY_MODEL, "--precision", "f32", "--prompt", "a cat",
              "--versus", "a dog"], ("clip.ts",)),
        ):
            for name in names:
                with self.subTest(flags=flags, name=name):
                    code, out, _ = self.run_program("validate", "--json", *flags, name)
                    plain = json.loads(out)
                    lines = self.stream(*flags, name, status=code)
                    self.assertEqual(without_timing(lines[-1]["report"]), without_timing(plain))
                    self.assertEqual([line["time_s"] for line in lines if line["type"] == "sample"],
                                     plain["timestamps_s"])
                    self.assertEqual([line["similarity"] for line in lines
                                      if line["type"] == "sample"][1:], plain["similarities"])
                    self.assert_events_add_up(lines)

    def assert_events_add_up(self, lines):
        """Whoever follows the lines ends up with the report's events."""
        known = {}
        for line in lines:
            if line["type"] == "event":
                self.assertEqual(line["revised"], line["id"] in known)
                known[line["id"]] = line
            if line["type"] == "retract":
                del known[line["id"]]
        def places(events):
            return sorted((event["kind"], event["first_frame"], event["last_frame"])
                          for event in events)
        self.assertEqual(places(known.values()), places(lines[-1]["report"]["events"] or []))

    def test_says_the_same_lines_every_time(self):
        self.transport_stream("noise@2", "morph@3")
        first, second = (self.stream("clip.ts", status=1) for _ in range(2))
        self.assertEqual(first[:-1], second[:-1])

    def test_keeps_what_cannot_be_read_from_front_to_back(self):
        self.sample("clip.mp4")
        self.ffmpeg("-i", "clip.mp4", "-c", "copy", "back.mp4")
        lines = self.stream("-", stdin=(self.folder / "back.mp4").read_bytes())
        self.assertEqual([line["type"] for line in lines[:2]], ["start", "note"])
        self.assertEqual(lines[0]["input"], "spooled")
        self.assertIn("nothing can be said before its end", lines[1]["message"])
        report = without_timing(lines[-1]["report"])
        plain = without_timing(self.report("back.mp4"))
        del report["source"]["uri"], plain["source"]["uri"]
        self.assertEqual(report, plain)
        self.assertEqual(self.stream("back.mp4")[0]["input"], "finished_file")

    def test_ends_at_once_when_it_is_interrupted(self):
        data = self.transport_stream().read_bytes()
        # What might be anything keeps FFmpeg waiting for more.
        for sent, wait in ((b"\0" * 1000, "start"), (data[:len(data) // 2], "sample")):
            process = self.open_stream("-")
            process.stdin.write(sent)
            process.stdin.flush()
            self.lines_until(process, lambda line, wait=wait: line["type"] == wait)
            process.send_signal(signal.SIGINT)
            # Not communicate(): it would close the pipe first.
            self.assertEqual(process.wait(timeout=DEADLINE_S), 5)
            self.assert_one_error(process.stderr.read().decode(), "interrupted")

    def test_ends_quietly_when_its_reader_is_gone(self):
        data = self.transport_stream().read_bytes()
        process = self.open_stream("--fps", "8", "-")
        process.stdin.write(data[:len(data) // 2])
        process.stdin.flush()
        self.lines_until(process, lambda line: line["type"] == "sample")
        process.stdout.close()
        try:
            process.stdin.write(data[len(data) // 2:])
            process.stdin.close()
        except BrokenPipeError:
            pass
        self.assertEqual(process.wait(timeout=DEADLINE_S), 0)
        self.assertEqual(process.stderr.read(), b"")

    def test_what_is_no_clip_is_one_line_of_error(self):
        (self.folder / "text.txt").write_text("no video at all\n" * 100)
        code, out, err = self.run_program("validate", "--stream", "-", stdin=b"no video" * 1000)
        self.assertEqual(code, 3)
        self.assert_one_error(err, "cannot open -: not a video")
        lines = [json.loads(line) for line in out.splitlines()]
        self.assertEqual([line["type"] for line in lines], ["start", "error"])
        for line in lines:
            check_line(line)
        self.refuse(3, r"cannot open text\.txt: not a video", "validate", "--stream",
                    "--stream-idle", "0", "text.txt")
        self.refuse(3, "cannot open -: not a video|empty", "validate", "--stream", "-", stdin=b"")

    def test_refuses_what_does_not_go_together(self):
        self.sample("clip.mp4")
        for pattern, *arguments in (
            ("--fps auto looks at the whole clip first, which --stream", "--stream", "--fps", "auto"),
            ("--fps auto looks at the whole clip first, which --fail-fast", "--fail-fast", "--fps", "auto"),
            ("--compat vbench reads the whole clip a second time, which --stream", "--stream",
             "--compat", "vbench"),
            ("--compat vbench reads the whole clip a second time, which --fail-fast", "--fail-fast",
             "--compat", "vbench"),
            ("--html reads a clip twice", "--stream", "--html", "page.html"),
            ("--stream reads one clip, and 2 are named", "--stream", "clip.mp4"),
            ("--stream-idle", "--stream", "--stream-idle", "soon"),
            ("--stream-idle", "--stream", "--stream-idle", "-1"),
        ):
            with self.subTest(arguments=arguments):
                self.refuse(2, pattern, "validate", *arguments, "clip.mp4")
        self.refuse(2, "a folder", "validate", "--stream", ".")
        self.refuse(4, r"did you mean clip\.mp4", "validate", "--stream", "clip.mp")


class FailFast(StreamTest):
    def test_stops_a_pipe_that_is_still_open(self):
        data = self.transport_stream("cut@1.5").read_bytes()
        process = self.open_stream("--fail-fast", "-")
        process.stdin.write(data[:len(data) * 3 // 4])
        process.stdin.flush()
        lines = self.lines_until(process, lambda line: line["type"] == "report")
        self.assertEqual(process.wait(timeout=DEADLINE_S), 1)
        report = lines[-1]["report"]
        self.assertEqual(report["verdict"], "fail")
        self.assertEqual([(r["kind"], r["start_s"]) for r in report["reasons"]], [("cut", 1.5)])
        self.assertIsNone(report["source"]["sha256"])
        self.assertIsNone(report["source"]["frames"])
        self.assertTrue(any("what follows was not looked at" in note for note in report["notes"]))

    def test_stops_a_file_at_the_same_place_every_time(self):
        self.sample("cut.mp4", "--defect", "cut@1.5", "--seconds", "8")
        for flags in ([], ["--profile", "quick", "--fps", "4"]):
            first, second = (self.report("--fail-fast", *flags, "cut.mp4", status=1)
                             for _ in range(2))
            self.assertEqual(without_timing(first), without_timing(second))
            whole = self.report(*flags, "cut.mp4", status=1)
            self.assertEqual(first["reasons"][0]["kind"], whole["reasons"][0]["kind"])
            self.assertLess(first["frame_count"], whole["frame_count"])
            self.assertEqual(first["timestamps_s"],
                             whole["timestamps_s"][:first["frame_count"]])
            self.assertEqual(first["source"]["sha256"], whole["source"]["sha256"])

    def test_changes_nothing_where_nothing_fails(self):
        self.sample("sound.mp4")
        self.sample("cut.mp4", "--defect", "cut@1.5")
        for flags in (["sound.mp4"], ["--multi-shot", "--fps", "4", "--profile", "quick", "cut.mp4"]):
            self.assertEqual(without_timing(self.report("--fail-fast", *flags)),
                             without_timing(self.report(*flags)))

    def test_goes_on_with_the_next_clip(self):
        self.sample("cut.mp4", "--defect", "cut@1.5")
        self.sample("sound.mp4")
        out = self.succeed("validate", "--fail-fast", "--json", "cut.mp4", "sound.mp4", status=1)
        self.assertEqual([json.loads(line)["verdict"] for line in out.splitlines()],
                         ["fail", "pass"])


if __name__ == "__main__":
    unittest.main()
