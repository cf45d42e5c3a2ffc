"""`videogen emulate` as its clients see it: over HTTP, with the standard library alone."""

import base64
import gzip
import hashlib
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

from program import ProgramTest

MODEL = "veo-3.1-generate-001"
HEADER = "x-goog-emulator-instructions"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC")


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)


class EmulatorTest(ProgramTest):
    def emulate(self, *flags):
        """A running emulator; its environment is in self.exported, its address in self.url."""
        process = self.start("emulate", "--shrink", "16", "--latency", "0.05", *flags)
        self.addCleanup(self.end, process)
        self.exported = {}
        while "HF_ENDPOINT" not in self.exported:
            line = process.stdout.readline().decode()
            if not line:
                self.fail(process.communicate()[1].decode())
            if line.startswith("export "):
                name, value = line.removeprefix("export ").strip().split("=", 1)
                self.exported[name] = value.strip("'")
        self.url = self.exported["GOOGLE_VERTEX_BASE_URL"]
        return process

    def end(self, process):
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        return process.returncode, err.decode()

    def ask(self, method, path, body=None, headers=None, timeout=30):
        """Any status is an answer; no redirect is followed."""
        address = urllib.parse.urlsplit(self.url)
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=timeout)
        try:
            if isinstance(body, dict):
                body = json.dumps(body)
                headers = {"Content-Type": "application/json"} | (headers or {})
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def judged(self, clip, *flags):
        """The report, whatever the verdict."""
        status, out, err = self.run_program("validate", "--json", "--profile", "quick", *flags,
                                            str(clip))
        self.assertIn(status, (0, 1), err)
        return json.loads(out)

    # Vertex AI

    def models(self, version="v1", project=True, model=MODEL):
        scope = "/projects/p/locations/us-central1" if project else ""
        return f"/{version}{scope}/publishers/google/models/{model}"

    def submit(self, prompt="a boat", headers=None, key="k", instance=None, model=MODEL,
               **parameters):
        body = {"instances": [{"prompt": prompt} | (instance or {})],
                "parameters": {"durationSeconds": 4, "seed": 7} | parameters}
        return self.ask("POST", self.models(model=model) + ":predictLongRunning", body,
                        {"x-goog-api-key": key} | (headers or {}))

    def poll(self, name, headers=None):
        return self.ask("POST", "/v1/" + name.split("/operations/")[0] + ":fetchPredictOperation",
                        {"operationName": name}, {"x-goog-api-key": "k"} | (headers or {}))

    def wait(self, name):
        for _ in range(1200):
            answer = self.poll(name).json
            if answer.get("done"):
                return answer
            time.sleep(0.05)
        self.fail(f"{name} does not end")

    def generate(self, **options):
        answer = self.submit(**options)
        self.assertEqual(answer.status, 200, answer.body)
        return self.wait(answer.json["name"])

    def clip(self, **options):
        videos = self.generate(**options)["response"]["videos"]
        return base64.b64decode(videos[0]["bytesBase64Encoded"])

    def log(self):
        return self.ask("GET", "/_emulator/log").json["requests"]

    def faults(self, *faults):
        answer = self.ask("POST", "/_emulator/faults", {"faults": list(faults)})
        self.assertEqual(answer.status, 200, answer.body)


class Veo(EmulatorTest):
    def test_gives_a_clip_of_the_asked_shape_that_the_program_can_judge(self):
        self.emulate("--broken-every", "0")
        for version, project in (("v1", True), ("v1beta1", True), ("v1beta1", False)):
            path = self.models(version, project)
            taken = self.ask("POST", path + ":predictLongRunning",
                             {"instances": [{"prompt": "boats"}],
                              "parameters": {"durationSeconds": 4, "seed": 1,
                                             "aspectRatio": "9:16"}}, {"x-goog-api-key": "k"})
            self.assertEqual(taken.status, 200, taken.body)
            self.assertRegex(taken.json["name"], r"^projects/[^/]+/locations/us-central1/publishers/"
                                                 r"google/models/veo-3\.1-generate-001/operations/.")
        response = self.wait(taken.json["name"])["response"]
        self.assertEqual(response["raiMediaFilteredCount"], 0)
        clip = self.folder / "clip.mp4"
        clip.write_bytes(base64.b64decode(response["videos"][0]["bytesBase64Encoded"]))
        source = self.judged(clip)["source"]
        # 720x1280, divided by 16 and made even; never under 64.
        self.assertEqual((source["width"], source["height"]), (64, 80))
        self.assertEqual((source["frame_rate"], source["frames"]), (24.0, 96))

    def test_repeats_itself_to_the_byte_and_varies_with_seed_and_prompt(self):
        self.emulate()
        first = self.clip(prompt="a forest")
        self.assertEqual(self.clip(prompt="a forest"), first)
        self.assertNotEqual(self.clip(prompt="a forest", seed=8), first)
        self.assertNotEqual(self.clip(prompt="a deep forest"), first)
        two = self.generate(prompt="a forest", sampleCount=2)["response"]["videos"]
        clips = [base64.b64decode(video["bytesBase64Encoded"]) for video in two]
        self.assertEqual(clips[0], first)
        self.assertNotEqual(clips[1], first)

    def test_breaks_the_clips_that_it_should(self):
        self.emulate("--broken-every", "1")
        clip = self.folder / "clip.mp4"
        clip.write_bytes(self.clip(prompt="mountains", seed=1))
        report = self.report(str(clip), status=1)
        self.assertEqual(report["verdict"], "fail")

    def test_puts_clips_into_a_bucket(self):
        self.emulate()
        answer = self.generate(storageUri="gs://out/some/prefix")
        uri = answer["response"]["videos"][0]["gcsUri"]
        self.assertRegex(uri, r"^gs://out/some/prefix/.+/sample_0\.mp4$")
        name = urllib.parse.quote(uri.removeprefix("gs://out/"), safe="")
        stored = self.ask("GET", f"/storage/v1/b/out/o/{name}?alt=media")
        self.assertEqual(stored.body, self.clip())

    def test_continues_a_clip_with_the_same_scene(self):
        self.emulate("--broken-every", "0")
        start = self.clip(prompt="a reef")
        extended = self.clip(prompt="more of it", instance={"video": {
            "bytesBase64Encoded": base64.b64encode(start).decode(), "mimeType": "video/mp4"}})
        files = []
        for name, data in (("start.mp4", start), ("long.mp4", extended)):
            files.append(self.folder / name)
            files[-1].write_bytes(data)
        long = self.judged(files[1])
        self.assertAlmostEqual(long["source"]["duration_s"], 11, places=1)
        if not self.ffmpeg_frames_equal(*files):
            self.fail("the first frames of the longer clip are others")

    def ffmpeg_frames_equal(self, a, b):
        """Whether frame 40 of both looks the same (PSNR over 30 dB)."""
        for name, clip in (("a.rgb", a), ("b.rgb", b)):
            self.ffmpeg("-i", str(clip), "-vf", "select=eq(n\\,40)", "-frames:v", "1", "-f",
                        "rawvideo", "-pix_fmt", "rgb24", name)
        left, right = (self.folder / "a.rgb").read_bytes(), (self.folder / "b.rgb").read_bytes()
        error = sum((x - y) ** 2 for x, y in zip(left, right)) / len(left)
        return len(left) == len(right) and error < 65

    def test_refuses_what_veo_refuses_in_googles_shape(self):
        self.emulate()
        image = {"bytesBase64Encoded": base64.b64encode(PNG).decode(), "mimeType": "image/png"}
        reference = {"image": image, "referenceType": "ASSET"}
        for pattern, options in (
                ("duration 7 seconds", {"durationSeconds": 7}),
                ("aspectRatio: 3:7", {"aspectRatio": "3:7"}),
                ("resolution: 8k", {"resolution": "8K"}),
                (r"sampleCount .*is 5", {"sampleCount": 5}),
                ("sampleCount must be an integer", {"sampleCount": "two"}),
                ("seed must be in", {"seed": 2**32}),
                ("storageUri", {"storageUri": "/tmp/x"}),
                ("fps 30", {"fps": 30}),
                ("enhancement cannot be disabled", {"enhancePrompt": False}),
                ('Unknown name "duration"', {"duration": 4}),
                ("prompt is missing", {"prompt": ""}),
                ("mutually exclusive", {"instance": {"image": image, "video": image}}),
                ("lastFrame needs", {"instance": {"lastFrame": image}}),
                ("exactly one of", {"instance": {"image": {"mimeType": "image/png"}}}),
                ("not Base64", {"instance": {"image": image | {"bytesBase64Encoded": "?"}}}),
                ("not a picture", {"instance": {"image": image | {"mimeType": "video/mp4"}}}),
                ("does not exist", {"instance": {"image": {"gcsUri": "gs://no/thing.png"}}}),
                ("cannot be combined", {"instance": {"referenceImages": [reference],
                                                     "image": image}}),
                (r"supported durations are \[8\]", {"instance": {"referenceImages": [reference]}}),
        ):
            answer = self.submit(**options)
            self.assertEqual(answer.status, 400, options)
            error = answer.json["error"]
            self.assertEqual((error["code"], error["status"]), (400, "INVALID_ARGUMENT"))
            self.assertRegex(error["message"], pattern)
        for good in ({"instance": {"image": image, "lastFrame": image}},
                     {"instance": {"referenceImages": [reference]}, "durationSeconds": 8},
                     {"compressionQuality": "OPTIMIZED", "resizeMode": "PAD", "fps": 24,
                      "personGeneration": "allow_adult", "generateAudio": True,
                      "enhancePrompt": True, "negativePrompt": "x", "resolution": "1080p"}):
            self.assertEqual(self.submit(**good).status, 200, good)
        for body in (b"", b"[]", b"{", b"{}", b'{"instances": 1}', b'{"instances": []}'):
            answer = self.ask("POST", self.models() + ":predictLongRunning", body,
                              {"x-goog-api-key": "k"})
            self.assertEqual((answer.status, answer.json["error"]["status"]),
                             (400, "INVALID_ARGUMENT"), body)
        for model in ("veo-3.0-generate-001", "veo-9"):
            answer = self.submit(model=model)
            self.assertEqual((answer.status, answer.json["error"]["status"]), (404, "NOT_FOUND"))

    def test_knows_its_operations_and_no_others(self):
        self.emulate()
        name = self.submit().json["name"]
        self.assertEqual(self.ask("GET", "/v1/" + name).status, 404)  # as at Google
        self.assertEqual(self.poll(name + "x").status, 404)
        other = self.ask("POST", self.models(model="veo-3.1-fast-generate-001")
                         + ":fetchPredictOperation", {"operationName": name},
                         {"x-goog-api-key": "k"})
        self.assertEqual(other.status, 400)

    def test_ends_in_each_of_the_ways_that_veo_has(self):
        self.emulate("--broken-every", "0")
        ask = lambda kind, **more: self.generate(headers={HEADER: kind}, **more)
        filtered = ask("filtered")
        self.assertNotIn("videos", filtered["response"])
        self.assertEqual(filtered["response"]["raiMediaFilteredCount"], 1)
        self.assertRegex(filtered["response"]["raiMediaFilteredReasons"][0],
                         r"Support codes: \d{8}")
        partial = ask("partial", sampleCount=2)["response"]
        self.assertEqual((len(partial["videos"]), partial["raiMediaFilteredCount"]), (1, 1))
        self.assertEqual(ask("operation-error")["error"]["code"], 13)
        self.assertEqual(ask("policy-error")["error"]["code"], 3)
        clip = self.folder / "clip.mp4"
        damaged = ask("damaged")["response"]["videos"][0]["bytesBase64Encoded"]
        clip.write_bytes(base64.b64decode(damaged))
        self.refuse(3, "clip.mp4", "validate", str(clip))
        name = self.submit(headers={HEADER: "endless"}).json["name"]
        time.sleep(0.5)
        self.assertEqual(self.poll(name).json, {"name": name})

    def test_takes_its_time(self):
        self.emulate("--latency", "1.5")
        begin = time.monotonic()
        self.generate()
        self.assertGreaterEqual(time.monotonic() - begin, 1.4)

    def test_asks_for_credentials_and_knows_its_own(self):
        self.emulate("--token-lifetime", "1")
        path = self.models() + ":predictLongRunning"
        body = {"instances": [{"prompt": "x"}]}
        status = lambda **headers: self.ask("POST", path, body, {
            name.replace("_", "-"): value for name, value in headers.items()})
        for answer in (status(), status(Authorization="Bearer nonsense"),
                       status(Authorization="Basic eDp5")):
            self.assertEqual((answer.status, answer.json["error"]["status"]),
                             (401, "UNAUTHENTICATED"))
        self.assertEqual(status(x_goog_api_key="invalid").status, 400)
        self.assertEqual(self.ask("POST", path + "?key=abc", body).status, 200)
        token = self.metadata("instance/service-accounts/default/token").json["access_token"]
        self.assertEqual(status(Authorization="Bearer " + token).status, 200)
        time.sleep(1.1)
        self.assertEqual(status(Authorization="Bearer " + token).status, 401)

    def metadata(self, path):
        return self.ask("GET", "/computeMetadata/v1/" + path, headers={"Metadata-Flavor": "Google"})


class Tokens(EmulatorTest):
    def form(self, path, **fields):
        return self.ask("POST", path, urllib.parse.urlencode(fields),
                        {"Content-Type": "application/x-www-form-urlencoded"})

    def sign(self, claims, credentials, algorithm="RS256"):
        """A JWT, signed by the openssl program."""
        part = lambda data: base64.urlsafe_b64encode(data).rstrip(b"=")
        header = {"alg": algorithm, "typ": "JWT", "kid": credentials["private_key_id"]}
        text = part(json.dumps(header).encode()) + b"." + part(json.dumps(claims).encode())
        key = self.folder / "key.pem"
        key.write_text(credentials["private_key"])
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", str(key)], input=text,
                                   capture_output=True, check=True).stdout
        return (text + b"." + part(signature)).decode()

    def test_exchanges_the_assertion_of_its_service_account(self):
        self.emulate()
        path = pathlib.Path(self.exported["GOOGLE_APPLICATION_CREDENTIALS"])
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        credentials = json.loads(path.read_text())
        now = int(time.time())
        claims = {"iss": credentials["client_email"], "aud": credentials["token_uri"],
                  "scope": "https://www.googleapis.com/auth/cloud-platform",
                  "iat": now, "exp": now + 3600}
        grant = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer"}
        good = self.form("/token", **grant, assertion=self.sign(claims, credentials)).json
        self.assertEqual((good["token_type"], good["expires_in"]), ("Bearer", 3600))
        taken = self.submit(headers={"Authorization": "Bearer " + good["access_token"]}, key="")
        self.assertEqual(taken.status, 400)  # an empty key is a key, and wrong
        for pattern, changed in (("account", {"iss": "other@x"}), ("audience", {"aud": "http://x"}),
                                 ("short-lived", {"iat": now - 9000, "exp": now - 5400}),
                                 ("short-lived", {"exp": now + 90000})):
            refused = self.form("/token", **grant,
                                assertion=self.sign(claims | changed, credentials))
            self.assertEqual((refused.status, refused.json["error"]), (400, "invalid_grant"))
            self.assertRegex(refused.json["error_description"], pattern)
        jwt = self.sign(claims, credentials)
        for wrong in (jwt[:-8] + "AAAAAAAA", "a.b.c", "", self.sign(claims, credentials, "none")):
            self.assertEqual(self.form("/token", **grant, assertion=wrong).json["error"],
                             "invalid_grant")

    def test_exchanges_refresh_and_foreign_tokens(self):
        self.emulate()
        folder = pathlib.Path(self.exported["GOOGLE_APPLICATION_CREDENTIALS"]).parent
        user = json.loads((folder / "authorized-user.json").read_text())
        fields = {name: user[name] for name in ("client_id", "client_secret", "refresh_token")}
        good = self.form("/token", grant_type="refresh_token", **fields)
        self.assertIn("access_token", good.json)
        bad = self.form("/token", grant_type="refresh_token", **(fields | {"refresh_token": "x"}))
        self.assertEqual((bad.status, bad.json["error"]), (400, "invalid_grant"))
        external = json.loads((folder / "impersonated.json").read_text())
        token = self.form(
            urllib.parse.urlsplit(external["token_url"]).path,
            grant_type="urn:ietf:params:oauth:grant-type:token-exchange",
            audience=external["audience"], scope="x", subject_token_type=external[
                "subject_token_type"], requested_token_type="urn:x",
            subject_token=pathlib.Path(external["credential_source"]["file"]).read_text()).json
        self.assertEqual(token["issued_token_type"],
                         "urn:ietf:params:oauth:token-type:access_token")
        path = urllib.parse.urlsplit(external["service_account_impersonation_url"]).path
        body = {"scope": ["x"], "lifetime": "3600s"}
        ours = self.ask("POST", path, body, {"Authorization": "Bearer " + token["access_token"]})
        self.assertRegex(ours.json["expireTime"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual(self.ask("POST", path, body).status, 401)

    def test_answers_as_the_metadata_server_does(self):
        self.emulate("--project", "mine")
        ask = lambda path, flavor="Google": self.ask(
            "GET", "/computeMetadata/v1/" + path, headers={"Metadata-Flavor": flavor})
        project = ask("project/project-id")
        self.assertEqual((project.body, project.headers["Metadata-Flavor"]), (b"mine", "Google"))
        self.assertEqual(ask("project/project-id", "none").status, 403)
        self.assertEqual(ask("instance/service-accounts/default/email").body,
                         b"videogen@mine.iam.gserviceaccount.com")


class Storage(EmulatorTest):
    def put(self, name, data, query="", headers=None):
        answer = self.ask("POST", "/upload/storage/v1/b/b/o?uploadType=media&name="
                          + urllib.parse.quote(name, safe="") + query, data, headers)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json

    def get(self, name, query="", headers=None, root="/storage/v1"):
        return self.ask("GET", f"{root}/b/b/o/{urllib.parse.quote(name, safe='')}?alt=media{query}",
                        headers=headers)

    def test_gives_back_what_was_put_with_its_checksums(self):
        self.emulate()
        data = os.urandom(300_000)
        resource = self.put("a dir/ü%.bin", data, headers={"Content-Type": "x/y"})
        self.assertEqual((resource["size"], resource["contentType"]), ("300000", "x/y"))
        self.assertEqual(resource["md5Hash"], base64.b64encode(hashlib.md5(data).digest()).decode())
        for root in ("/storage/v1", "", "/download/storage/v1"):
            got = self.get("a dir/ü%.bin", root=root)
            self.assertEqual(got.body, data)
            self.assertEqual(got.headers.get_all("x-goog-hash"),
                             ["crc32c=" + resource["crc32c"], "md5=" + resource["md5Hash"]])
            self.assertEqual(got.headers["x-goog-generation"], resource["generation"])
        meta = self.ask("GET", "/storage/v1/b/b/o/a%20dir%2F%C3%BC%25.bin").json
        self.assertEqual(meta, resource)
        # RFC 3720, appendix B.4: 32 bytes of zeros have the CRC-32C aa 36 91 8a, low byte first.
        zeros = self.put("zeros", bytes(32))
        self.assertEqual(base64.b64decode(zeros["crc32c"]).hex(), "8a9136aa")

    def test_serves_ranges_and_pins_generations(self):
        self.emulate()
        old = self.put("x", b"0123456789")["generation"]
        part = self.get("x", f"&generation={old}", {"Range": "bytes=3-5"})
        self.assertEqual((part.status, part.body, part.headers["Content-Range"]),
                         (206, b"345", "bytes 3-5/10"))
        self.assertEqual(self.get("x", headers={"Range": "bytes=10-"}).status, 416)
        new = self.put("x", b"new")["generation"]
        self.assertGreater(int(new), int(old))
        self.assertEqual(self.get("x", f"&generation={old}").status, 404)
        self.assertEqual(self.get("x", f"&ifGenerationMatch={old}").status, 412)
        self.assertEqual(self.get("x").body, b"new")
        again = self.ask("POST", "/upload/storage/v1/b/b/o?uploadType=media&name=x"
                                 "&ifGenerationMatch=0", b"y")
        self.assertEqual((again.status, again.json["error"]["errors"][0]["reason"]),
                         (412, "conditionNotMet"))

    def test_unpacks_gzip_for_those_who_do_not_take_it(self):
        self.emulate()
        zipped = gzip.compress(b"text " * 1000)
        self.put("t", zipped, "&contentEncoding=gzip", {"Content-Type": "text/plain"})
        stored = self.get("t", headers={"Accept-Encoding": "gzip"})
        self.assertEqual((stored.body, stored.headers["Content-Encoding"]), (zipped, "gzip"))
        plain = self.get("t", headers={"Accept-Encoding": "identity"})
        self.assertEqual(plain.body, b"text " * 1000)
        self.assertNotIn("Content-Encoding", plain.headers)
        self.assertNotIn("Content-Length", plain.headers)
        self.assertEqual(plain.headers["x-goog-stored-content-encoding"], "gzip")

    def test_takes_uploads_in_two_parts(self):
        self.emulate()
        body = (b'--=x\r\ncontent-type: application/json\r\n\r\n{"name":"m","metadata":{"k":"v"}}'
                b"\r\n--=x\r\ncontent-type: video/mp4\r\n\r\n\r\n--\x00data\r\n--=x--")
        path = "/upload/storage/v1/b/b/o?uploadType=multipart"
        kind = {"Content-Type": 'multipart/related; boundary="=x"'}
        taken = self.ask("POST", path, body, kind).json
        self.assertEqual((taken["contentType"], taken["metadata"]), ("video/mp4", {"k": "v"}))
        self.assertEqual(self.get("m").body, b"\r\n--\x00data")
        wrong = body.replace(b'{"name"', b'{"crc32c":"AAAAAA==","name"')
        refused = self.ask("POST", path, wrong, kind)
        self.assertEqual(refused.status, 400)
        self.assertIn("CRC32C", refused.json["error"]["message"])
        self.assertEqual(self.ask("POST", path, body[:-8], kind).status, 400)

    def test_takes_uploads_that_are_resumed_also_after_a_restart(self):
        data = os.urandom(700_000)
        unit = 256 * 1024
        process = self.emulate("--data", "state")
        begun = self.ask("POST", "/upload/storage/v1/b/b/o?uploadType=resumable", {"name": "r"},
                         {"X-Upload-Content-Type": "video/mp4"})
        self.assertEqual(begun.status, 200)
        where = urllib.parse.urlsplit(begun.headers["Location"])
        self.assertEqual(f"http://{where.netloc}", self.url)
        put = lambda span, part=b"": self.ask("PUT", f"{where.path}?{where.query}", part,
                                              {"Content-Range": "bytes " + span})
        self.assertEqual(put("*/700000").status, 308)
        first = put(f"0-{unit - 1}/700000", data[:unit])
        self.assertEqual((first.status, first.headers["Range"]), (308, f"bytes=0-{unit - 1}"))
        self.assertEqual(put(f"{unit}-{unit + 9}/700000", data[unit:unit + 10]).status, 400)
        self.assertEqual(put(f"{2 * unit}-699999/700000", data[2 * unit:]).status, 400)
        self.end(process)
        self.emulate("--data", "state")
        self.assertEqual(put("*/700000").headers["Range"], f"bytes=0-{unit - 1}")
        # Bytes that are there already are no harm.
        done = put("0-699999/700000", data)
        self.assertEqual((done.status, done.json["contentType"]), (200, "video/mp4"))
        self.assertEqual(self.get("r").body, data)
        self.assertEqual(put("*/700000").status, 200)
        gone = self.ask("PUT", where.path + "?uploadType=resumable&upload_id=" + "0" * 32, b"x")
        self.assertEqual(gone.status, 404)

    def test_lists_by_prefix_delimiter_and_page(self):
        self.emulate()
        for name in ("a", "d/1", "d/2", "d/e/3", "f/4", "z"):
            self.put(name, b"x")
        lists = lambda query: self.ask("GET", "/storage/v1/b/b/o?" + query).json
        names = lambda page: [item["name"] for item in page.get("items", [])]
        self.assertEqual(names(lists("")), ["a", "d/1", "d/2", "d/e/3", "f/4", "z"])
        folded = lists("delimiter=/")
        self.assertEqual((names(folded), folded["prefixes"]), (["a", "z"], ["d/", "f/"]))
        inner = lists("delimiter=/&prefix=d/")
        self.assertEqual((names(inner), inner["prefixes"]), (["d/1", "d/2"], ["d/e/"]))
        seen, token = [], ""
        for _ in range(10):
            page = lists(f"delimiter=/&maxResults=1&pageToken={urllib.parse.quote(token)}")
            seen += names(page) + page.get("prefixes", [])
            token = page.get("nextPageToken", "")
            if not token:
                break
        self.assertEqual(seen, ["a", "d/", "f/", "z"])
        self.assertEqual(self.ask("DELETE", "/storage/v1/b/b/o/a").status, 204)
        self.assertEqual(self.ask("DELETE", "/storage/v1/b/b/o/a").status, 404)
        self.assertNotIn("a", names(lists("")))
        self.assertEqual(lists("prefix=nothing"), {"kind": "storage#objects"})


class Videos(EmulatorTest):
    def finished(self, created):
        self.assertEqual(created.status, 200, created.body)
        for _ in range(1200):
            video = self.ask("GET", "/v1/videos/" + created.json["id"]).json
            if video["status"] in ("completed", "failed"):
                return video
            self.assertIn(video["status"], ("queued", "in_progress"))
            time.sleep(0.05)
        self.fail("does not end")

    def form(self, fields):
        body = "".join(f'--q\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
                       for name, value in fields.items()) + "--q--\r\n"
        return self.ask("POST", "/v1/videos", body.encode(),
                        {"Content-Type": "multipart/form-data; boundary=q"})

    def test_makes_the_same_clip_from_a_form_and_from_json(self):
        self.emulate()
        fields = {"model": "wan", "prompt": "snow, é", "seconds": "2", "size": "1280x704",
                  "seed": "5"}
        videos = [self.finished(self.form(fields)),
                  self.finished(self.ask("POST", "/v1/videos", fields | {"seed": 5}))]
        for video in videos:
            self.assertEqual((video["object"], video["status"], video["progress"]),
                             ("video", "completed", 100))
            self.assertEqual((video["seconds"], video["size"], video["model"]),
                             ("2", "1280x704", "wan"))
        contents = [self.ask("GET", f"/v1/videos/{video['id']}/content") for video in videos]
        self.assertEqual(contents[0].body, contents[1].body)
        self.assertEqual(contents[0].headers["Content-Type"], "video/mp4")
        part = self.ask("GET", f"/v1/videos/{videos[0]['id']}/content",
                        headers={"Range": "bytes=4-7"})
        self.assertEqual((part.status, part.body), (206, b"ftyp"))
        listed = self.ask("GET", "/v1/videos?limit=1").json
        self.assertEqual(([v["id"] for v in listed["data"]], listed["has_more"]),
                         ([videos[1]["id"]], True))
        self.assertTrue(self.ask("DELETE", "/v1/videos/" + videos[1]["id"]).json["deleted"])
        self.assertEqual(self.ask("GET", "/v1/videos/" + videos[1]["id"]).status, 404)

    def test_counts_frames_as_vllm_does(self):
        self.emulate()
        video = self.finished(self.form({"prompt": "x", "width": "1024", "height": "1024",
                                         "fps": "8", "num_frames": "12", "seed": "1"}))
        self.assertEqual((video["seconds"], video["size"]), ("1.5", "1024x1024"))
        clip = self.folder / "clip.mp4"
        clip.write_bytes(self.ask("GET", f"/v1/videos/{video['id']}/content").body)
        self.assertEqual(self.judged(clip, "--fps", "4")["source"]["frames"], 12)

    def test_refuses_bad_orders_and_fails_as_asked(self):
        self.emulate()
        for fields, pattern in (({}, "prompt"), ({"prompt": "x", "size": "1280"}, "height"),
                                ({"prompt": "x", "size": "1280x719"}, "even"),
                                ({"prompt": "x", "seconds": "1000"}, "seconds"),
                                ({"prompt": "x", "fps": "-1"}, "fps")):
            answer = self.form(fields)
            self.assertEqual(answer.status, 400, fields)
            self.assertRegex(answer.json["error"]["message"], pattern)
        self.assertEqual(self.ask("POST", "/v1/videos", b"x").status, 415)
        blocked = self.finished(self.ask("POST", "/v1/videos", {"prompt": "x"},
                                         {HEADER: "filtered"}))
        self.assertEqual((blocked["status"], blocked["error"]["code"]),
                         ("failed", "moderation_blocked"))
        self.assertEqual(self.ask("GET", f"/v1/videos/{blocked['id']}/content").status, 404)


class Hub(EmulatorTest):
    def test_serves_a_model_that_the_program_can_use(self):
        self.emulate()
        name = "openai/clip-vit-base-patch32"
        info = self.ask("GET", f"/api/models/{name}/revision/main?blobs=true").json
        model = self.folder / "model"
        model.mkdir()
        for sibling in info["siblings"]:
            path = f"/{name}/resolve/{info['sha']}/{sibling['rfilename']}"
            answer = self.ask("GET", path)
            self.assertEqual(answer.headers["X-Repo-Commit"], info["sha"])
            if "lfs" in sibling:
                self.assertEqual(answer.status, 302)
                self.assertEqual(answer.headers["X-Linked-Etag"], f'"{sibling["lfs"]["sha256"]}"')
                answer = self.ask("GET", urllib.parse.urlsplit(answer.headers["Location"]).path)
                self.assertEqual(hashlib.sha256(answer.body).hexdigest(),
                                 sibling["lfs"]["sha256"])
            else:
                blob = b"blob %d\0" % len(answer.body) + answer.body
                self.assertEqual(hashlib.sha1(blob).hexdigest(), sibling["blobId"])
            self.assertEqual(len(answer.body), sibling["size"])
            (model / sibling["rfilename"]).write_bytes(answer.body)
        self.succeed("models", "verify", str(model))
        report = self.judged(self.sample("clip.mp4"), "--embedder", "clip", "--model", str(model))
        self.assertEqual(report["embedder"]["name"], "clip")
        rows = json.loads(self.succeed("embed", "--model", str(model), "--text", "the boat",
                                       "--text", "Snow, at night!"))["embeddings"]
        self.assertNotEqual(rows[0]["embedding"], rows[1]["embedding"])

    def test_says_what_is_not_there(self):
        self.emulate()
        for path, code in (("/api/models/no/such", "RepoNotFound"),
                           ("/api/models/videogen/tiny-clip/revision/v9", "RevisionNotFound"),
                           ("/videogen/tiny-clip/resolve/main/no.txt", "EntryNotFound")):
            answer = self.ask("GET", path)
            self.assertEqual((answer.status, answer.headers["X-Error-Code"]), (404, code))


class Faults(EmulatorTest):
    def test_count_and_strike_their_place(self):
        self.emulate("--fault", "429@1", "--fault", "503-no-retry-after.poll@1")
        first = self.submit()
        self.assertEqual((first.status, first.json["error"]["status"], first.headers["Retry-After"]),
                         (429, "RESOURCE_EXHAUSTED", "1"))
        name = self.submit().json["name"]
        second = self.poll(name)
        self.assertEqual((second.status, second.headers["Retry-After"]), (503, None))
        self.assertEqual(self.poll(name).status, 200)
        self.assertEqual([(r["status"], r.get("faults")) for r in self.log()],
                         [(429, "429"), (200, None), (503, "503"), (200, None)])

    def test_lose_replies_after_the_work_and_reset_before_it(self):
        self.emulate()
        for kind, error in (("lost-reply", http.client.RemoteDisconnected),
                            ("reset", ConnectionResetError)):
            with self.assertRaises(error):
                self.submit(prompt=kind, headers={HEADER: kind})
        with self.assertRaises(TimeoutError):
            self.submit(prompt="timeout", headers={HEADER: "timeout"}, timeout=0.5)
        jobs = self.ask("GET", "/_emulator/log").json["requests"]
        self.assertEqual([r["faults"] for r in jobs], ["lost-reply", "reset", "timeout"])

    def submit(self, *arguments, timeout=30, **options):
        whole = self.ask
        self.ask = lambda *a, **k: whole(*a, **({"timeout": timeout} | k))
        try:
            return super().submit(*arguments, **options)
        finally:
            self.ask = whole

    def test_break_downloads_in_every_way(self):
        self.emulate()
        data = os.urandom(1_000_000)
        self.ask("POST", "/upload/storage/v1/b/b/o?uploadType=media&name=x", data)
        get = lambda words, timeout=30: self.ask("GET", "/b/b/o/x?alt=media",
                                                 headers={HEADER: words}, timeout=timeout)
        for words, size in (("truncated-download", 500_000), ("return-broken-stream", 500_000),
                            ("return-broken-stream-after-256K", 262_144),
                            ("return-503-after-256K", 262_144)):
            with self.assertRaises(http.client.IncompleteRead) as broken:
                get(words)
            self.assertEqual(broken.exception.partial, data[:size])
        for words in ("wrong-bytes", "return-corrupted-data"):
            wrong = get(words)
            self.assertEqual(sum(a != b for a, b in zip(wrong.body, data)), 1)
            self.assertEqual(len(wrong.body), len(data))
        for words in ("stall", "stall-always", "stall-at-256KiB"):
            with self.assertRaises(TimeoutError):
                get(words, timeout=0.3)
        begin = time.monotonic()
        self.assertEqual(get("stall-for-1s-after-10K").body, data)
        self.assertGreater(time.monotonic() - begin, 0.9)
        self.assertEqual(get("return-503").status, 503)
        self.assertEqual(get("nonsense").status, 400)
        self.assertEqual(get("return-503, stall-always").status, 503)

    def test_can_be_changed_while_it_runs(self):
        self.emulate("--slow-poll", "0.3")
        name = self.submit().json["name"]
        self.faults("slow-poll", "expired-token.submit@1", "retired@1", "not-json.object")
        begin = time.monotonic()
        self.assertEqual(self.poll(name).status, 200)
        self.assertGreater(time.monotonic() - begin, 0.28)
        self.assertEqual([self.submit().status for _ in range(3)], [401, 404, 200])
        page = self.ask("GET", "/b/b/o")
        self.assertEqual((page.status, page.headers["Content-Type"]),
                         (200, "text/html; charset=utf-8"))
        self.assertEqual(self.ask("POST", "/_emulator/faults", {"faults": ["x"]}).status, 400)

    def test_come_as_often_as_asked_and_the_same_every_time(self):
        runs = []
        for _ in range(2):
            process = self.emulate("--fault", "503.object:0.3")
            runs.append([self.ask("GET", "/b/x").status for _ in range(100)])
            self.end(process)
        self.assertEqual(runs[0], runs[1])
        self.assertTrue(15 <= runs[0].count(503) <= 45, runs[0].count(503))


class Program(EmulatorTest):
    def test_prints_what_a_shell_can_read(self):
        self.emulate()
        self.assertEqual(list(self.exported), [
            "GOOGLE_VERTEX_BASE_URL", "STORAGE_EMULATOR_HOST", "GOOGLE_APPLICATION_CREDENTIALS",
            "GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION", "HF_ENDPOINT"])

    def test_ends_cleanly_and_leaves_nothing_behind(self):
        (self.home / "tmp").mkdir()
        self.environment["TMPDIR"] = str(self.home / "tmp")
        process = self.emulate()
        address = urllib.parse.urlsplit(self.url)
        # An open connection, and an answer that is being held back, delay nothing.
        with socket.create_connection((address.hostname, address.port)) as open_one:
            open_one.sendall(b"GET /b/b HTTP/1.1\r\nHost: x\r\n" + HEADER.encode()
                             + b": timeout\r\n\r\n")
            self.submit()
            begin = time.monotonic()
            self.assertEqual(self.end(process), (0, ""))
            self.assertLess(time.monotonic() - begin, 2)
        self.assertEqual(list((self.home / "tmp").iterdir()), [])

    def test_remembers_operations_objects_and_tokens(self):
        process = self.emulate("--data", "state", "--listen", "127.0.0.1:0")
        token = self.ask("GET", "/computeMetadata/v1/instance/service-accounts/default/token",
                         headers={"Metadata-Flavor": "Google"}).json["access_token"]
        clip = self.clip(prompt="kept")
        done = self.submit(prompt="kept").json["name"]
        self.wait(done)
        running = self.submit(prompt="begun").json["name"]
        self.ask("POST", "/upload/storage/v1/b/b/o?uploadType=media&name=x", b"data")
        process.kill()  # no time for farewells
        process.wait()
        self.emulate("--data", "state")
        again = self.wait(done)["response"]["videos"][0]["bytesBase64Encoded"]
        self.assertEqual(base64.b64decode(again), clip)
        self.assertIn("response", self.wait(running))
        self.assertEqual(self.ask("GET", "/b/b/o/x?alt=media").body, b"data")
        taken = self.ask("POST", self.models() + ":predictLongRunning",
                         {"instances": [{"prompt": "x"}]}, {"Authorization": "Bearer " + token})
        self.assertEqual(taken.status, 200)
        self.refuse(2, "another emulator", "emulate", "--data", "state")

    def test_refuses_bad_flags_in_one_line(self):
        for pattern, *flags in (("kinds: 429 503", "--fault", "nonsense"),
                                ("PROBABILITY", "--fault", "503:2"),
                                ("TIMES", "--fault", "503@x"),
                                ("PLACE", "--fault", "503.moon"),
                                ("expected ADDRESS:PORT", "--listen", "here"),
                                ("expected ADDRESS:PORT", "--listen", "127.0.0.1:99999"),
                                ("not an IP address", "--listen", "example.com:80"),
                                ("--latency", "--latency", "-1"),
                                ("--shrink", "--shrink", "0"),
                                ("--project", "--project", "a b"),
                                ("no arguments", "stray")):
            self.refuse(2, pattern, "emulate", *flags)
        self.refuse(4, "no such file", "emulate", "--model", "missing")
        self.refuse(3, "no model", "emulate", "--model", ".")
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            self.refuse(4, "in use", "emulate", "--listen", f"127.0.0.1:{taken.getsockname()[1]}")

    def test_answers_strangers_politely(self):
        self.emulate()
        self.assertEqual(self.ask("GET", "/nowhere").status, 404)
        wrong = self.ask("GET", self.models() + ":predictLongRunning")
        self.assertEqual((wrong.status, wrong.headers["Allow"]), (405, "POST"))
        log = self.log()
        self.assertEqual(set(log[0]), {"method", "path", "status", "body_sha256"})
        self.assertEqual(log[0]["body_sha256"], hashlib.sha256(b"").hexdigest())


if __name__ == "__main__":
    unittest.main()
