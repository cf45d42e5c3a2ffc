"""Clips that are odd but whole: each gets a report that holds to the schema, and a sensible verdict.

All under the full profile, which looks at every frame. `report()` checks the schema, that the
program lives, and that it says nothing but the report.
"""

import os
import unittest

from program import ProgramTest

LOSSLESS = ("-c:v", "ffv1")
FULL = ("--profile", "full", "--fps", "4")


class OddClips(ProgramTest):
    def source(self):
        """A sound scene, 2 s of 24 frames a second, from which the odd ones are made."""
        return self.sample("clip.mp4", "--scene", "harbour", "--size", "160x90", "--fps", "24",
                           "--seconds", "2")

    def made(self, name, *flags):
        """The source through ffmpeg."""
        self.source()
        self.ffmpeg("-i", "clip.mp4", *flags, name)
        return name

    def judge(self, name, verdict, *flags):
        report = self.report(*FULL, *flags, "--", name, status=0 if verdict == "pass" else 1)
        self.assertEqual(report["verdict"], verdict, report["reasons"])
        return report

    def passes(self, name, *flags):
        """Judged, and nothing was found."""
        report = self.judge(name, "pass", *flags)
        self.assertEqual(report["events"], [])
        return report

    def found(self, report):
        return [(event["kind"], event["first_frame"]) for event in report["events"]]

    # Short

    def test_one_frame_is_a_picture_about_which_nothing_can_be_said(self):
        report = self.judge(self.made("one.mkv", "-frames:v", "1", *LOSSLESS), "unknown")
        self.assertEqual(report["source"]["frames"], 1)
        self.assertEqual(set(report["defects"].values()), {None})
        self.assertIsNone(report["measures"]["warp_error"]["value"])
        self.assertEqual([reason["kind"] for reason in report["reasons"]], ["too_few_samples"])

    def test_two_frames_are_compared(self):
        report = self.passes(self.made("two.mkv", "-frames:v", "2", *LOSSLESS))
        self.assertEqual(report["source"]["frames"], 2)
        self.assertIsNotNone(report["measures"]["warp_error"]["value"])

    def test_a_cut_on_the_last_frame_is_a_cut(self):
        self.made("last.mkv", "-f", "lavfi", "-i", "testsrc2=s=160x90:r=24:d=0.04",
                  "-filter_complex",
                  "[0:v]format=yuv420p[a];[1:v]format=yuv420p[b];[a][b]concat", *LOSSLESS)
        report = self.judge("last.mkv", "fail")
        self.assertEqual(self.found(report), [("cut", 48)])
        self.assertEqual(len(report["shots"]), 2)

    # Little to see

    def test_equal_frames_are_a_still_picture_and_no_freeze(self):
        report = self.passes(self.made("still.mkv", "-vf", "loop=47:1:0,trim=end_frame=48",
                                       *LOSSLESS))
        self.assertEqual(report["source"]["frames"], 48)
        self.assertEqual(report["measures"]["repeated_frames"]["value"], 1)
        self.assertEqual(report["measures"]["motion"]["value"], 0)
        self.assertAlmostEqual(report["min_coherence"], 1, places=6)

    def test_black_from_beginning_to_end_shows_nothing(self):
        self.ffmpeg("-f", "lavfi", "-i", "color=black:s=160x90:r=24:d=2", "black.mp4")
        report = self.judge("black.mp4", "fail")
        self.assertEqual(self.found(report), [("black", 0)])
        self.assertEqual(report["measures"]["black"]["value"], 1)
        # A flat picture has no descriptor: no similarity, and not a perfect one.
        self.assertEqual(set(report["similarities"]), {None})
        self.assertIsNone(report["overall_coherence"])
        self.assertTrue(any("flat picture" in note for note in report["notes"]), report["notes"])

    def test_a_change_of_scene_in_colour_alone_is_seen(self):
        # Luma is 128 everywhere and always, so flow has nothing to follow.
        flat = "format=yuv444p,lutyuv=y=128"
        self.passes(self.made("flat.mkv", "-vf", flat, *LOSSLESS))
        self.made("colours.mkv", "-f", "lavfi", "-i", "testsrc2=s=160x90:r=24:d=1",
                  "-filter_complex",
                  f"[0:v]trim=end_frame=24,{flat}[a];[1:v]{flat}[b];[a][b]concat", *LOSSLESS)
        report = self.judge("colours.mkv", "fail")
        self.assertEqual([frame for _, frame in self.found(report)], [24])

    # Odd sizes

    def test_a_row_a_column_and_a_dot(self):
        for name, size in (("row.mkv", "160:1"), ("column.mkv", "1:90"), ("dot.mkv", "1:1")):
            with self.subTest(name=name):
                report = self.judge(self.made(name, "-vf", f"scale={size},format=gbrp", *LOSSLESS),
                                    "pass")
                width, height = map(int, size.split(":"))
                self.assertEqual((report["source"]["width"], report["source"]["height"]),
                                 (width, height))

    def test_8k(self):
        self.made("8k.mkv", "-frames:v", "2", "-vf", "scale=7680:4320", "-c:v", "mjpeg", "-q:v", "4")
        report = self.passes("8k.mkv", "--fps", "24")
        self.assertEqual((report["source"]["width"], report["source"]["height"]), (7680, 4320))

    def test_bars_are_no_black_frames(self):
        for name, pad in (("letterbox.mkv", "160:160:0:35"), ("pillarbox.mkv", "240:90:40:0")):
            with self.subTest(name=name):
                report = self.passes(self.made(name, "-vf", f"pad={pad}", *LOSSLESS))
                self.assertEqual(report["measures"]["black"]["value"], 0)

    def test_a_turned_portrait_is_judged_as_it_is_shown(self):
        turned = self.passes(self.made("turned.mp4", "-c", "copy", "-metadata:s:v", "rotate=90"))
        self.assertEqual((turned["source"]["width"], turned["source"]["height"]), (90, 160))
        # ffmpeg turns the pixels where the flag is set. MP4 again, for its times are finer.
        self.ffmpeg("-i", "turned.mp4", "-c:v", "libx264", "-qp", "0", "upright.mp4")
        upright = self.passes("upright.mp4")
        for field in ("similarities", "measures", "defects"):
            self.assertEqual(turned[field], upright[field])

    # Odd rates

    def test_one_frame_a_second(self):
        clip = self.sample("slow.mp4", "--scene", "still-life", "--size", "160x90", "--fps", "1",
                           "--seconds", "5")
        self.assertEqual(self.judge(clip.name, "pass", "--fps", "1")["source"]["frames"], 5)

    def test_240_frames_a_second(self):
        clip = self.sample("fast.mp4", "--scene", "harbour", "--size", "96x64", "--fps", "240",
                           "--seconds", "1")
        self.assertEqual(self.passes(clip.name)["source"]["frames"], 240)

    def test_a_pause_in_a_variable_rate_is_no_missing_frame(self):
        # One frame stands for a second and a half; then the scene goes on where it was.
        report = self.passes(self.made("pause.mkv", "-vf", "setpts=PTS+gte(N\\,24)*1.5/TB",
                                       "-vsync", "vfr", *LOSSLESS))
        self.assertEqual(report["source"]["frames"], 48)
        self.assertGreater(report["shots"][-1]["end_s"], 3.4)

    def test_a_rate_that_halves_is_no_leap(self):
        # Every second frame of the second half is left out, and the others keep their times.
        self.passes(self.made("halves.mkv", "-vf", "select='lt(n,24)+eq(mod(n,2),0)'", "-vsync",
                              "vfr", *LOSSLESS))

    # Odd pixels

    def test_ten_bits(self):
        self.source()
        plain = self.passes("clip.mp4")
        ten = self.passes(self.made("ten.mp4", "-pix_fmt", "yuv420p10le", "-c:v", "libx264",
                                    "-crf", "12"))
        self.assertAlmostEqual(plain["overall_coherence"], ten["overall_coherence"], places=2)

    def test_transparency_changes_no_verdict(self):
        alpha = "format=yuva420p,geq=lum='lum(X,Y)':cb='cb(X,Y)':cr='cr(X,Y)':a='255*gt(X,40)'"
        for name, *flags in (
            ("alpha.webm", "-vf", alpha, "-c:v", "libvpx-vp9", "-b:v", "2M", "-deadline",
             "realtime", "-cpu-used", "8", "-auto-alt-ref", "0"),
            ("alpha.mov", "-vf", alpha, "-c:v", "png"),
            ("alpha.gif", "-vf", f"fps=12,{alpha},split[a][b];[a]palettegen[p];[b][p]paletteuse"),
        ):
            with self.subTest(name=name):
                self.passes(self.made(name, *flags))


class Repetition(ProgramTest):
    def test_two_runs_differ_in_their_times_alone(self):
        self.sample("clip.mp4", "--scene", "harbour", "--size", "160x90", "--fps", "24",
                    "--seconds", "2", "--defect", "flash@0.7", "--defect", "cut@1.4")
        one_core = {"preexec_fn": lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})}
        reports = []
        for options in (one_core, {}, {}):
            report = self.report(*FULL, "clip.mp4", status=1, **options)
            self.assertGreater(report.pop("timing_s")["total"], 0)
            reports.append(report)
        self.assertEqual(reports[0], reports[1], "one core and many")
        self.assertEqual(reports[1], reports[2], "many cores, twice")


if __name__ == "__main__":
    unittest.main()
