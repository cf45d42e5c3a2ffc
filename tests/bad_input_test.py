"""Bad input ends with the right status, one clear line, and nothing left behind."""

import json
import os
import pathlib
import resource
import shutil
import subprocess
import unittest

from program import PROGRAM, ProgramTest, check_error, check_report

NOBODY = 65534


class Clips(ProgramTest):
    def write(self, name, data):
        (self.folder / name).write_bytes(data)
        return name

    def refuse_clip(self, status, pattern, name):
        """Both as text and as JSON, where an error document takes the report's place."""
        self.assertEqual(self.refuse(status, pattern, "validate", "--", name), "")
        document = json.loads(self.refuse(status, pattern, "validate", "--json", "--", name))
        check_error(document)
        self.assertEqual(document["source"]["uri"], name)
        self.assertEqual(document["error"]["exit_code"], status)

    def test_missing(self):
        self.refuse_clip(4, r"cannot open nowhere\.mp4: no such file", "nowhere.mp4")

    def test_missing_folder_above(self):
        self.refuse_clip(4, r"cannot open no/such/clip\.mp4", "no/such/clip.mp4")

    def test_mistyped(self):
        self.sample("holiday.mp4")
        self.refuse_clip(4, r"did you mean holiday\.mp4\?", "hoilday.mp4")

    def test_empty_name(self):
        self.refuse(2, "empty name", "validate", "")

    def test_folder_without_videos(self):
        (self.folder / "empty").mkdir()
        self.refuse_clip(3, "no videos in empty", "empty")

    def test_empty_file(self):
        self.write("empty.mp4", b"")
        self.refuse_clip(3, r"empty\.mp4", "empty.mp4")

    def test_text_file(self):
        self.write("notes.txt", b"Dear diary, this is no video.\n" * 100)
        self.refuse_clip(3, r"notes\.txt", "notes.txt")

    def test_text_that_pretends_to_be_a_clip(self):
        self.write("notes.mp4", b"Dear diary, this is no video.\n" * 100)
        self.refuse_clip(3, r"notes\.mp4", "notes.mp4")

    def test_zeros(self):
        self.write("zeros.mp4", bytes(100_000))
        self.refuse_clip(3, r"zeros\.mp4", "zeros.mp4")

    def test_noise(self):
        state, noise = 1, bytearray()
        for _ in range(50_000):
            state = state * 1103515245 + 12345 & 0x7FFFFFFF
            noise.append(state >> 16 & 0xFF)
        self.write("noise.mkv", bytes(noise))
        self.refuse_clip(3, r"noise\.mkv", "noise.mkv")

    def test_playlist_that_points_elsewhere(self):
        # FFmpeg would open other files, and the network, for these.
        self.write("list.m3u8", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n")
        self.refuse_clip(3, r"list\.m3u8", "list.m3u8")
        self.write("list.txt", b"ffconcat version 1.0\nfile '/etc/passwd'\n")
        self.refuse_clip(3, r"list\.txt", "list.txt")

    def test_audio_only(self):
        self.ffmpeg("-f", "lavfi", "-i", "sine=d=1", "sound.m4a")
        self.refuse_clip(3, r"sound\.m4a", "sound.m4a")

    def test_audio_with_a_cover_picture(self):
        self.ffmpeg("-f", "lavfi", "-i", "color=red:s=64x64", "-frames:v", "1", "cover.png")
        self.ffmpeg("-f", "lavfi", "-i", "sine=d=1", "-i", "cover.png", "-map", "0", "-map", "1",
                    "-disposition:v", "attached_pic", "-c:v", "copy", "sound.m4a")
        self.refuse_clip(3, r"sound\.m4a", "sound.m4a")

    def test_zero_frames(self):
        self.sample("clip.mp4")
        self.ffmpeg("-i", "clip.mp4", "-c", "copy", "-frames:v", "0", "none.mkv")
        self.refuse_clip(3, r"none\.mkv", "none.mkv")

    def test_truncated_without_its_index(self):
        data = self.sample("clip.mp4").read_bytes()
        self.ffmpeg("-i", "clip.mp4", "-c", "copy", "-movflags", "0", "plain.mp4")
        data = (self.folder / "plain.mp4").read_bytes()
        for percent in (1, 20, 50, 80, 95):
            with self.subTest(percent=percent):
                self.write("cut.mp4", data[:len(data) * percent // 100])
                self.refuse_clip(3, r"cut\.mp4", "cut.mp4")

    def test_truncated_anywhere_gives_what_can_be_had_or_says_why_not(self):
        self.sample("clip.mp4")
        self.ffmpeg("-i", "clip.mp4", "-c", "copy", "-movflags", "+faststart", "front.mp4")
        self.ffmpeg("-i", "clip.mp4", "-c", "copy", "clip.mkv")
        for name in ("front.mp4", "clip.mkv"):
            data = (self.folder / name).read_bytes()
            judged = 0
            for percent in range(5, 100, 10):
                cut = self.write("cut" + name[-4:], data[:len(data) * percent // 100])
                with self.subTest(name=name, percent=percent):
                    code, out, err = self.run_program("validate", "--json", "--fps", "4", cut)
                    document = json.loads(out)
                    if code == 3:
                        self.assert_one_error(err, r"cut\.")
                        check_error(document)
                        continue
                    judged += 1
                    self.assertEqual(err, "")
                    check_report(document)
                    self.assertTrue(any("damaged at" in note for note in document["notes"]),
                                    document["notes"])
            self.assertGreater(judged, 3, "most of a truncated clip can be read")

    def test_unreadable(self):
        path = self.sample("secret.mp4")
        path.chmod(0)
        options = {}
        if os.geteuid() == 0:  # root may read anything: become nobody
            for folder in (self.home, self.folder):
                folder.chmod(0o755)
            options["preexec_fn"] = lambda: os.setuid(NOBODY)
            try:
                subprocess.run([PROGRAM, "--version"], check=True, stdout=subprocess.DEVNULL,
                               **options)
            except (OSError, subprocess.SubprocessError):
                self.skipTest("another user cannot run the program")
        self.refuse(4, r"secret\.mp4: Permission denied", "validate", "secret.mp4", **options)

    def test_devices_and_sockets(self):
        self.refuse_clip(3, "/dev/zero", "/dev/zero")

    def test_remote_addresses(self):
        for address in ("rtsp://host/live", "s3://bucket/clip.mp4", "file:///clip.mp4"):
            self.refuse_clip(3, "addresses begin with http://, https:// or gs://", address)

    def test_link_that_leads_nowhere(self):
        (self.folder / "dangling.mp4").symlink_to("gone.mp4")
        self.refuse_clip(4, r"dangling\.mp4", "dangling.mp4")

    def test_link_to_itself(self):
        (self.folder / "loop.mp4").symlink_to("loop.mp4")
        self.refuse_clip(4, r"loop\.mp4", "loop.mp4")

    def test_name_too_long(self):
        self.refuse_clip(4, "File name too long", "x" * 300 + ".mp4")

    def test_standard_input_that_is_empty(self):
        self.refuse(3, "standard input: it is empty", "validate", "-")

    def test_standard_input_that_is_no_video(self):
        self.refuse(3, "cannot open -: ", "validate", "-", stdin=b"not a video\n" * 1000)

    def test_standard_input_named_twice(self):
        clip = self.sample("clip.mp4").read_bytes()
        code, out, err = self.run_program("validate", "-", "-", stdin=clip)
        self.assertEqual(code, 2)
        self.assert_one_error(err, "once only")
        self.assertIn("PASS", out)

    def test_standard_input_that_is_closed(self):
        self.refuse(4, "cannot read standard input", "validate", "-",
                    preexec_fn=lambda: os.close(0), stdin=None)

    def test_pictures(self):
        self.write("no.png", b"\x89PNG\r\n\x1a\n" + b"broken" * 10)
        self.refuse(3, r"no\.png", "embed", "no.png")
        self.write("no.jpg", b"\xff\xd8\xff\xe0" + b"broken" * 10)
        self.refuse(3, r"no\.jpg", "embed", "no.jpg")
        self.refuse(4, r"missing\.png", "embed", "missing.png")

    def test_clip_too_short_to_embed(self):
        self.sample("short.mp4", "--seconds", "0.4")
        self.refuse(3, "a higher --fps", "embed", "short.mp4")


class Flags(ProgramTest):
    def test_mistyped_or_missing(self):
        self.sample("clip.mp4")
        for pattern, *arguments in (
            ("no verb given",),
            ("no verb vaildate, did you mean validate", "vaildate", "clip.mp4"),
            ("no verb models lsit, did you mean list", "models", "lsit"),
            ("no verb given", "models"),
            ("no flag --treshold, did you mean --threshold", "validate", "--treshold=1", "clip.mp4"),
            ("no flag --htlm", "validate", "--htlm", "out.html", "clip.mp4"),
            ("--prompt", "validate", "clip.mp4", "--prompt"),
            ("needs an input", "validate", "--stream"),
            ("no flag -x", "validate", "-x", "clip.mp4"),
            ("needs an input", "validate"),
            ("needs an input or --text", "embed"),
            ("needs one output, not 0", "sample"),
            ("needs one output, not 2", "sample", "a.mp4", "b.mp4"),
            ("needs one folder", "models", "verify"),
            ("takes no arguments", "models", "list", "x"),
            ("takes no arguments", "doctor", "x"),
            ("--threshold", "validate", "clip.mp4", "--threshold"),
            ("excludes", "validate", "--single-shot", "--multi-shot", "clip.mp4"),
        ):
            with self.subTest(arguments=arguments):
                self.assertEqual(self.refuse(2, pattern, *arguments), "")

    def test_impossible_values(self):
        self.sample("clip.mp4")
        for flag, *values in (
            ("--fps", "0", "-1", "1001", "nan", "inf", "1e3", "1/0", "-1/2", "0/5", "1/2/3", "fast",
             "", "1,5", "9" * 40),
            ("--threshold", "1.01", "-1.01", "nan", "inf", "high", "", "0.5x"),
            ("--embedder", "dino", "CLIP", ""),
            ("--precision", "f16", "int8"),
            ("--profile", "fast"),
        ):
            for value in values:
                with self.subTest(flag=flag, value=value):
                    self.assertEqual(self.refuse(2, flag, "validate", "clip.mp4", flag, value), "")

    def test_impossible_scenes(self):
        for pattern, *flags in (
            ("no scene", "--scene", "beach"),
            ("no defect", "--defect", "ghost@1"),
            ("cut", "--defect", "cut"),
            ("cut", "--defect", "cut@99"),
            ("cut", "--defect", "cut@-1"),
            ("cut", "--defect", "cut@1:deadly"),
            ("--seed", "--seed", "-1"),
            ("--size", "--size", "big"),
            ("63x64", "--size", "63x64"),
            ("2x2", "--size", "2x2"),
            ("--fps", "--fps", "0"),
            ("--seconds", "--seconds", "-1"),
            ("0 s", "--seconds", "0"),
        ):
            with self.subTest(flags=flags):
                self.refuse(2, pattern, "sample", *flags, "out.mp4")
        self.assertEqual(self.files(), [])

    def test_impossible_footage(self):
        self.sample("clip.mp4")
        (self.folder / "notes.mp4").write_text("Dear diary, this is no video.\n" * 100)
        before = self.files()
        for status, pattern, *flags in (
            (2, "--from takes footage and --scene", "--from", "clip.mp4", "--scene", "harbour"),
            (2, "--with names what is foreign", "--with", "clip.mp4"),
            (2, "need the name of a clip", "--from", ""),
            (4, r"cannot open nowhere\.mp4", "--from", "nowhere.mp4"),
            (4, r"cannot open nowhere\.mp4", "--from", "clip.mp4", "--with", "nowhere.mp4"),
            (3, r"notes\.mp4", "--from", "notes.mp4"),
            (3, "4.8 GB of memory, more than the 1.5 GB", "--from", "clip.mp4", "--size", "4096x4096",
             "--fps", "32"),
            (2, "3.000 s long, shorter than the 9 s", "--from", "clip.mp4", "--seconds", "9"),
            (2, "0 s", "--from", "clip.mp4", "--seconds", "0"),
            (2, "past the end of the clip", "--from", "clip.mp4", "--defect", "jump@2.5:heavy"),
            (2, "outside the clip", "--from", "clip.mp4", "--defect", "cut@9"),
        ):
            with self.subTest(flags=flags):
                self.refuse(status, pattern, "sample", *flags, "out.mp4")
        self.assertEqual(self.files(), before)

    def test_footage_that_is_sound_alone(self):
        self.ffmpeg("-f", "lavfi", "-i", "sine=duration=1", "sound.m4a")
        self.refuse(3, r"sound\.m4a", "sample", "--from", "sound.m4a", "out.mp4")

    def test_configuration_files(self):
        self.sample("clip.mp4")
        for status, pattern, text in (
            (3, r"settings\.toml:2: ", "[validate]\nfps = = 2\n"),
            (2, r"settings\.toml:2: validate has no flag fsp \(did you mean fps\?\)",
             "[validate]\nfsp = 2\n"),
            (2, r"settings\.toml:1: no verb judge", "[judge]\nfps = 2\n"),
            (2, r"multi-shot must be true or false", "[validate]\nmulti-shot = 'yes'\n"),
            (2, r"--threshold 7: ", "[validate]\nthreshold = 7\n"),
        ):
            (self.folder / "settings.toml").write_text(text)
            with self.subTest(text=text):
                self.refuse(status, pattern, "validate", "--config", "settings.toml", "clip.mp4")
        self.refuse(4, r"none\.toml", "validate", "--config", "none.toml", "clip.mp4")
        self.refuse(4, "a folder", "validate", "--config", ".", "clip.mp4")

    def test_environment(self):
        self.sample("clip.mp4")
        self.refuse(2, "--fps often", "validate", "clip.mp4", environment={"VIDEOGEN_FPS": "often"})


class Outputs(ProgramTest):
    def test_existing_or_impossible_outputs(self):
        self.sample("clip.mp4")
        (self.folder / "folder").mkdir()
        for status, pattern, name in (
            (2, "exists already; --force", "clip.mp4"),
            (2, "it is a folder", "folder"),
            (4, "no folder none", "none/out.mp4"),
            (4, r"no folder clip\.mp4", "clip.mp4/out.mp4"),
            (2, "not a regular file", "/dev/full"),
        ):
            with self.subTest(name=name):
                self.refuse(status, pattern, "sample", "--seconds", "1", name)
                self.refuse(status, pattern, "embed", "clip.mp4", "-o", name)
        self.refuse(2, "not a regular file", "sample", "--force", "/dev/full")
        self.assertTrue(pathlib.Path("/dev/full").is_char_device())
        self.assertEqual(self.files(), ["work/clip.mp4"])

    def test_truth_that_exists(self):
        (self.folder / "out.mp4.json").write_text("precious")
        self.refuse(2, r"out\.mp4\.json exists already", "sample", "out.mp4")
        self.assertEqual(self.files(), ["work/out.mp4.json"])

    def test_full_standard_output(self):
        self.sample("clip.mp4")
        for arguments in (["validate", "clip.mp4"], ["validate", "--json", "clip.mp4"], ["doctor"],
                          ["embed", "clip.mp4"], ["--help"], ["--version"]):
            with self.subTest(arguments=arguments), open("/dev/full", "wb") as full:
                self.refuse(4, "cannot write to standard output: No space left on device",
                            *arguments, stdout=full)

    def test_standard_output_that_is_closed(self):
        self.sample("clip.mp4")
        self.refuse(4, "cannot write to standard output", "validate", "clip.mp4",
                    preexec_fn=lambda: os.close(1), stdout=None)

    def test_disk_that_fills_up(self):
        clip = self.sample("clip.mp4").read_bytes()

        def small_disk():
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

        self.refuse(4, r"rows\.npy: File too large", "embed", "--fps", "12", "clip.mp4", "-o",
                    "rows.npy", preexec_fn=small_disk)
        self.refuse(4, r"out\.mp4: ", "sample", "--seconds", "1", "out.mp4", preexec_fn=small_disk)
        self.refuse(4, "cannot keep standard input in /tmp: File too large", "validate", "-",
                    stdin=clip, preexec_fn=small_disk)
        self.assertEqual(self.files(), ["work/clip.mp4"])


if __name__ == "__main__":
    unittest.main()
