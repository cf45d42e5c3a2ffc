"""`validate` reads clips at http:// and gs:// addresses, and says what is wrong with those that are none."""

import base64
import hashlib
import json
import os
import pty
import select
import signal
import time
import unittest
import urllib.parse

from program import ProgramTest, check_error, check_report
from web import CERTIFICATE, Answer, closed_port, serve


class RemoteInput(ProgramTest):
    def test_judges_a_clip_at_an_address_as_it_judges_the_file(self):
        clip = self.sample("clip.mp4").read_bytes()
        local = self.report("clip.mp4")
        with serve(lambda request: Answer(clip)) as web:
            address = web.url + "/a/clip.mp4?v=1&X-Goog-Signature=hush#part"
            remote = self.report(address.replace("//", "//user:hush@"))
        self.assertEqual(remote["source"]["uri"],
                         web.url + "/a/clip.mp4?v=1&X-Goog-Signature=REDACTED")
        self.assertEqual(remote["source"]["sha256"], hashlib.sha256(clip).hexdigest())
        for report in (local, remote):
            del report["timing_s"], report["source"]["uri"]
        self.assertEqual(local, remote)
        # What was sent is what was asked for.
        self.assertIn("X-Goog-Signature=hush", web.seen[0][1])
        self.assertRegex(web.seen[0][2]["User-Agent"], r"^videogen/[0-9.]+$")

    def test_checks_certificates(self):
        clip = self.sample("clip.mp4").read_bytes()
        trusting = {"SSL_CERT_FILE": str(CERTIFICATE)}
        with serve(lambda request: Answer(clip)) as plain, serve(
                lambda request: Answer(clip) if request.path == "/clip.mp4" else Answer(
                    status=302, headers={"Location": plain.url + "/clip.mp4"}), tls=True) as web:
            self.refuse(4, "its certificate is not trusted", "validate", web.url + "/clip.mp4")
            self.assertEqual(web.seen, [])
            self.report(web.url + "/clip.mp4", environment=trusting)
            self.refuse(4, "its certificate is not trusted", "validate",
                        web.url.replace("localhost", "127.0.0.1") + "/clip.mp4", environment=trusting)
            self.refuse(4, "redirects to http://127.0.0.1:[0-9]+/clip.mp4, which is not encrypted",
                        "validate", web.url + "/down", environment=trusting)
            self.assertEqual(plain.seen, [])

    def test_goes_on_after_broken_transfers_and_follows_redirects(self):
        clip = self.sample("clip.mp4").read_bytes()
        cuts = iter([5000, 9000])

        def answer(request):
            if request.path == "/moved":
                return Answer(status=302, headers={"Location": "/clip.mp4"})
            return Answer(clip, headers={"ETag": '"one"'}, cut=next(cuts, None))

        with serve(answer) as web:
            report = self.report(web.url + "/moved")
        self.assertEqual(report["source"]["sha256"], hashlib.sha256(clip).hexdigest())
        ranges = [headers.get("Range") for _, path, headers in web.seen if path == "/clip.mp4"]
        self.assertEqual(ranges, [None, "bytes=5000-", "bytes=14000-"])

    def test_says_what_it_found_instead_of_a_clip(self):
        pages = {
            "/page": (3, "is no clip but a web page .the server calls it text/html",
                      Answer(b"<!DOCTYPE html><html><body>Sign in</body></html>",
                             headers={"Content-Type": "text/html"})),
            "/json": (3, "is no clip but JSON", Answer(b'{"error": "none"}')),
            "/list": (3, "a playlist", Answer(b"#EXTM3U\nhttp://127.0.0.1/x.ts\n")),
            "/empty": (3, "it is empty", Answer()),
            "/noise": (3, "not a video|no stream|cannot open", Answer(bytes(range(1, 32)) * 300)),
            "/gone": (4, "answers 404 Not Found", Answer(status=404)),
            "/secret": (4, "answers 403 Forbidden: not yours",
                        Answer(b'{"error": {"message": "not yours"}}', status=403)),
            "/loop": (3, "redirects more than 10 times",
                      Answer(status=302, headers={"Location": "/loop"})),
            "/file": (2, "no address", Answer(status=302, headers={"Location": "file:///etc/passwd"})),
        }
        with serve(lambda request: pages[request.path][2]) as web:
            for path, (status, pattern, _) in pages.items():
                out = self.refuse(status, pattern, "validate", "--json", web.url + path)
                document = json.loads(out)
                check_error(document)
                self.assertEqual(document["source"]["uri"], web.url + path)
        self.refuse(4, "no such host", "validate", "http://no-such-host.invalid/clip.mp4")
        self.refuse(4, "cannot reach", "validate", web.url + "/clip.mp4")
        self.refuse(2, "is no address", "validate", "https://a b/clip.mp4")

    def test_reads_several_and_keeps_their_order(self):
        clip = self.sample("clip.mp4").read_bytes()
        with serve(lambda r: Answer(clip) if r.path == "/good" else Answer(status=404)) as web:
            code, out, err = self.run_program("validate", "--json", web.url + "/bad", "clip.mp4",
                                              web.url + "/good")
        lines = [json.loads(line) for line in out.splitlines()]
        self.assertEqual(code, 4)
        self.assert_one_error(err, "404")
        check_error(lines[0])
        for line in lines[1:]:
            check_report(line)
        self.assertEqual([line["source"]["uri"] for line in lines],
                         [web.url + "/bad", "clip.mp4", web.url + "/good"])

    def test_keeps_an_untrusted_address_away_from_this_machine(self):
        clip = self.sample("clip.mp4").read_bytes()
        with serve(lambda request: Answer(clip)) as web:
            port = web.server_address[1]
            for host in ("127.0.0.1", "localhost", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]",
                         "169.254.169.254", "10.0.0.1"):
                self.refuse(2, "is refused: ", "validate", "--untrusted", f"http://{host}:{port}/c.mp4")
            self.assertEqual(web.seen, [])
            self.report("--untrusted", "--allow-net", "127.0.0.0/8", web.url + "/c.mp4")
            self.assertEqual(len(web.seen), 1)
            self.refuse(3, "more than the 1000 bytes", "validate", "--untrusted", "--allow-net",
                        "127.0.0.1", "--max-download", "1000", web.url + "/c.mp4")
        self.refuse(2, "--untrusted takes http and https only", "validate", "--untrusted", "gs://b/o")
        self.refuse(2, "--allow-net: 10.0.0/8 is no range", "validate", "--untrusted", "--allow-net",
                    "10.0.0/8", "c.mp4")
        self.refuse(2, "which is not set", "validate", "--allow-net", "10.0.0.0/8", "c.mp4")

    def test_ends_within_its_deadline_and_at_once_on_an_interruption(self):
        with serve(lambda request: Answer(b"\0\0\0\x20ftypisom" * 1000, stall=20)) as web:
            began = time.monotonic()
            self.refuse(4, "not done within 0.5 s", "validate", "--download-deadline", "0.5",
                        web.url + "/slow.mp4")
            self.assertLess(time.monotonic() - began, 2)
            process = self.start("validate", web.url + "/slow.mp4")
            while len(web.seen) < 2:
                time.sleep(0.01)
            time.sleep(0.1)
            began = time.monotonic()
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=10)
            self.assertLess(time.monotonic() - began, 1)
            self.assertEqual(process.returncode, 5)
            self.assert_one_error(err.decode(), "interrupted")
        self.assertEqual(self.files(), [])

    def test_shows_on_a_terminal_how_far_it_is(self):
        clip = b"\0\0\0\x20ftypisom" + bytes(5_000_000)
        primary, secondary = pty.openpty()
        with serve(lambda request: Answer(clip, stall=0.5)) as web:
            process = self.start("validate", web.url + "/large.mp4", stderr=secondary)
            os.close(secondary)
            shown = b""
            while select.select([primary], [], [], 10)[0]:
                try:
                    chunk = os.read(primary, 4096)
                except OSError:
                    break
                if not chunk:
                    break
                shown += chunk
            process.communicate(timeout=30)
        os.close(primary)
        self.assertRegex(shown.decode(), r"large\.mp4  \[=+ *\] [1-5]/5 MB")

    def test_streams_only_what_it_can_read_as_it_comes(self):
        self.refuse(3, "curl -sfN https://example.com/c.mp4 | videogen validate --stream -", "validate",
                    "--stream", "https://example.com/c.mp4")

    def test_embeds_what_lies_at_an_address(self):
        clip = self.sample("clip.mp4").read_bytes()
        with serve(lambda request: Answer(clip)) as web:
            listed = json.loads(self.succeed("embed", web.url + "/clip.mp4?token=hush"))
        self.assertEqual(len(listed["embeddings"]), 3)
        self.assertEqual(listed["embeddings"][0]["input"], web.url + "/clip.mp4?token=REDACTED")


def crc32c(data):
    """Bit by bit, by its definition: 0x82F63B78 reflected."""
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 255]
    return crc ^ 0xFFFFFFFF


class CloudStorage(ProgramTest):
    """gs:// against a stand-in that answers as the JSON API does."""

    def bucket(self, objects, damage=False, status=None):
        def answer(request):
            if status:
                return Answer(b'{"error": {"message": "no access"}}', status=status)
            path, _, query = request.path.partition("?")
            name = urllib.parse.unquote(path.removeprefix("/storage/v1/b/bucket/o/"))
            if name not in objects:
                return Answer(b'{"error": {"message": "No such object: bucket/' + name.encode() + b'"}}',
                              status=404)
            data = objects[name]
            if "alt=media" in query:
                if "generation=7" not in query:
                    return Answer(status=400)
                return Answer(data[:-1] + bytes([data[-1] ^ 1]) if damage else data, cut=cuts.pop())
            checksum = base64.b64encode(crc32c(data).to_bytes(4, "big")).decode()
            return Answer(json.dumps({"size": str(len(data)), "generation": "7", "crc32c": checksum,
                                      "contentType": "video/mp4"}).encode())

        cuts = [None, 7000]
        return serve(answer)

    def test_reads_an_object_whole_and_checked(self):
        clip = self.sample("clip.mp4").read_bytes()
        with self.bucket({"dir/a clip.mp4": clip}) as web:
            environment = {"STORAGE_EMULATOR_HOST": web.url}
            report = self.report("gs://bucket/dir/a clip.mp4", environment=environment)
            self.assertEqual(report["source"]["sha256"], hashlib.sha256(clip).hexdigest())
            self.assertEqual(report["source"]["uri"], "gs://bucket/dir/a clip.mp4")
            self.assertIn("bytes=7000-", [headers.get("Range") for _, _, headers in web.seen])
            self.refuse(4, "No such object: bucket/none", "validate", "gs://bucket/none",
                        environment=environment)
        self.refuse(2, "names no object", "validate", "gs://bucket", environment=environment)

    def test_keeps_its_deadline(self):
        with serve(lambda request: Answer(b"{}", stall=20)) as web:
            began = time.monotonic()
            self.refuse(4, "cannot read gs://bucket/c: not done within 0.4 s", "validate",
                        "--download-deadline", "0.4", "gs://bucket/c",
                        environment={"STORAGE_EMULATOR_HOST": web.url})
            self.assertLess(time.monotonic() - began, 2)

    def test_finds_damage_and_says_who_asked(self):
        clip = self.sample("clip.mp4").read_bytes()
        with self.bucket({"c": clip}, damage=True) as web:
            self.refuse(3, r"checksum \(CRC-32C\) is .* damaged on the way", "validate",
                        "gs://bucket/c", environment={"STORAGE_EMULATOR_HOST": web.url})
        with self.bucket({}, status=403) as web:
            self.refuse(4, "403 Forbidden: no access", "validate", "gs://bucket/c",
                        environment={"STORAGE_EMULATOR_HOST": web.url})
        self.refuse(4, "GOOGLE_APPLICATION_CREDENTIALS: cannot open .*: no such file", "validate",
                    "gs://bucket/c", environment={"GOOGLE_APPLICATION_CREDENTIALS": "none.json"})
        (self.folder / "bad.json").write_text('{"type": "service_account"}')
        self.refuse(3, "GOOGLE_APPLICATION_CREDENTIALS: bad.json: it has no client_email", "validate",
                    "gs://bucket/c", environment={"GOOGLE_APPLICATION_CREDENTIALS": "bad.json"})


class Doctor(ProgramTest):
    def finding(self, what, **environment):
        document = json.loads(self.succeed("doctor", "--json", environment=environment))
        (found,) = [each for each in document["findings"] if each["what"] == what]
        return found["state"], found["detail"]

    def test_says_which_credentials_were_found_and_what_is_wrong_with_them(self):
        state, detail = self.finding("Google")
        self.assertEqual(state, "missing")
        self.assertRegex(detail, "^no Google credentials: .*gcloud auth application-default login")
        user = {"type": "authorized_user", "client_id": "i", "client_secret": "hush",
                "refresh_token": "hush", "quota_project_id": "payer", "token_uri": closed_port()}
        path = self.folder / "user.json"
        path.write_text(json.dumps(user))
        named = {"GOOGLE_APPLICATION_CREDENTIALS": str(path)}
        state, detail = self.finding("Google", **named)
        self.assertEqual(state, "missing")
        self.assertRegex(detail, rf"authorized user \(GOOGLE_APPLICATION_CREDENTIALS: {path}\), but .*connect")
        self.assertNotIn("hush", detail)
        for text, pattern in (("{", "it is no JSON object"), ("{}", "it has no type"),
                              ('{"type": "authorized_user"}', "it has no client_id"),
                              ('{"type": "service_account", "client_email": "a@b", "private_key": "hush"}',
                               "private_key is no private key in PEM")):
            path.write_text(text)
            state, detail = self.finding("Google", **named)
            self.assertEqual(state, "missing")
            self.assertRegex(detail, pattern)
            self.assertNotIn("hush", detail)
        path.unlink()
        self.assertRegex(self.finding("Google", **named)[1], "no such file")

    def test_tells_of_the_hub_but_not_its_token(self):
        self.assertEqual(self.finding("Hugging Face")[1],
                         "https://huggingface.co, without a token: public models only")
        self.assertEqual(self.finding("Hugging Face", HF_TOKEN="hush", HF_ENDPOINT="http://hub.example/")[1],
                         "http://hub.example, with a token")
        self.assertEqual(self.finding("Hugging Face", HF_ENDPOINT="nonsense")[0], "missing")


if __name__ == "__main__":
    unittest.main()
