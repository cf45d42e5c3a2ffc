"""What must not change a verdict: another encoding, another size, a mirror, the other direction of
time. Every variant is made by ffmpeg from the same rendered clip."""

import json
import unittest

from program import ProgramTest

FPS, SECONDS = 24, 4
LOSSLESS = ("-c:v", "ffv1")
H264 = ("-c:v", "libx264", "-preset", "veryfast")
VARIANTS = {
    "encoded again": (*H264, "-crf", "28"),
    "half the size": ("-vf", "scale=iw/2:-2", *H264, "-crf", "16"),
    "larger": ("-vf", "scale=iw*3/2:-2", *H264, "-crf", "16"),
    "in a mirror": ("-vf", "hflip", *LOSSLESS),
    "upside down": ("-vf", "vflip", *LOSSLESS),
    "backwards": ("-vf", "reverse", *LOSSLESS),
}


class Invariance(ProgramTest):
    def source(self, *defects):
        flags = [word for defect in defects for word in ("--defect", defect)]
        return self.sample("source.mp4", "--scene", "harbour", "--size", "320x180", "--fps", str(FPS),
                           "--seconds", str(SECONDS), *flags)

    def judged(self, name):
        code, out, err = self.run_program("validate", "--json", "--", name)
        self.assertEqual((code in (0, 1), err), (True, ""))
        return json.loads(out)

    def variant(self, name):
        self.ffmpeg("-i", "source.mp4", *VARIANTS[name], "variant.mkv")
        return self.judged("variant.mkv")

    def value(self, report, measure):
        return report["measures"][measure]["value"]

    def test_sound_stays_sound(self):
        self.source()
        plain = self.judged("source.mp4")
        self.assertEqual(plain["verdict"], "pass")
        for name in VARIANTS:
            with self.subTest(name):
                report = self.variant(name)
                self.assertEqual((report["verdict"], report["events"]), ("pass", []))
                self.assertAlmostEqual(self.value(report, "neighbour_similarity"),
                                       self.value(plain, "neighbour_similarity"), delta=0.01)

    def found_at_their_moment(self, *defects):
        self.source(*(f"{kind}@{start_s}:heavy" for kind, start_s in defects))
        for name in VARIANTS:
            found = self.variant(name)["events"]
            for kind, start_s in defects:
                with self.subTest(f"{kind}, {name}"):
                    events = [event for event in found if event["kind"] == kind]
                    self.assertTrue(events, f"{kind} is gone; found: {found}")
                    event = max(events, key=lambda one: one["score"])
                    # Backwards, its end is where it began.
                    moment = SECONDS - event["end_s"] if name == "backwards" else event["start_s"]
                    self.assertAlmostEqual(moment, start_s, delta=0.25)

    def test_flicker_noise_and_cuts_are_found_in_every_variant(self):
        self.found_at_their_moment(("flicker", 0.75), ("noise", 1.75), ("cut", 3))

    def test_flashes_leaps_and_black_are_found_in_every_variant(self):
        self.found_at_their_moment(("flash", 0.75), ("jump", 1.75), ("black", 2.5))

    def test_measures_that_know_no_side_and_no_direction_say_the_same(self):
        self.source()
        self.ffmpeg("-i", "source.mp4", *LOSSLESS, "plain.mkv")
        plain = self.judged("plain.mkv")
        for name in ("in a mirror", "upside down", "backwards"):
            with self.subTest(name):
                report = self.variant(name)
                # A mean over pixels of differences of neighbours: sums in another order.
                self.assertAlmostEqual(self.value(report, "temporal_flickering"),
                                       self.value(plain, "temporal_flickering"), delta=1e-6)
                # Optical flow starts at the top left, and so is not exactly symmetric.
                ratio = self.value(report, "warp_error") / self.value(plain, "warp_error")
                self.assertTrue(0.8 < ratio < 1.25, ratio)


if __name__ == "__main__":
    unittest.main()
