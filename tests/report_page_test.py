"""The page of `validate --html` in a real browser: it works, reads well and fits."""

import json
import unittest

import browser
from program import ProgramTest

IMAGES = '[...document.images].filter((image) => image.closest("main"))'


WITHOUT_BROWSER = "no chromium program, so nobody looks at the report page: apt-get install chromium"


@unittest.skipUnless(browser.PROGRAM, WITHOUT_BROWSER)
class ReportPage(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.browser = browser.Browser()
        cls.addClassCleanup(cls.browser.close)

    def page(self, *flags, clip="cut.mp4", status=1):
        """The page about a clip with a cut, and its report."""
        if not (self.folder / clip).exists():
            self.sample(clip, "--defect", "cut@1.5")
        out = self.succeed("validate", "--json", "--fps", "4", *flags, "--html", "page.html",
                           "--", clip, status=status)
        return self.folder / "page.html", json.loads(out)

    def test_shows_what_the_report_says_without_a_complaint(self):
        path, report = self.page()
        self.browser.open(path, 1280)
        value = self.browser.value
        self.assertEqual(value("document.querySelector('h1').innerText.toLowerCase()").split(),
                         [report["verdict"], "cut.mp4"])
        self.assertEqual(value("document.querySelectorAll('.reasons li').length"),
                         len(report["reasons"]))
        self.assertEqual(value("document.querySelectorAll('.film .sample').length"),
                         report["frame_count"])
        for id_ in ("timeline", "findings", "samples", "origin"):
            self.assertTrue(value(f"!!document.querySelector('section#{id_}')"), id_)
        self.assertIn(report["source"]["sha256"], value("document.body.innerText"))
        # The plots are drawn twice: as they stand, and so that they can be read.
        plots = value("document.querySelectorAll('[data-plot]').length")
        self.assertGreaterEqual(plots, 1)
        self.assertEqual(value("document.querySelectorAll('canvas').length"), plots)
        self.assertEqual(value("document.querySelectorAll('svg.trace path').length"), plots)
        value("document.querySelectorAll('img').forEach((image) => { image.loading = 'eager'; })")
        self.assertTrue(self.browser.wait_for(
            f"{IMAGES}.every((image) => image.complete && image.naturalWidth > 0)"))
        self.assertEqual(self.browser.complaints, [])

    def test_shows_what_looking_at_every_frame_gave(self):
        self.sample("broken.mp4", "--fps", "24", "--size", "160x90", "--defect", "flash@1",
                    "--defect", "cut@2.2")
        path, report = self.page("--profile", "full", clip="broken.mp4")
        kinds = [event["kind"] for event in report["events"]]
        self.assertEqual(kinds, ["flash", "cut"])
        self.assertTrue(report["flagged_frames"])
        for width in (390, 1280):
            with self.subTest(width=width):
                self.browser.open(path, width)
                value = self.browser.value
                count = lambda selector: value(f"document.querySelectorAll({selector!r}).length")
                shown = lambda selector: value(
                    f"[...document.querySelectorAll({selector!r})].map((e) => e.innerText.trim())")
                self.assertEqual(shown(".reasons .kind"), kinds)
                # A lane for each kind, a band for each event in each plot, a mark for the cut.
                self.assertEqual(sorted(shown(".rows .row:not(.plot) .label b")), sorted(kinds))
                plots = count("[data-plot]")
                self.assertGreaterEqual(plots, 5)
                self.assertEqual(count("canvas"), plots)
                self.assertEqual(count(".trace .band"), plots * len(kinds))
                self.assertEqual(count(".trace .shot"), plots * (len(report["shots"]) - 1))
                self.assertEqual(shown(".evidence tbody th"), list(report["defects"]))
                self.assertEqual(
                    [text.splitlines()[0] for text in shown(".measures tbody th")],
                    [name.replace("_", " ") for name in report["measures"]])
                # Each measure says what it means; each event is shown in five pictures.
                self.assertEqual(count(".measures th small:first-of-type"), len(report["measures"]))
                self.assertEqual(count(".finding"), len(kinds) + len(report["flagged_frames"]))
                self.assertEqual(count(".finding:first-of-type .strip img"), 5)
                # Between unlike samples: what differs, and how it moved.
                self.assertEqual(count(".film .between img"), 2 * len(report["flagged_frames"]))
                self.assertTrue(value("!!document.querySelector("
                                      "document.querySelector('.film .under a').hash)"))
                origin = value("document.getElementById('origin').innerText")
                for text in (report["embedder"]["digest"], "FFmpeg", "OpenCV"):
                    self.assertIn(text, origin)
                value("document.querySelectorAll('img').forEach((i) => { i.loading = 'eager'; })")
                self.assertTrue(self.browser.wait_for(
                    f"{IMAGES}.every((image) => image.complete && image.naturalWidth > 0)"))
                self.assertLessEqual(value("document.documentElement.scrollWidth"), width)
                self.assertEqual(value(browser.OVERFLOWING), [])
                self.assertEqual(self.browser.complaints, [])

    def test_a_time_leads_to_its_place_in_the_player(self):
        path, report = self.page()
        self.browser.open(path, 1280)
        self.assertTrue(self.browser.wait_for("document.getElementById('video').readyState > 0"))
        self.browser.value("document.querySelectorAll('.film .sample')[4].querySelector('a').click()")
        time = report["timestamps_s"][4]
        self.assertTrue(self.browser.wait_for(
            f"Math.abs(document.getElementById('video').currentTime - {time}) < 0.001"))
        self.assertAlmostEqual(float(self.browser.value("document.getElementById('scrub').value")),
                               time, places=2)
        # A click in the middle of a plot goes to the middle of the clip.
        self.browser.value("""(() => {
          const canvas = document.querySelector("canvas");
          const box = canvas.getBoundingClientRect();
          canvas.dispatchEvent(new PointerEvent("click", {
              clientX: box.left + box.width / 2, clientY: box.top + 5, bubbles: true}));
        })()""")
        self.assertTrue(self.browser.wait_for(
            "Math.abs(document.getElementById('video').currentTime - 1.5) < 0.05"))
        self.assertEqual(self.browser.complaints, [])

    def test_fits_a_phone_and_a_desk_and_can_be_read_by_night(self):
        self.sample("a-very-long-name-" + "x" * 80 + ".mp4", "--defect", "cut@1.5")
        path, _ = self.page(clip="a-very-long-name-" + "x" * 80 + ".mp4")
        for width in (360, 390, 800, 1280):
            for dark in (False, True):
                with self.subTest(width=width, dark=dark):
                    self.browser.open(path, width, dark=dark)
                    self.assertLessEqual(
                        self.browser.value("document.documentElement.scrollWidth"), width)
                    self.assertEqual(self.browser.value(browser.OVERFLOWING), [])
                    self.assertEqual(self.browser.value(browser.FAINT_TEXTS), [])

    def test_says_everything_without_a_script(self):
        path, report = self.page()
        self.browser.open(path, 1280, scripts=False)
        self.assertEqual(self.browser.value("document.querySelectorAll('canvas').length"), 0)
        self.assertEqual(self.browser.value(
            "getComputedStyle(document.querySelector('svg.trace .line')).visibility"), "visible")
        link = self.browser.value(
            "document.querySelectorAll('.film .sample')[1].querySelector('a').getAttribute('href')")
        # Never before the frame, or the one before it would be shown.
        target, _, time = link.partition("#t=")
        self.assertEqual(target, "./cut.mp4")
        self.assertGreaterEqual(float(time), report["timestamps_s"][1])
        self.assertLess(float(time), report["timestamps_s"][1] + 0.0011)
        self.assertEqual(self.browser.value(
            "[...document.querySelectorAll('.with-script')].filter((e) => e.offsetParent).length"), 0)

    def test_has_names_for_those_who_do_not_see_it(self):
        path, _ = self.page()
        self.browser.open(path, 1280)
        unnamed = self.browser.value(
            "[...document.querySelectorAll('img:not([alt]), svg[role=img]:not([aria-label]), "
            "section:not([aria-label]):not([aria-labelledby]), th:not([scope])')]"
            ".map((e) => e.outerHTML.slice(0, 80))")
        self.assertEqual(unnamed, [])
        self.assertTrue(self.browser.value(
            "[...document.querySelectorAll('[aria-labelledby], label[for]')].every((e) =>"
            " document.getElementById(e.getAttribute('aria-labelledby') ?? e.htmlFor))"))
        self.assertTrue(self.browser.value(
            "[...document.querySelectorAll('nav a')].every((a) => document.querySelector(a.hash))"))
        # One h1, and no level left out.
        levels = self.browser.value(
            "[...document.querySelectorAll('h1, h2, h3, h4')].map((e) => Number(e.tagName[1]))")
        self.assertEqual(levels[0], 1)
        self.assertEqual(levels.count(1), 1)
        self.assertTrue(all(b <= a + 1 for a, b in zip(levels, levels[1:])), levels)
        self.assertEqual(self.browser.value("document.documentElement.lang"), "en")

    def test_carries_the_clip_inside_when_asked(self):
        path, _ = self.page("--embed-video")
        (self.folder / "cut.mp4").unlink()
        alone = self.home / "alone.html"
        path.rename(alone)
        self.browser.open(alone, 1280)
        self.assertTrue(self.browser.wait_for("document.getElementById('video').readyState > 0"))
        self.browser.value("document.querySelectorAll('.film .sample')[2].querySelector('a').click()")
        self.assertTrue(self.browser.wait_for("document.getElementById('video').currentTime > 0.5"))
        self.assertEqual(self.browser.complaints, [])

    def test_says_that_the_player_has_nothing_to_show(self):
        path, _ = self.page()
        (self.folder / "cut.mp4").unlink()
        self.browser.open(path, 1280)
        self.assertTrue(self.browser.wait_for(
            "!document.getElementById('player-trouble').hidden"))

    def test_shows_an_animation_as_a_picture(self):
        self.sample("cut.mp4", "--defect", "cut@1.5")
        self.ffmpeg("-i", "cut.mp4", "cut.gif")
        path, _ = self.page(clip="cut.gif")
        self.browser.open(path, 1280)
        self.assertTrue(self.browser.wait_for(
            "document.querySelector('img.screen').naturalWidth === 128"))
        self.assertEqual(self.browser.value("document.querySelectorAll('[data-t]').length"), 0)
        self.assertEqual(self.browser.complaints, [])

    def test_shows_clips_with_little_to_show(self):
        self.sample("clip.mp4")
        for name, status, *flags in (("one.mkv", 1, "-frames:v", "1"),
                                     ("row.mkv", 0, "-vf", "scale=128:1,format=gbrp"),
                                     ("black.mkv", 1, "-vf", "lutyuv=16:128:128")):
            self.ffmpeg("-i", "clip.mp4", *flags, "-c:v", "ffv1", name)
            path, report = self.page(clip=name, status=status)
            with self.subTest(name=name):
                self.browser.open(path, 390)
                # Chromium plays no FFV1, and says so on the page.
                self.assertTrue(self.browser.wait_for(
                    "!document.getElementById('player-trouble').hidden"))
                value = self.browser.value
                self.assertIn(report["verdict"],
                              value("document.querySelector('h1').innerText.toLowerCase()"))
                self.assertEqual(value("document.querySelectorAll('.evidence tbody tr').length"), 10)
                value("document.querySelectorAll('img').forEach((i) => { i.loading = 'eager'; })")
                self.assertTrue(self.browser.wait_for(
                    f"{IMAGES}.every((image) => image.complete && image.naturalWidth > 0)"))
                self.assertEqual(value(browser.OVERFLOWING), [])
                self.assertEqual(self.browser.complaints, [])

    def test_shows_any_file_name(self):
        source = self.sample("plain.mp4", "--defect", "cut@1.5").read_bytes()
        name = "a<b>&\"'#? 100%:münchen.mp4"
        (self.folder / name).write_bytes(source)
        path, _ = self.page(clip=name)
        self.browser.open(path, 390)
        self.assertIn(name, self.browser.value("document.querySelector('h1').textContent"))
        self.assertTrue(self.browser.wait_for("document.getElementById('video').readyState > 0"))
        self.assertEqual(self.browser.complaints, [])


if __name__ == "__main__":
    if not browser.PROGRAM:
        print(f"OK (skipped=all): {WITHOUT_BROWSER}")  # which ctest counts as skipped
    else:
        unittest.main()
