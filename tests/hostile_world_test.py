"""What can be wrong around `generate` and remote inputs: credentials, clock, network, rights, room.
Each ends in one line and in the exit status of INTERFACE, before money is spent or with the clip
kept."""

import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import unittest
import urllib.request

sys.path.insert(0, os.path.dirname(__file__))

from emulating import EmulatedTest  # noqa: E402
from web import closed_port  # noqa: E402

FAKETIME = shutil.which("faketime")


class HostileWorld(EmulatedTest):
    def setUp(self):
        super().setUp()
        self.emulate()
        self.keys = pathlib.Path(self.environment["GOOGLE_APPLICATION_CREDENTIALS"]).parent

    def orders(self):
        """Submits that were taken."""
        return [entry for entry in super().orders() if entry["status"] == 200]

    def generate_refuses(self, status, pattern, *flags, **options):
        out = self.refuse(status, pattern, "generate", "still life", "--seconds", "4", "-o", "out.mp4",
                          "--max-clips", "1", *flags, **options)
        self.assertFalse((self.folder / "out.mp4").exists())
        return out

    def key(self, kind, **changes):
        """A copy of one of the emulator's files of credentials, changed."""
        fields = json.loads((self.keys / f"{kind}.json").read_text()) | changes
        path = self.home / f"{kind}-{len(list(self.home.iterdir()))}.json"
        path.write_text(json.dumps(fields))
        return {"GOOGLE_APPLICATION_CREDENTIALS": str(path)}

    def test_no_credentials(self):
        self.environment.pop("GOOGLE_APPLICATION_CREDENTIALS")
        self.generate_refuses(4, "gcloud auth application-default login")
        self.assertEqual(self.orders(), [])

    def test_wrong_credentials_of_each_kind(self):
        kinds = sorted(path.stem for path in self.keys.glob("*.json"))
        self.assertIn("external-account", kinds)
        good = json.loads((self.keys / "service-account.json").read_text())
        stranger = self.home / "subject"
        stranger.write_text("nobody")
        broken_key = good["private_key"].replace("A", "B")
        for environment, status, pattern in (
                ({"GOOGLE_APPLICATION_CREDENTIALS": str(self.home / "absent.json")}, 4, "absent.json"),
                ({"GOOGLE_APPLICATION_CREDENTIALS": str(self.home)}, 4, "GOOGLE_APPLICATION_CREDENTIALS|folder"),
                (self.key("service-account", private_key=broken_key), 3, "private_key"),
                (self.key("service-account", private_key=""), 3, "private_key"),
                (self.key("service-account", client_email="nobody@nowhere"), 4, "nobody@nowhere"),
                (self.key("service-account", type="aws"), 3, "aws"),
                (self.key("authorized-user", refresh_token="wrong"), 4, "gcloud auth application-default login"),
                (self.key("authorized-user", client_id=None), 3, "client_id"),
                (self.key("external-account", credential_source={"file": str(stranger)}), 4, "external account"),
                (self.key("external-account", credential_source={"file": str(self.home / "none")}), 4, "none"),
                (self.key("impersonated", service_account_impersonation_url=self.url + "/none"), 4,
                 "impersonat|404")):
            with self.subTest(pattern=pattern, environment=environment):
                self.generate_refuses(status, pattern, environment=environment)
                self.assertEqual(self.doctor_on_google(environment)[0], "missing")
                self.assertRegex(self.doctor_on_google(environment)[1], pattern)
        self.assertEqual(self.orders(), [])

    def doctor_on_google(self, environment):
        findings = json.loads(self.succeed("doctor", "--json", environment=environment))["findings"]
        return next((each["state"], each["detail"]) for each in findings if each["what"] == "Google")

    def test_doctor_takes_the_right_credentials_of_each_kind(self):
        for path in self.keys.glob("*.json"):
            with self.subTest(path=path.name):
                state, detail = self.doctor_on_google({"GOOGLE_APPLICATION_CREDENTIALS": str(path)})
                self.assertEqual(state, "works", detail)
                self.assertIn(path.name, detail)
                self.assertRegex(detail, "project videogen-emulator")

    @unittest.skipIf(FAKETIME is None, "no faketime")
    def test_a_wrong_clock(self):
        words = self.key("service-account")
        words |= {"FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        done = subprocess.run(
            [FAKETIME, "-f", "-1d", os.environ["VIDEOGEN"], "generate", "still life", "--seconds", "4",
             "-o", "out.mp4"], cwd=self.folder, env=self.environment | words, capture_output=True,
            text=True, timeout=120, check=False)
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assert_one_error(done.stderr, "clock may be wrong")
        self.assertEqual(self.orders(), [])

    def test_no_network(self):
        self.generate_refuses(4, "Failed to connect", environment={"GOOGLE_VERTEX_BASE_URL": closed_port()})
        self.generate_refuses(4, "nowhere.invalid", environment={
            "GOOGLE_VERTEX_BASE_URL": "https://nowhere.invalid"})
        self.refuse(4, "nowhere.invalid", "validate", "https://nowhere.invalid/clip.mp4")
        self.refuse(4, "Failed to connect", "validate", "gs://bucket/clip.mp4",
                    environment={"STORAGE_EMULATOR_HOST": closed_port()})

    def put(self, name, data):
        request = urllib.request.Request(
            f"{self.url}/upload/storage/v1/b/bucket/o?uploadType=media&name={name}", data, method="POST")
        urllib.request.urlopen(request).read()

    def faults(self, *kinds):
        """The same emulator would do, but faults begin with the program."""
        return self.emulator(*[word for kind in kinds for word in ("--fault", kind)])

    def test_a_bucket_without_permission(self):
        exported = self.faults("403.object")
        self.refuse(4, "gs://bucket/clip.mp4.*403", "validate", "gs://bucket/clip.mp4", environment=exported)
        # The clip that was paid for stays.
        exported = self.faults("403.upload")
        code, out, err = self.run_program(
            "generate", "still life", "--seconds", "4", "-o", "out.mp4", "--json", "--max-clips", "1",
            "--copy-to", "gs://bucket/clip.mp4", environment=exported)
        self.assertEqual(code, 4, err)
        self.assert_one_error(err, "gs://bucket/clip.mp4.*403.*the clip is in out.mp4")
        document = json.loads(out)
        self.assertIsNone(document["copied_to"])
        self.assertIn("403", document["error"]["message"])
        self.assertGreater((self.folder / "out.mp4").stat().st_size, 1000)

    def test_an_object_that_is_no_video(self):
        self.put("words.txt", b"These are words.\n" * 100)
        self.put("empty", b"")
        self.refuse(3, "gs://bucket/words.txt", "validate", "gs://bucket/words.txt")
        self.refuse(3, "gs://bucket/empty", "validate", "gs://bucket/empty")
        self.refuse(4, "gs://bucket/absent", "validate", "gs://bucket/absent")

    def narrow(self):
        """A file system that is full after 2 KiB, as far as this process is concerned."""
        resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    def test_a_disk_that_is_full(self):
        # The journal cannot be written: nothing is ordered.
        self.generate_refuses(4, "journal", preexec_fn=self.narrow, restore_signals=False)
        self.assertEqual(self.orders(), [])
        # An input does not fit.
        self.put("clip.mp4", self.sample("clip.mp4").read_bytes())
        self.refuse(4, "File too large|disk", "validate", "gs://bucket/clip.mp4",
                    preexec_fn=self.narrow, restore_signals=False)


if __name__ == "__main__":
    unittest.main()
