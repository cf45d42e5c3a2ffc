"""The program does what its help says, over good input."""

import base64
import json
import os
import struct
import subprocess
import unittest

from program import PROGRAM, TINY_MODEL, ProgramTest, check_error, check_report



def read_npy(path):
    """Rows of a float32 .npy file, by the format's own description."""
    data = path.read_bytes()
    assert data[:8] == b"\x93NUMPY\x01\x00"
    (header_length,) = struct.unpack_from("<H", data, 8)
    assert (10 + header_length) % 64 == 0
    header = eval(data[10:10 + header_length], {"__builtins__": {}})  # a Python dict by definition
    assert header["descr"] == "<f4" and header["fortran_order"] is False
    rows, columns = header["shape"]
    numbers = struct.unpack_from(f"<{rows * columns}f", data, 10 + header_length)
    assert len(data) == 10 + header_length + 4 * rows * columns
    return [numbers[i * columns:(i + 1) * columns] for i in range(rows)]


class Validate(ProgramTest):
    def test_passes_a_sound_clip_and_fails_a_cut(self):
        self.sample("sound.mp4")
        self.sample("cut.mp4", "--defect", "cut@1.5")
        sound = self.report("sound.mp4")
        self.assertEqual(sound["verdict"], "pass")
        self.assertEqual(sound["frame_count"], 3)
        self.assertEqual(sound["source"]["frames"], 36)
        self.assertEqual(sound["events"], [])
        self.assertGreater(sound["measures"]["temporal_flickering"]["value"], 0.9)
        cut = self.report("cut.mp4", status=1)
        self.assertEqual([(r["kind"], r["start_s"]) for r in cut["reasons"]], [("cut", 1.5)])
        self.assertEqual([event["first_frame"] for event in cut["events"]], [18])
        self.assertEqual([shot["start_s"] for shot in cut["shots"]], [0, 1.5])

    def test_measures_more_where_there_is_more_damage(self):
        for measure, kind in (("gain_jumps", "flicker"), ("block_damage", "corruption"),
                              ("exposure_drift", "drift"), ("motion_leap", "jump")):
            values = []
            for defect in ([], ["--defect", f"{kind}@1.2:light"], ["--defect", f"{kind}@1.2:heavy"]):
                name = f"{kind}{len(values)}.mp4"
                self.sample(name, "--size", "320x180", "--seed", "3", *defect)
                status, out, err = self.run_program("validate", "--json", name)
                self.assertIn((status, err), [(0, ""), (1, "")])
                values.append(json.loads(out)["measures"][measure]["value"])
            self.assertLess(values[0], values[1], measure)
            self.assertLess(values[1], values[2], measure)

    def test_says_how_near_a_clip_comes_to_its_prompt(self):
        self.sample("sound.mp4")
        report = self.report("--fps", "2", "--model", TINY_MODEL, "--precision", "f32", "--prompt",
                             "a photo of a cat", "--versus", "a dog", "--versus", "red",
                             "sound.mp4")
        adherence = report["measures"]["prompt_adherence"]
        self.assertEqual(adherence["prompt"], "a photo of a cat")
        self.assertIn("relative", adherence["unit"])
        times, cosines = zip(*adherence["curve"])
        self.assertEqual(list(times), report["timestamps_s"])
        self.assertAlmostEqual(adherence["value"], sum(cosines) / len(cosines), 12)
        self.assertEqual([m["value"] for m in adherence["moments"]], sorted(cosines)[:3])
        self.assertEqual([other["text"] for other in adherence["alternatives"]], ["a dog", "red"])
        shares = [other["probability"] for other in adherence["alternatives"]]
        self.assertAlmostEqual(sum(shares) + adherence["detail"]["probability"], 1, 6)
        # The rows that `embed` gives say the same.
        listed = json.loads(self.succeed("embed", "--fps", "2", "--model", TINY_MODEL, "--precision",
                                         "f32", "--text", "a photo of a cat", "sound.mp4"))
        *rows, text = [each["embedding"] for each in listed["embeddings"]]
        for row, cosine in zip(rows, cosines, strict=True):
            self.assertAlmostEqual(sum(a * b for a, b in zip(row, text)), cosine, 5)

    def test_says_what_it_does_not_read_of_a_prompt_and_that_gist_reads_none(self):
        self.sample("sound.mp4")
        report = self.report("--prompt", "cat " * 100, "--model", TINY_MODEL, "sound.mp4")
        self.assertTrue(any("the model reads 77" in note for note in report["notes"]))
        report = self.report("--prompt", "a cat", "sound.mp4")
        self.assertIsNone(report["measures"]["prompt_adherence"]["value"])
        self.assertIn("prompt_adherence: gist-512 knows no texts: a CLIP model does (its flag, or VIDEOGEN_MODEL)",
                      report["notes"])
        self.assertNotIn("prompt_adherence", self.report("sound.mp4")["measures"])
        self.assertIn("  prompt    not measured: gist-512 knows no texts",
                      self.succeed("validate", "--prompt", "a cat", "sound.mp4"))
        self.assertIn("prompt    cosine", self.succeed("validate", "--prompt", "a cat", "--model",
                                                       TINY_MODEL, "sound.mp4"))

    def test_refuses_prompts_that_cannot_be_measured(self):
        self.refuse(2, "--versus needs .* --prompt", "validate", "--versus", "a dog", "x.mp4")
        self.refuse(2, "--prompt has no words", "validate", "--prompt", " ", "x.mp4")
        self.refuse(2, "--prompt belongs to --profile full", "validate", "--prompt", "a", "--profile",
                    "quick", "x.mp4")
        self.refuse(2, "--compat vebnch: must be vbench", "validate", "--compat", "vebnch", "x.mp4")

    def test_gives_the_number_of_vbench_when_asked_for_it(self):
        self.sample("sound.mp4", "--seconds", "1")
        self.assertNotIn("background_consistency", self.report("sound.mp4")["measures"])
        report = self.report("--compat", "vbench", "--model", TINY_MODEL, "--precision", "f32",
                             "sound.mp4")
        value = report["measures"]["background_consistency"]["value"]
        self.assertTrue(0 < value <= 1, value)
        self.assertIn(f"  vbench    background consistency {value:.4f}\n", self.succeed(
            "validate", "--compat", "vbench", "--model", TINY_MODEL, "--precision", "f32",
            "sound.mp4"))
        self.assertTrue(any("VBench's tables were made with" in note for note in report["notes"]))
        report = self.report("--compat", "vbench", "sound.mp4")
        self.assertIsNone(report["measures"]["background_consistency"]["value"])
        self.assertTrue(any("background_consistency: VBench's formula is over CLIP" in note
                            for note in report["notes"]))

    def test_judges_by_samples_alone_when_asked_to_be_quick(self):
        self.sample("sound.mp4")
        self.sample("cut.mp4", "--defect", "cut@1.5")
        sound = self.report("--profile", "quick", "sound.mp4")
        self.assertEqual(sound["verdict"], "pass")
        self.assertIsNone(sound["measures"])
        # The cut lies between the samples at 1.4 and 1.5 s of 12 a second.
        cut = self.report("--profile", "quick", "--fps", "12", "cut.mp4", status=1)
        self.assertEqual(cut["verdict"], "fail")
        self.assertEqual([pair[:2] for pair in cut["flagged_frames"]], [[17, 18]])
        self.assertEqual(cut["reasons"][0]["kind"], "flagged_pair")
        self.assertLessEqual(cut["reasons"][0]["start_s"], 1.5)
        self.assertGreaterEqual(cut["reasons"][0]["end_s"], 1.5)

    def test_takes_a_lone_cut_for_meant_in_multi_shot(self):
        self.sample("cut.mp4", "--defect", "cut@1.5")
        report = self.report("--fps", "12", "--multi-shot", "cut.mp4")
        self.assertTrue(report["multi_shot"])
        self.assertEqual(report["flagged_frames"], [])
        self.assertTrue(any("taken for a cut" in note for note in report["notes"]))

    def test_knows_nothing_of_a_clip_too_short_and_its_advice_helps(self):
        self.sample("short.mp4", "--seconds", "0.4")
        full = self.report("short.mp4")  # every frame was looked at
        self.assertEqual((full["verdict"], full["frame_count"]), ("pass", 0))
        self.assertIsNone(full["overall_coherence"])
        report = self.report("--profile", "quick", "short.mp4", status=1)
        self.assertEqual((report["verdict"], report["frame_count"]), ("unknown", 0))
        self.assertIsNone(report["overall_coherence"])
        message = report["reasons"][0]["message"]
        rate = message.rpartition("--fps ")[2]
        judged = self.report("--profile", "quick", "--fps", rate, "short.mp4")
        self.assertGreaterEqual(judged["frame_count"], 2, message)

    def test_samples_the_frames_that_ffmpeg_samples(self):
        self.sample("clip.mp4", "--fps", "24")
        self.ffmpeg("-i", "clip.mp4", "-vf", "fps=5/2", "-fps_mode", "passthrough", "-pix_fmt",
                    "rgb24", "-f", "framemd5", "frames.md5")
        lines = [line for line in (self.folder / "frames.md5").read_text().splitlines()
                 if not line.startswith("#")]
        for rate in ("2.5", "5/2"):
            self.assertEqual(self.report("--fps", rate, "clip.mp4")["frame_count"], len(lines))

    def test_gives_the_same_report_twice_but_for_its_timing(self):
        self.sample("clip.mp4")
        for rate in ("12", "auto"):
            first, second = (self.report("--fps", rate, "clip.mp4") for _ in range(2))
            del first["timing_s"], second["timing_s"]
            self.assertEqual(first, second)

    def test_samples_a_clip_as_densely_as_it_needs(self):
        self.sample("short.mp4", "--seconds", "1")
        self.sample("eight.mp4", "--seconds", "8")
        short = self.report("--profile", "quick", "--fps", "auto", "short.mp4")
        self.assertEqual((short["verdict"], short["frame_count"]), ("pass", 12))  # all there are
        eight = self.report("--profile", "quick", "--fps", "auto", "eight.mp4")
        self.assertEqual((eight["sampling"]["fps"], eight["frame_count"]), (2, 16))
        self.assertEqual(eight["sampling"]["mode"], "auto")
        self.assertTrue(any(note.startswith("--fps auto took 2 samples a second for 8 s")
                            for note in eight["notes"]))

    def test_looks_closer_where_there_is_doubt(self):
        self.sample("cut.mp4", "--defect", "cut@1.5", "--seconds", "8")
        for profile in ("quick", "full"):
            report = self.report("--profile", profile, "--fps", "auto", "cut.mp4", status=1)
            around = [one for one in report["sampling"]["refined"]
                      if one["start_s"] < 1.5 <= one["end_s"]]
            self.assertEqual(len(around), 1)
            self.assertGreater(around[0]["samples"], 0)
            # Half a second lies between samples of the base rate, a frame between these.
            [(first, second, _)] = report["flagged_frames"]
            times = report["timestamps_s"]
            self.assertLess(times[first], 1.5)
            self.assertGreaterEqual(times[second], 1.5)
            self.assertLess(times[second] - times[first], 0.1)
            added = sum(one["samples"] for one in report["sampling"]["refined"])
            self.assertEqual(report["frame_count"], 16 + added)

    def test_measures_samples_at_the_rate_that_a_clip_needs_as_if_it_had_been_named(self):
        self.sample("cut.mp4", "--defect", "cut@1.5", "--seconds", "8", "--size", "160x96")
        flags = ["--model", TINY_MODEL, "--prompt", "a cat", "--versus", "a dog", "--compat",
                 "vbench", "cut.mp4"]
        automatic = self.report("--fps", "auto", *flags, status=1)
        named = self.report("--fps", "2", *flags, status=1)
        self.assertGreater(automatic["frame_count"], named["frame_count"])
        self.assertIn("prompt_adherence", named["measures"])
        for field in ("measures", "defects", "events", "shots"):
            self.assertEqual(automatic[field], named[field])

    def test_is_honest_about_a_clip_of_one_frame(self):
        self.sample("clip.mp4")
        self.ffmpeg("-i", "clip.mp4", "-frames:v", "1", "frame.mp4")
        report = self.report("--fps", "auto", "frame.mp4", status=1)
        self.assertEqual((report["verdict"], report["frame_count"]), ("unknown", 1))
        self.assertIn("the clip has a single frame", report["reasons"][0]["message"])

    def test_gives_a_clip_the_same_numbers_alone_and_in_company(self):
        self.sample("a.mp4", "--seed", "1")
        self.sample("b.mp4", "--seed", "2", "--scene", "harbour")
        out = self.succeed("validate", "--json", "--fps", "6", "a.mp4", "b.mp4", "a.mp4")
        together = [json.loads(line) for line in out.splitlines()]
        self.assertEqual([r["source"]["uri"] for r in together], ["a.mp4", "b.mp4", "a.mp4"])
        alone = [self.report("--fps", "6", name) for name in ("a.mp4", "b.mp4", "a.mp4")]
        for one, other in zip(together, alone):
            check_report(one)
            del one["timing_s"], other["timing_s"]
            self.assertEqual(one, other)

    def test_gives_each_of_several_clips_its_own_rate(self):
        self.sample("a.mp4", "--seconds", "8")
        self.sample("b.mp4", "--seconds", "1")
        out = self.succeed("validate", "--json", "--fps", "auto", "a.mp4", "b.mp4")
        self.assertEqual([json.loads(line)["sampling"]["fps"] for line in out.splitlines()], [2, 12])
        code, out, err = self.run_program("validate", "--json", "--fps", "auto", "missing.mp4", "a.mp4")
        self.assertEqual(code, 4)
        self.assertEqual(len(out.splitlines()), 2)

    def test_reads_standard_input_from_a_pipe_and_from_a_file(self):
        clip = self.sample("clip.mp4")
        named = self.report("clip.mp4")
        piped = self.report("-", stdin=clip.read_bytes())
        with clip.open("rb") as file:
            redirected = json.loads(
                subprocess.run([PROGRAM, "validate", "--json", "-"], stdin=file, check=True,
                               stdout=subprocess.PIPE, env=self.environment).stdout)
        for report in (piped, redirected):
            self.assertEqual(report["source"].pop("uri"), "-")
            del report["timing_s"]
        del named["timing_s"], named["source"]["uri"]
        self.assertEqual(piped, named)
        self.assertEqual(redirected, named)

    def test_takes_a_folders_videos_by_name(self):
        (self.folder / "clips").mkdir()
        self.sample("clips/b.mp4")
        self.sample("clips/a.mp4")
        (self.folder / "clips/notes.txt").write_text("no video")
        (self.folder / "clips/inner").mkdir()
        out = self.succeed("validate", "--json", "clips")
        self.assertEqual([json.loads(line)["source"]["uri"] for line in out.splitlines()],
                         ["clips/a.mp4", "clips/b.mp4"])

    def test_goes_on_after_a_bad_input_and_keeps_the_order(self):
        self.sample("good.mp4")
        (self.folder / "bad.mp4").write_text("no video at all")
        code, out, err = self.run_program("validate", "--json", "missing.mp4", "good.mp4",
                                          "bad.mp4", "good.mp4")
        documents = [json.loads(line) for line in out.splitlines()]
        self.assertEqual([d["schema"] for d in documents],
                         ["videogen.error/1", "videogen.report/1"] * 2)
        check_error(documents[0])
        check_report(documents[1])
        check_error(documents[2])
        self.assertEqual(len(err.splitlines()), 2)
        self.assertEqual(code, 3)  # bad input weighs more than a missing one

    def test_says_the_verdict_first(self):
        self.sample("cut.mp4", "--defect", "cut@1.5")
        code, out, _ = self.run_program("validate", "cut.mp4")
        self.assertEqual((code, out.splitlines()[0]), (1, "FAIL  cut.mp4"))
        self.assertEqual(out.splitlines()[1],
                         "  the scene changes at 1.5 s (if that is meant: --multi-shot)")
        code, out, _ = self.run_program("validate", "--profile", "quick", "--fps", "4", "cut.mp4")
        self.assertEqual(code, 1)
        lines = out.splitlines()
        self.assertEqual(lines[0], "FAIL  cut.mp4")
        self.assertIn("--multi-shot", lines[1])
        self.assertRegex(lines[2], r"^    1\.\d+ s → 1\.\d+ s +0\.\d+$")
        self.assertRegex(out, "[▁▂▃▄▅▆▇█]")
        self.assertNotIn("\x1b", out)
        ascii_out = self.run_program("validate", "cut.mp4", environment={"LC_ALL": "C"})[1]
        self.assertTrue(ascii_out.isascii())

    def test_is_quiet_when_asked(self):
        self.sample("clip.mp4")
        self.assertEqual(self.succeed("validate", "--quiet", "clip.mp4"), "")
        self.assertEqual(self.succeed("validate", "--quiet", "--threshold", "1", "clip.mp4", status=1), "")
        check_report(json.loads(self.succeed("validate", "--quiet", "--json", "clip.mp4")))

    def test_judges_with_clip_where_a_model_is_named(self):
        self.sample("clip.mp4")
        flag = self.report("--model", str(TINY_MODEL), "clip.mp4")
        variable = self.report("clip.mp4", environment={"VIDEOGEN_MODEL": str(TINY_MODEL)})
        self.assertEqual((flag["embedder"]["name"], flag["embedder"]["why"]), ("clip", "--model"))
        self.assertEqual(variable["embedder"]["why"], "VIDEOGEN_MODEL")
        self.assertEqual(flag["similarities"], variable["similarities"])
        gist = self.report("--embedder", "gist", "clip.mp4",
                           environment={"VIDEOGEN_MODEL": str(TINY_MODEL)})
        self.assertEqual((gist["embedder"]["name"], gist["embedder"]["why"]),
                         ("gist", "--embedder gist"))


class Page(ProgramTest):
    def test_writes_the_report_as_a_page_beside_the_text(self):
        self.sample("clip.mp4")
        out = self.succeed("validate", "clip.mp4", "--html", "page.html")
        self.assertTrue(out.startswith("PASS  clip.mp4"))
        page = (self.folder / "page.html").read_text()
        self.assertIn('<body class="pass">', page)
        self.assertEqual(page.count("data:image/jpeg;base64,"), 3)
        self.assertIn('src="./clip.mp4"', page)
        self.assertEqual(self.files(), ["work/clip.mp4", "work/page.html"])

    def test_replaces_an_older_page_and_nothing_else(self):
        clip = self.sample("clip.mp4").read_bytes()
        self.succeed("validate", "--quiet", "clip.mp4", "--html", "page.html")
        first = (self.folder / "page.html").read_text()
        self.succeed("validate", "--quiet", "--fps", "2", "clip.mp4", "--html", "page.html")
        self.assertNotEqual((self.folder / "page.html").read_text(), first)
        (self.folder / "other.mp4").write_bytes(clip)
        self.refuse(2, "other.mp4: the file is there", "validate", "clip.mp4", "--html", "other.mp4")
        self.assertEqual((self.folder / "other.mp4").read_bytes(), clip)

    def test_links_from_where_the_page_is_or_holds_the_clip(self):
        clip = self.sample("clip.mp4").read_bytes()
        (self.folder / "pages").mkdir()
        self.succeed("validate", "--quiet", "clip.mp4", "--html", "pages/page.html")
        self.assertIn('src="../clip.mp4"', (self.folder / "pages/page.html").read_text())
        held = base64.b64encode(clip).decode()
        for source, stdin in (("clip.mp4", None), ("-", clip)):
            self.succeed("validate", "--quiet", source, "--html", "held.html", "--embed-video",
                         stdin=stdin)
            self.assertIn(f"data:video/mp4;base64,{held}", (self.folder / "held.html").read_text())
        self.succeed("validate", "--quiet", "-", "--html", "pipe.html", stdin=clip)
        self.assertIn("--embed-video", (self.folder / "pipe.html").read_text())

    def test_is_refused_before_the_work_where_it_cannot_be_written(self):
        self.sample("clip.mp4")
        self.sample("other.mp4")
        page = ["--html", "page.html"]
        self.refuse(2, "2 are named", "validate", "clip.mp4", "other.mp4", *page)
        self.refuse(2, "--html FILE", "validate", "clip.mp4", "--embed-video")
        self.refuse(2, "needs a file", "validate", "clip.mp4", "--html", "-")
        self.refuse(2, "empty name", "validate", "clip.mp4", "--html", "")
        self.refuse(2, "is a folder", "validate", "clip.mp4", "--html", ".")
        self.refuse(4, "no folder", "validate", "clip.mp4", "--html", "none/page.html")
        self.refuse(4, "missing.mp4", "validate", "missing.mp4", *page)
        self.assertEqual(self.files(), ["work/clip.mp4", "work/other.mp4"])


class Settings(ProgramTest):
    def test_flags_go_before_the_environment_and_that_before_the_file(self):
        self.sample("clip.mp4")
        (self.folder / "settings.toml").write_text("[validate]\nfps = 2\nthreshold = 0.1\n")
        file = ["--config", "settings.toml"]
        variable = {"VIDEOGEN_FPS": "4"}
        rates = [
            self.report("clip.mp4"),
            self.report(*file, "clip.mp4"),
            self.report(*file, "clip.mp4", environment=variable),
            self.report(*file, "--fps", "6", "clip.mp4", environment=variable),
        ]
        self.assertEqual([r["sampling"]["fps"] for r in rates], [1, 2, 4, 6])
        self.assertEqual([r["threshold"] for r in rates], [0.85, 0.1, 0.1, 0.1])

    def test_the_report_says_where_its_embedder_was_asked_for(self):
        self.sample("clip.mp4")
        (self.folder / "gist.toml").write_text("[validate]\nembedder = 'gist'\n")
        (self.folder / "clip.toml").write_text(f"[validate]\nmodel = '{TINY_MODEL}'\n")
        for why, flags, environment in (
            ("--embedder gist", ["--embedder=gist"], {}),
            ("VIDEOGEN_EMBEDDER gist", [], {"VIDEOGEN_EMBEDDER": "gist"}),
            ("gist.toml: embedder gist", ["--config", "gist.toml"], {}),
            ("clip.toml: model", ["--config", "clip.toml"], {}),
            ("VIDEOGEN_MODEL", ["--config", "clip.toml"], {"VIDEOGEN_MODEL": str(TINY_MODEL)}),
            ("no CLIP model found", [], {}),
        ):
            report = self.report(*flags, "clip.mp4", environment=environment)
            self.assertEqual(report["embedder"]["why"], why)

    def test_the_environment_can_name_the_file(self):
        self.sample("clip.mp4")
        (self.folder / "settings.toml").write_text("[validate]\nmulti-shot = true\n")
        environment = {"VIDEOGEN_CONFIG": "settings.toml"}
        self.assertTrue(self.report("clip.mp4", environment=environment)["multi_shot"])
        self.assertFalse(
            self.report("--single-shot", "clip.mp4", environment=environment)["multi_shot"])


class Names(ProgramTest):
    def test_any_file_name_can_be_judged(self):
        source = self.sample("plain.mp4").read_bytes()
        for name in ("with space.mp4", "-dash.mp4", "--json", "münchen-東京.mp4", "new\nline.mp4",
                     "[a,b].mp4", "[list]", "per%d cent.mp4", "co:lon.mp4", "file:x.mp4",
                     "concat:a|b.mp4", "embed", "'quoted\".mp4", "#hash?.mp4", "no extension"):
            (self.folder / name).write_bytes(source)
            with self.subTest(name=name):
                self.assertEqual(self.report("--", name)["source"]["uri"], name)

    def test_a_name_that_is_not_utf8_is_shown_harmlessly(self):
        source = self.sample("plain.mp4").read_bytes()
        name = os.fsdecode(b"caf\xe9.mp4")
        (self.folder / name).write_bytes(source)
        report = json.loads(self.succeed("validate", "--json", name))
        self.assertEqual(report["source"]["uri"], "caf\ufffd.mp4")
        self.assertIn("caf\\xe9.mp4", self.succeed("validate", name))


class Embed(ProgramTest):
    def test_writes_rows_that_agree_in_both_formats(self):
        self.sample("clip.mp4")
        self.ffmpeg("-i", "clip.mp4", "-frames:v", "1", "still.png")
        self.ffmpeg("-i", "clip.mp4", "-frames:v", "1", "still.jpg")
        inputs = ["still.png", "clip.mp4", "still.jpg"]
        self.succeed("embed", "--fps", "2", *inputs, "-o", "rows.npy")
        rows = read_npy(self.folder / "rows.npy")
        document = json.loads(self.succeed("embed", "--fps", "2", *inputs))
        self.assertEqual(document["schema"], "videogen.embeddings/1")
        items = document["embeddings"]
        self.assertEqual([item["kind"] for item in items], ["picture"] + ["clip"] * 6 + ["picture"])
        self.assertIsNone(items[0]["time_s"])
        self.assertEqual([item["time_s"] for item in items[1:-1]],
                         sorted(item["time_s"] for item in items[1:-1]))
        single = struct.Struct("<f")
        for row, item in zip(rows, items, strict=True):
            # JSON holds the fewest digits that give the same float32 back.
            again = [single.unpack(single.pack(x))[0] for x in item["embedding"]]
            self.assertEqual(list(row), again)
            self.assertAlmostEqual(sum(x * x for x in row), 1, places=5)
        # PNG and JPEG of one frame are nearly the same picture.
        self.assertGreater(sum(a * b for a, b in zip(rows[0], rows[-1])), 0.97)

    def test_agrees_with_what_validate_compares(self):
        self.sample("clip.mp4")
        rows = [item["embedding"] for item in
                json.loads(self.succeed("embed", "clip.mp4"))["embeddings"]]
        for (a, b), similarity in zip(zip(rows, rows[1:]), self.report("clip.mp4")["similarities"]):
            self.assertAlmostEqual(sum(x * y for x, y in zip(a, b)), similarity, places=6)

    def test_embeds_texts_and_pictures_in_one_space(self):
        expected = json.loads((TINY_MODEL / "expected.json").read_text())
        text = expected["texts"][0]
        document = json.loads(self.succeed("embed", "--model", str(TINY_MODEL), "--precision", "f32",
                                           "--text", text["text"], "--text", "[a, b]"))
        self.assertEqual([item["input"] for item in document["embeddings"]], [text["text"], "[a, b]"])
        for ours, theirs in zip(document["embeddings"][0]["embedding"], text["embedding"],
                                strict=True):
            self.assertAlmostEqual(ours, theirs, delta=1e-5)

    def test_says_that_a_flat_picture_has_no_descriptor(self):
        self.ffmpeg("-f", "lavfi", "-i", "color=gray:s=64x64", "-frames:v", "1", "flat.png")
        (item,) = json.loads(self.succeed("embed", "flat.png"))["embeddings"]
        self.assertIsNone(item["embedding"])

    def test_replaces_a_file_only_when_forced(self):
        self.sample("clip.mp4")
        (self.folder / "rows.npy").write_text("precious")
        self.refuse(2, "rows.npy exists already; --force", "embed", "clip.mp4", "-o", "rows.npy")
        self.assertEqual((self.folder / "rows.npy").read_text(), "precious")
        self.succeed("embed", "--force", "clip.mp4", "-o", "rows.npy")
        self.assertEqual(len(read_npy(self.folder / "rows.npy")), 3)

    def test_writes_no_file_when_an_input_is_bad(self):
        self.sample("clip.mp4")
        self.refuse(4, "missing.png", "embed", "clip.mp4", "missing.png", "-o", "rows.npy")
        self.assertEqual(self.files(), ["work/clip.mp4"])


class Sample(ProgramTest):
    def test_gives_the_same_bytes_for_the_same_seed(self):
        one, same, other = (self.render(name, "--seed", seed)
                            for name, seed in (("1.mp4", "7"), ("2.mp4", "7"), ("3.mp4", "8")))
        self.assertEqual(one.read_bytes(), same.read_bytes())
        self.assertNotEqual(one.read_bytes(), other.read_bytes())

    def test_writes_the_truth_beside_the_clip(self):
        self.render("clip.mp4", "--defect", "flash@1.25:heavy", "--seed", "3")
        truth = json.loads((self.folder / "clip.mp4.json").read_text())
        self.assertEqual((truth["schema"], truth["seed"]), ("videogen.truth/1", 3))
        (defect,) = truth["defects"]
        self.assertEqual((defect["kind"], defect["severity"], defect["first_frame"]),
                         ("flash", "heavy", 15))

    def test_renders_every_scene_that_its_help_lists(self):
        text = self.succeed("sample", "--help")
        listed = [line.split()[0] for line in text.partition("Scenes:\n")[2].partition("\n\n")[0].splitlines()]
        self.assertGreaterEqual(len(listed), 6)
        for scene in listed:
            self.render(scene + ".mp4", "--scene", scene, "--seconds", "0.25")
        for kind in text.partition("Defects: ")[2].partition("\n")[0].split():
            self.render(kind + ".mp4", "--defect", kind + "@1", "--fps", "6")


class Footage(ProgramTest):
    def plant(self, name, *flags):
        self.succeed("sample", "--quiet", *flags, "--", name)
        return json.loads((self.folder / (name + ".json")).read_text())

    def test_plants_a_defect_into_a_clip_at_its_own_size_rate_and_length(self):
        self.sample("clip.mp4")
        truth = self.plant("broken.mp4", "--from", "clip.mp4", "--defect", "freeze@1:heavy")
        self.assertEqual((truth["schema"], truth["scene"], truth["source"]),
                         ("videogen.truth/1", None, "clip.mp4"))
        (defect,) = truth["defects"]
        self.assertEqual((defect["kind"], defect["first_frame"], defect["last_frame"]), ("freeze", 12, 21))
        source = self.report("broken.mp4", status=1)["source"]
        self.assertEqual((source["width"], source["height"], source["frame_rate"], source["frames"]),
                         (128, 72, 12, 36))

    def test_takes_what_is_foreign_from_another_clip(self):
        self.sample("clip.mp4")
        self.sample("other.mp4", "--scene", "harbour")
        self.plant("cut.mp4", "--from", "clip.mp4", "--with", "other.mp4", "--defect", "cut@1.5:heavy")
        similarities = self.report("--fps", "12", "--threshold", "0", "--multi-shot", "cut.mp4")["similarities"]
        self.assertEqual(similarities.index(min(similarities)), 17)

    def test_follows_its_flags(self):
        self.sample("clip.mp4")
        self.plant("small.mp4", "--from", "clip.mp4", "--size", "64x64", "--fps", "6", "--seconds", "2")
        source = self.report("small.mp4")["source"]
        self.assertEqual((source["width"], source["height"], source["frame_rate"], source["frames"]),
                         (64, 64, 6, 12))

    def test_takes_a_tall_clip_at_no_more_than_640_lines(self):
        self.sample("clip.mp4", "--size", "64x64", "--seconds", "0.5")
        self.ffmpeg("-i", "clip.mp4", "-vf", "scale=500:1000", "tall.mp4")
        self.plant("out.mp4", "--from", "tall.mp4")
        source = self.report("--fps", "12", "out.mp4")["source"]
        self.assertEqual((source["width"], source["height"]), (320, 640))

    def test_lets_a_morph_be_chosen_by_style(self):
        self.sample("clip.mp4")
        text = self.succeed("sample", "--help")
        styles = text.partition("Styles of morph: ")[2].partition("\n")[0].split()
        self.assertIn("vanish", styles)
        written = set()
        for style in styles:
            truth = self.plant(style + ".mp4", "--from", "clip.mp4", "--defect", f"morph.{style}@1")
            self.assertEqual(truth["defects"][0]["kind"], "morph")
            written.add((self.folder / (style + ".mp4")).read_bytes())
        self.assertEqual(len(written), len(styles))
        self.refuse(2, "no style \"sneeze\" of morph", "sample", "x.mp4", "--defect", "morph.sneeze@1")


class Facts(ProgramTest):
    def test_every_verb_has_help_with_an_example(self):
        for verb in ([], ["validate"], ["embed"], ["sample"], ["models", "list"],
                     ["models", "verify"], ["doctor"]):
            out = self.succeed(*verb, "--help")
            self.assertRegex(out, r"(?m)^Example: videogen " + " ".join(verb))

    def test_tells_its_version(self):
        self.assertRegex(self.succeed("--version"), r"\Avideogen \d+\.\d+\.\d+\n\Z")

    def test_doctor_finds_this_machine_fit(self):
        document = json.loads(self.succeed("doctor", "--json"))
        self.assertTrue(document["can_validate"])
        found = {finding["what"]: finding["state"] for finding in document["findings"]}
        self.assertEqual(found["decode h264"], "works")
        self.assertEqual(found["embedder clip"], "missing")
        self.assertIn("clips can be judged", self.succeed("doctor"))

    def test_doctor_says_that_a_named_model_is_missing(self):
        out = self.succeed("doctor", status=1, environment={"VIDEOGEN_MODEL": "/nowhere"})
        self.assertRegex(out, "broken +embedder clip")

    def test_models_list_finds_what_auto_takes(self):
        self.assertEqual(json.loads(self.succeed("models", "list", "--json"))["models"], [])
        cached = self.home / "hf/hub/models--openai--clip-tiny"
        (cached / "refs").mkdir(parents=True)
        (cached / "refs/main").write_text("abc123")
        (cached / "snapshots").mkdir()
        (cached / "snapshots/abc123").symlink_to(TINY_MODEL)
        (model,) = json.loads(self.succeed("models", "list", "--json"))["models"]
        self.assertEqual((model["name"], model["origin"]), ("openai/clip-tiny", "Hugging Face cache"))
        self.sample("clip.mp4")
        self.assertEqual(self.report("clip.mp4")["embedder"]["model"], "openai/clip-tiny")

    def test_models_verify_tells_what_a_model_is(self):
        out = self.succeed("models", "verify", str(TINY_MODEL))
        self.assertRegex(out, r"\Agood  ")
        document = json.loads(self.succeed("models", "verify", "--json", str(TINY_MODEL)))
        self.assertEqual(document["dimensions"], 512)


if __name__ == "__main__":
    unittest.main()
