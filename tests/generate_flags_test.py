"""`generate` as a user types it, up to the point where something would be sent.

Everything here is decided from the table of models, on this machine: no server is there.
"""

import json
import struct
import unittest
import zlib

from program import ProgramTest

STANDARD = "veo-3.1-generate-001"
FAST = "veo-3.1-fast-generate-001"
LITE = "veo-3.1-lite-generate-001"
SERVER = ("--backend", "videos", "--backend-url", "http://127.0.0.1:9")


def png(width=8, height=8):
    """A grey picture, by the PNG specification."""

    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data
                + struct.pack(">I", zlib.crc32(kind + data)))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = b"".join(b"\0" + b"\x80" * 3 * width for _ in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows))
            + chunk(b"IEND", b""))


class GenerateFlags(ProgramTest):
    def setUp(self):
        super().setUp()
        (self.folder / "first.png").write_bytes(png())
        (self.folder / "broken.png").write_bytes(png()[:40])
        (self.folder / "text.png").write_text("no picture")
        (self.folder / "there.mp4").write_text("here already")

    def plan(self, *flags, status=0, **options):
        out = self.succeed("generate", "--dry-run", "--json", *flags, status=status, **options)
        return json.loads(out)

    # What is refused

    BAD = [
        # the table
        ("7 s: veo-3.1-generate-001 makes 4, 6 or 8 s", "--seconds", "7"),
        ("15 s: .* longer ones by --priority long", "--seconds", "15"),
        ("--seconds 0: must be a whole number", "--seconds", "0"),
        ("--seconds 4.5: must be a whole number", "--seconds", "4.5"),
        ("--seconds -4: must be", "--seconds", "-4"),
        ("--seconds eight: must be", "--seconds", "eight"),
        ("aspect 3:7: .* makes 16:9, 9:16", "--aspect", "3:7"),
        ("resolution 8k: .* makes 720p, 1080p, 4k", "--resolution", "8k"),
        ("resolution 4k: veo-3.1-lite", "--resolution", "4k", "--model", LITE),
        ("seed 4294967296: .* takes 0 to 4294967295", "--seed", "4294967296"),
        ("--seed -1: must be", "--seed", "-1"),
        ("retired on 2026-06-30: use veo-3.1-generate-001", "--model", "veo-3.0-generate-001"),
        ("retired on 2026-04-02: use", "--model", "veo-3.1-fast-generate-preview"),
        ("did you mean veo-3.1-generate-001", "--model", "veo-3.1-generate-002"),
        ("no model sora-2: veo has ", "--model", "sora-2"),
        ("no back end sora: there are veo, videos", "--backend", "sora"),
        ("--priority best: must be|priority best: must be", "--priority", "best"),
        ("give either", "--model", FAST, "--priority", "cost"),
        ("cannot extend a clip", "--priority", "long", "--model", LITE),
        ("37 s: .* with extensions 11, 13,", "--priority", "long", "--seconds", "37"),
        # pictures
        ("exclude each other", "--image", "first.png", "--reference", "first.png"),
        ("--last-frame needs .* --image", "--last-frame", "first.png"),
        ("exclude each other", "--last-frame", "first.png", "--reference", "first.png"),
        ("at most 3", *(("--reference", "first.png") * 4)),
        ("makes 8 s with references", "--reference", "first.png", "--seconds", "4"),
        ("takes no --reference", "--reference", "first.png", "--model", LITE),
        ("leave one away", "--image", "first.png", "--last-frame", "first.png", "--priority",
         "long"),
        # limits
        ("are more than --max-clips 3", "--candidates", "4"),
        ("--candidates 0: must be", "--candidates", "0"),
        ("--max-clips 0: must be", "--max-clips", "0"),
        ("--max-cost", "--max-cost", "-1"),
        ("--max-cost", "--max-cost", "free"),
        ("--deadline", "--deadline", "0"),
        ("--poll", "--poll", "0"),
        # styles and judges
        ("did you mean cinematic", "--style", "cinmatic"),
        ("needs the name of one of them", "--styles", "mine.json"),
        ("--judge needs .* --judge-model", "--judge", "http://127.0.0.1:9"),
        ("--judge-gate needs the judge", "--judge-gate", "5"),
        ("--judge-gate", "--judge", "http://127.0.0.1:9", "--judge-model", "m", "--judge-gate",
         "11"),
        ("--judge-frames", "--judge", "http://127.0.0.1:9", "--judge-model", "m",
         "--judge-frames", "20"),
        ("--judge: ", "--judge", "ftp://x", "--judge-model", "m"),
        # places
        ("needs the server's address", "--backend", "videos"),
        ("--backend-url: ", "--backend-url", "nowhere"),
        ("must be gs://BUCKET", "--storage-uri", "s3://b/"),
        ("is for --backend veo", *SERVER, "--storage-uri", "gs://b/"),
        ("must be multipart or json", *SERVER, "--backend-body", "xml"),
        ("--fps", "--fps", "0"),
        ("--threshold", "--threshold", "2"),
        ("--embedder best: must be", "--embedder", "best"),
        ("no price is known", *SERVER, "--max-cost", "1"),
        ("no flag --secnds.* did you mean --seconds", "--secnds", "4"),
    ]

    def test_bad_combinations_are_refused_with_one_line(self):
        self.assertGreaterEqual(len(self.BAD), 25)
        before = self.files()
        for pattern, *flags in self.BAD:
            with self.subTest(flags=flags):
                self.refuse(2, pattern, "generate", *flags, "-o", "out.mp4", "--", "a lighthouse")
        self.assertEqual(self.files(), before)

    def test_bad_prompts_are_refused(self):
        for pattern, prompt in [("is empty", ""), ("is empty", " \n\t"),
                                (r"U\+0007\) at byte 1", "a\a"), (r"U\+001B", "a\x1b[2J"),
                                ("10000 characters, and .* takes 4096", "x" * 10000)]:
            with self.subTest(prompt=prompt[:20]):
                self.refuse(2, pattern, "generate", "-o", "out.mp4", "--", prompt)
        self.refuse(2, "broken UTF-8 at byte 1", "generate", "-o", "out.mp4", "--", b"a\xff")
        self.refuse(2, "negative prompt holds", "generate", "-o", "out.mp4", "--negative", "\x01",
                    "--", "x")
        self.refuse(2, "needs a prompt", "generate", "-o", "out.mp4")
        self.refuse(2, "one prompt, and 2 are given", "generate", "-o", "out.mp4", "a", "house")
        self.refuse(2, "goes after --", "generate", "-o", "out.mp4", "-dashing")

    def test_bad_pictures_are_refused(self):
        self.refuse(4, "--image frist.png: no such file .did you mean first.png", "generate",
                    "--image", "frist.png", "-o", "out.mp4", "x")
        self.refuse(3, "--image: .*broken.png", "generate", "--image", "broken.png", "-o",
                    "out.mp4", "x")
        self.refuse(3, "--reference: .*text.png", "generate", "--reference", "text.png", "-o",
                    "out.mp4", "x")

    def test_the_output_is_checked_first(self):
        self.refuse(2, "-o OUT.mp4", "generate", "x")
        self.refuse(2, "there.mp4", "generate", "-o", "there.mp4", "x")
        self.refuse(4, "no/such", "generate", "-o", "no/such/out.mp4", "x")
        self.assertEqual((self.folder / "there.mp4").read_text(), "here already")

    def test_what_costs_too_much_is_refused_before_it_is_asked_for(self):
        self.refuse(6, "costs about 3.20 USD .* limit is 3.00 USD", "generate", "--max-cost", "3",
                    "-o", "out.mp4", "x")
        # Two at once.
        self.refuse(6, "2 clips of 8 s .* about 6.40 USD", "generate", "--max-cost", "4",
                    "--candidates", "2", "-o", "out.mp4", "x")
        self.refuse(6, "0 USD", "generate", "--max-cost", "0", "-o", "out.mp4", "x")
        code, out, err = self.run_program("generate", "--dry-run", "--json", "--max-cost", "3", "x")
        self.assertEqual(code, 6)
        self.assertEqual(json.loads(out)["cost_estimate_usd"], 3.2)
        self.assert_one_error(err, "limit is 3.00 USD")

    def test_json_comes_on_refusal_too(self):
        out = self.refuse(2, "7 s", "generate", "--json", "--seconds", "7", "-o", "out.mp4", "x")
        document = json.loads(out)
        self.assertEqual(document["status"], "failed")
        self.assertEqual(document["attempts"], [])
        self.assertEqual(document["error"]["exit_code"], 2)
        self.assertIn("7 s", document["error"]["message"])

    def test_resume_needs_no_prompt(self):
        self.refuse(2, "needs no prompt", "generate", "--resume", "projects/p/operations/1", "-o",
                    "out.mp4", "x")
        self.refuse(2, "--dry-run sends nothing", "generate", "--dry-run", "-o", "out.mp4",
                    "--resume")

    # What is planned

    def test_a_dry_run_says_what_would_be_sent(self):
        plan = self.plan("--style", "cinematic", "--seed", "7", "--negative", "gulls",
                         "a lighthouse in a storm")
        self.assertEqual(plan["status"], "dry_run")
        self.assertEqual((plan["backend"], plan["model"]), ("veo", STANDARD))
        self.assertTrue(plan["prompt"].startswith("a lighthouse in a storm. Style: cinematic"))
        self.assertTrue(plan["negative_prompt"].startswith("gulls, "))
        self.assertEqual(plan["parameters"]["seconds"], 8)
        self.assertEqual(plan["parameters"]["seed"], 7)
        self.assertEqual(plan["cost_estimate_usd"], 3.2)
        self.assertIn("2026-11-22", plan["price_from"])
        self.assertEqual(plan["limits"]["max_clips"], 3)
        self.assertEqual(plan["limits"]["max_cost_usd"], 10)
        self.assertEqual(plan["limits"]["deadline_s"], 1200)

    def test_priorities_choose(self):
        for priority, model, cost in [("quality", STANDARD, 3.2), ("speed", FAST, 1.2),
                                      ("cost", LITE, 0.4)]:
            plan = self.plan("--priority", priority, "x")
            self.assertEqual(plan["model"], model)
            self.assertAlmostEqual(plan["cost_estimate_usd"], cost)
            self.assertIn(priority, plan["why"])
        plan = self.plan("--priority", "long", "--seconds", "22", "x")
        self.assertEqual(plan["parameters"]["first_clip_seconds"], 8)
        self.assertEqual(plan["parameters"]["extensions"], 2)
        self.assertAlmostEqual(plan["cost_estimate_usd"], 22 * 0.4)

    def test_words_stay_verbatim(self):
        for words in ['{"scene": {"camera": "static"}}', "-5 degrees", "--fast cars", "two\nlines",
                      "it's \"quoted\" \\n %s 猫 🦁", "a" * 3000]:
            for style in ("none", "noir", "anime"):
                plan = self.plan("--style", style, "--", words)
                self.assertTrue(plan["prompt"].startswith(words))
                if style == "none":
                    self.assertEqual(plan["prompt"], words)

    def test_pictures_are_part_of_the_plan(self):
        plan = self.plan("--image", "first.png", "--last-frame", "first.png", "x")
        self.assertEqual(plan["parameters"]["image"], "first.png")
        self.assertEqual(plan["parameters"]["last_frame"], "first.png")
        plan = self.plan("--reference", "first.png", "--reference", "first.png", "x")
        self.assertEqual(plan["parameters"]["references"], ["first.png", "first.png"])

    def test_text_for_a_person(self):
        out = self.succeed("generate", "--dry-run", "--no-audio", "a lighthouse")
        self.assertIn("veo-3.1-generate-001 on veo, quality first", out)
        self.assertIn("720p, 16:9, without sound", out)
        self.assertIn("prompt    a lighthouse\n", out)
        self.assertIn("a price without is not known", out)
        self.assertIn("Nothing was sent.", out)

    def test_an_unknown_price_is_null_and_no_limit(self):
        plan = self.plan(*SERVER, "--model", "Wan-AI/Wan2.2", "x")
        self.assertEqual(plan["model"], "Wan-AI/Wan2.2")
        self.assertIsNone(plan["cost_estimate_usd"])
        plan = self.plan(*SERVER, "--usd-per-second", "0.01", "--max-cost", "1", "x")
        self.assertIsNone(plan["model"])
        self.assertAlmostEqual(plan["cost_estimate_usd"], 0.04)

    def test_nothing_is_written_by_a_dry_run(self):
        before = self.files()
        self.plan("-o", "out.mp4", "x")
        self.assertEqual(self.files(), before)

    # The table

    def test_the_table_is_listed(self):
        document = json.loads(self.succeed("generate", "--list-models", "--json"))
        models = {model["id"]: model for model in document["models"]}
        self.assertEqual(models[STANDARD]["durations_s"], [4, 6, 8])
        self.assertEqual(models[STANDARD]["usd_per_second"], 0.4)
        self.assertEqual(models[FAST]["priority"], ["speed", "long"])
        self.assertEqual(models["veo-2.0-generate-001"]["retired_since"], "2026-06-30")
        for model in document["models"]:
            for member in ("backend", "priority", "durations_s", "resolutions", "aspect_ratios",
                           "usd_per_second"):
                self.assertIn(member, model)
        text = self.succeed("generate", "--list-models")
        for name in models:
            self.assertIn(name, text)
        self.refuse(2, "takes no prompt", "generate", "--list-models", "x")

    def test_every_model_in_service_takes_what_its_entry_says(self):
        models = json.loads(self.succeed("generate", "--list-models", "--json"))["models"]
        for model in models:
            if model["retired_since"]:
                continue
            server = SERVER if model["backend"] == "videos" else ()
            for seconds in (model["durations_s"][0], model["durations_s"][-1]):
                for aspect in model["aspect_ratios"]:
                    plan = self.plan("--model", model["id"], *server, "--seconds", str(seconds),
                                     "--aspect", aspect, "--resolution", model["resolutions"][-1],
                                     "x")
                    self.assertEqual(plan["parameters"]["seconds"], seconds)
                    self.assertEqual(plan["parameters"]["aspect_ratio"], aspect)

    TABLE = """
[generate]
style = "noir"
[[generate.models]]
id = "mine"
backend = "veo"
durations_s = [3]
resolutions = ["360p"]
aspect_ratios = ["4:3"]
usd_per_second = 0.25
price_date = 2026-11-01
"""

    def test_a_configuration_replaces_the_table(self):
        (self.folder / "own.toml").write_text(self.TABLE)
        plan = self.plan("--config", "own.toml", "x")
        self.assertEqual(plan["model"], "mine")
        self.assertAlmostEqual(plan["cost_estimate_usd"], 0.75)
        self.assertIn("noir", plan["prompt"])
        self.assertIn("2026-11-01", plan["price_from"])
        self.refuse(2, f"no model {STANDARD}: veo has mine", "generate", "--config", "own.toml",
                    "--model", STANDARD, "-o", "out.mp4", "x")
        models = json.loads(self.succeed("generate", "--list-models", "--json", "--config",
                                         "own.toml"))["models"]
        self.assertEqual([model["id"] for model in models], ["mine"])

    def test_a_bad_table_is_refused(self):
        for pattern, text in [
                ("own.toml.*model 1 .mine.: durations_s is missing",
                 self.TABLE.replace("durations_s", "duration_s")),
                ("did you mean usd_per_second",
                 self.TABLE.replace("usd_per_second", "usd_per_secnd")),
                ("backend must be veo or videos", self.TABLE.replace('"veo"', '"vertex"')),
                (r"models must be tables: \[\[generate.models\]\]", "[generate]\nmodels = 1\n"),
                ("generate has no flag model-table", "[generate]\nmodel-table = 1\n")]:
            with self.subTest(pattern=pattern):
                (self.folder / "own.toml").write_text(text)
                self.refuse(2, pattern, "generate", "--config", "own.toml", "-o", "out.mp4", "x")

    def test_a_file_replaces_the_styles(self):
        (self.folder / "mine.json").write_text(
            '{"styles": [{"name": "house", "camera": "tripod", "negative": "logos"}]}')
        plan = self.plan("--styles", "mine.json", "--style", "house", "a door")
        self.assertEqual(plan["prompt"], "a door. Style: house. Camera: tripod.")
        self.assertEqual(plan["negative_prompt"], "logos")
        self.refuse(2, "no style noir: there are house", "generate", "--styles", "mine.json",
                    "--style", "noir", "-o", "out.mp4", "x")
        (self.folder / "mine.json").write_text('{"styles": [{"name": "house", "lense": ""}]}')
        self.refuse(3, "mine.json: style 1: no style has a member lense", "generate", "--styles",
                    "mine.json", "--style", "house", "-o", "out.mp4", "x")
        self.refuse(4, "none.json", "generate", "--styles", "none.json", "--style", "house", "-o",
                    "out.mp4", "x")

    def test_help_lists_the_styles(self):
        text = self.succeed("generate", "--help")
        for style in ("professional", "cinematic", "documentary", "commercial", "social",
                      "animation", "anime", "vintage", "minimal", "product", "nature",
                      "slow-motion", "noir", "timelapse"):
            self.assertRegex(text, rf"\n  {style} +\S.* ")
        self.assertIn("Example: videogen generate", text)

    def test_the_environment_gives_way_to_flags(self):
        environment = {"VIDEOGEN_STYLE": "noir", "VIDEOGEN_MAX_COST": "1"}
        code, out, _ = self.run_program("generate", "--dry-run", "--json", "x",
                                        environment=environment)
        self.assertEqual(code, 6)
        self.assertIn("noir", json.loads(out)["prompt"])
        plan = self.plan("--style", "none", "--max-cost", "20", "x", environment=environment)
        self.assertEqual(plan["prompt"], "x")
        self.assertEqual(plan["limits"]["max_cost_usd"], 20)


if __name__ == "__main__":
    unittest.main()
