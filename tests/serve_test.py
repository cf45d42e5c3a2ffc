"""The HTTP API of `videogen serve`, from end to end."""

import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
import unittest
import warnings

import program
from serving import ENDS, Emulated, ServeTest, SlowPlace, form, without_times

LOOPBACK = ("--allow-net", "127.0.0.0/8")
QUICK = {"profile": "quick"}


class Api(ServeTest):
    def test_a_clip_that_is_sent_is_judged_as_the_program_judges_it(self):
        clip = self.clip()
        service = self.serve()
        answer = service.upload(clip)
        self.assertEqual(answer.status, 202, answer.body)
        accepted = answer.json()
        self.assertEqual(answer.headers["Location"], f"/v1/jobs/{accepted['id']}")
        self.assertEqual(accepted["status"], "queued")
        job = service.wait(accepted["id"])
        self.assertEqual((job["status"], job["progress"], job["error"]), ("completed", 1, None))
        alone = self.report("clip.mp4")
        self.assertEqual(without_times(job["result"]), without_times(alone))
        program.check_report(job["result"])
        report = service.get(job["links"]["report"])
        self.assertEqual(report.json(), job["result"])
        self.assertIn("Accept", report.headers["Vary"])
        page = service.get(job["links"]["report"], Accept="text/html,*/*;q=0.8")
        self.assertEqual(page.headers["Content-Type"], "text/html; charset=utf-8")
        self.assertIn(b"<!doctype html>", page.body)
        self.assertIn(b'src="output"', page.body)
        self.problem(service.get(job["links"]["report"], Accept="image/png"), 406)
        again = service.get(job["links"]["report"], If_None_Match=report.headers["ETag"])
        self.assertEqual((again.status, again.body), (304, b""))

    def test_a_page_is_made_when_it_is_asked_for_and_kept(self):
        clip = self.sample("cut.mp4", "--size", "96x64", "--defect", "cut@1.5").read_bytes()
        (self.folder / "files").mkdir()
        (self.folder / "files/cut.mp4").write_bytes(clip)
        service = self.serve("--files", "files")
        job = service.wait(service.upload(clip).json()["id"])
        folder = self.folder / "data/jobs" / job["id"]
        self.assertFalse((folder / "report.html").exists())
        kept_before = self.gauge(service, "videogen_kept_bytes")
        pages, lock = [], threading.Lock()

        def open_it(path=job["links"]["report"]):
            answer = service.get(path, Accept="text/html")
            with lock:
                pages.append((answer.status, answer.headers["ETag"], answer.body))

        threads = [threading.Thread(target=open_it) for _ in range(6)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        self.assertEqual(len(set(pages)), 1, "the same page for all")
        self.assertEqual(pages[0][0], 200)
        page = (folder / "report.html").read_bytes()
        self.assertEqual(pages[0][2], page)
        self.assertGreater(page.count(b"data:image/jpeg"), 4)
        self.assertEqual(self.gauge(service, "videogen_kept_bytes") - kept_before, len(page))
        # Anew, by a service that was started since: the same bytes.
        service.end()
        (folder / "report.html").unlink()
        service = self.serve("--files", "files")
        open_it()
        self.assertEqual(pages[-1], pages[0])
        # Where the clip is not the job's it may be gone by then: that page is made at once.
        other = service.wait(service.submit(body={"uri": "cut.mp4"}).json()["id"])
        at_once = (self.folder / "data/jobs" / other["id"] / "report.html").read_bytes()
        pictures = re.compile(rb'"data:image/jpeg;base64,[^"]+"')
        self.assertEqual(pictures.findall(at_once), pictures.findall(page))
        # What cannot be read any more is said.
        broken = service.wait(service.upload(clip).json()["id"])
        next((self.folder / "data/jobs" / broken["id"]).glob("input*")).write_bytes(b"gone")
        answer = service.get(broken["links"]["report"], Accept="text/html")
        self.problem(answer, 422)
        self.assertEqual(service.get(broken["links"]["report"]).status, 200)
        plain = service.wait(service.upload(clip, pictures="false").json()["id"])
        self.assertNotIn(b"data:image/jpeg",
                         service.get(plain["links"]["report"], Accept="text/html").body)

    def gauge(self, service, name):
        text = service.get("/metrics").body.decode()
        return float(re.search(rf"^{name} (\S+)$", text, re.MULTILINE)[1])

    def test_every_route_of_the_description_answers_as_it_says(self):
        service = self.serve()
        document = service.get("/openapi.json").json()
        job = service.wait(service.upload(self.clip(), **QUICK).json()["id"])
        bodies = {
            "/v1/validations": {"uri": "https://clips.invalid/a.mp4"},
            "/v1/enhancements": {"uri": "https://clips.invalid/a.mp4"},
            "/v1/generations": {"prompt": "a lighthouse"},
            "/mcp": {"jsonrpc": "2.0", "id": 1, "method": "ping"},
            "/a2a": {"jsonrpc": "2.0", "id": 1, "method": "ListTasks", "params": {}},
        }
        bodies["/a2a/"] = bodies["/a2a"]
        for way in ("send", "stream"):
            bodies[f"/a2a/v1/message:{way}"] = {"message": {
                "messageId": way, "role": "ROLE_USER", "parts": [{"text": "help"}]}}
        push = "/a2a/v1/tasks/{task}/pushNotificationConfigs"
        bodies[push] = {"id": "one", "url": "https://hooks.example/"}
        called = set()
        for path, methods in document["paths"].items():
            for method in methods.keys() & {"get", "post", "delete", "put"}:
                with self.subTest(path=path, method=method):
                    target = path.replace("{id}", "one" if push in path else job["id"])
                    target = target.replace("{task}", job["id"])
                    if target.endswith("/one"):  # what is asked for is there
                        service.ask("POST", target.removesuffix("/one"), bodies[push])
                    if path == "/v1/events":
                        first = next(service.events(target, last=0))[1]
                        self.assertEqual((first["job"], first["status"]), (job["id"], "queued"))
                        status, kind = 200, "text/event-stream"
                    elif path == "/login":
                        answer = service.ask("POST", path, b"token=x", {
                            "Content-Type": "application/x-www-form-urlencoded"})
                        status, kind = answer.status, None
                    else:
                        answer = service.ask(method.upper(), target, bodies.get(path))
                        status = answer.status
                        kind = (answer.headers["Content-Type"] or "").split(";")[0]
                    known = methods[method]["responses"]
                    self.assertIn(str(status), known)
                    self.assertNotIn(status, (404, 405, 415, 500))
                    kinds = known[str(status)].get("content", {})
                    if kinds and not kind.startswith("video/"):
                        self.assertIn(kind, kinds)
                    called.add((path, method))
            wrong = service.ask("PUT", target, b"")
            self.problem(wrong, 405)
            allowed = set(wrong.headers["Allow"].split(", ")) - {"HEAD"}
            named = {m.upper() for m in methods.keys() & {"get", "post", "delete"}}
            # "/tasks/{id}" fits "/tasks/{id}:cancel", too.
            self.assertTrue(named == allowed or ":" in path and named <= allowed, path)
        self.assertGreaterEqual(len(called), 35)

    def test_a_hundred_requests_at_once_end_well(self):
        clip = self.clip()
        service = self.serve("--workers", "2")
        ids, lock = [], threading.Lock()

        def one(_):
            answer = service.upload(clip, **QUICK)
            with lock:
                ids.append(answer.json()["id"] if answer.status == 202 else answer.status)

        threads = [threading.Thread(target=one, args=(i,)) for i in range(100)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        self.assertEqual(len(set(ids)), 100, ids)
        reports = [service.wait(identifier)["result"] for identifier in ids]
        alone = without_times(self.report("clip.mp4", "--profile", "quick"))
        for report in reports:
            self.assertEqual(without_times(report) | {"source": None}, alone | {"source": None})
        resident = pathlib.Path(f"/proc/{service.process.pid}/status").read_text()
        peak_kb = int(next(l for l in resident.splitlines() if l.startswith("VmHWM")).split()[1])
        self.assertLess(peak_kb, 800_000)
        page = service.get("/v1/jobs?limit=30").json()
        seen = [job["id"] for job in page["jobs"]]
        while "next" in page:
            page = service.get(f"/v1/jobs?limit=30&page={page['next']}").json()
            seen += [job["id"] for job in page["jobs"]]
        self.assertEqual((len(seen), set(seen), page["total"]), (100, set(ids), 100))

    def test_what_is_wrong_with_a_request_is_said_in_one_line(self):
        service = self.serve("--max-upload", "100000")
        clip = self.clip()
        self.problem(service.submit(body={"uri": "https://a.invalid/", "fsp": 2}), 400,
                     "fsp: there is no such member.*did you mean fps")
        self.problem(service.submit(body={"uri": "https://a.invalid/", "fps": 0}), 400, "fps")
        self.problem(service.submit(body={"uri": "https://a.invalid/", "threshold": "x"}), 400)
        self.problem(service.submit(body={"uri": "https://a.invalid/", "profile": "slow"}), 400)
        self.problem(service.submit(body={"uri": 5}), 400, "uri")
        self.problem(service.submit(body={}), 400, "a clip is needed")
        self.problem(service.submit(body=[]), 400, "no JSON object")
        self.problem(service.ask("POST", "/v1/validations", b"{", {
            "Content-Type": "application/json"}), 400)
        self.problem(service.ask("POST", "/v1/validations", b"{}", {
            "Content-Type": "text/plain"}), 415)
        self.problem(service.ask("POST", "/v1/validations", b"x", {
            "Content-Type": "multipart/form-data; boundary=b"}), 400)
        self.problem(service.upload(clip, uri="https://a.invalid/"), 400, "two clips")
        self.problem(service.upload(b""), 400, "empty")
        self.problem(service.upload(b"x" * 100001), 413)
        self.problem(service.upload(b"x" * 3_000_000), 413)
        self.assertEqual(service.upload(clip + b"\0" * (100000 - len(clip))).status, 202)
        self.problem(service.submit("enhancements", {"uri": "https://a.invalid/"}), 501)
        self.problem(service.submit("generations", {"prompt": "x"}), 501, "back end")
        self.problem(service.get("/v1/jobs?limit=0"), 400)
        self.problem(service.get("/v1/jobs?page=x"), 400)
        self.problem(service.get("/v1/jobs?color=red"), 400)
        self.problem(service.get("/v1/jobs/none"), 404)
        self.problem(service.get("/v2"), 404)
        job = service.wait(service.upload(b"not a video at all").json()["id"])
        self.assertEqual(job["status"], "failed")
        self.assertEqual((job["error"]["code"], job["error"]["exit_code"]), ("corrupt", 3))
        self.problem(service.get(job["links"]["self"] + "/report"), 404)

    def test_a_clip_is_served_in_ranges(self):
        service = self.serve()
        clip = self.clip()
        path = service.wait(service.upload(clip, **QUICK).json()["id"])["links"]["output"]
        whole = service.get(path)
        self.assertEqual((whole.status, whole.body, whole.headers["Accept-Ranges"]),
                         (200, clip, "bytes"))
        part = service.get(path, Range="bytes=5-14")
        self.assertEqual((part.status, part.body), (206, clip[5:15]))
        self.assertEqual(part.headers["Content-Range"], f"bytes 5-14/{len(clip)}")
        self.assertEqual(service.get(path, Range="bytes=-4").body, clip[-4:])
        beyond = service.get(path, Range=f"bytes={len(clip)}-")
        self.assertEqual((beyond.status, beyond.headers["Content-Range"]),
                         (416, f"bytes */{len(clip)}"))
        self.problem(beyond, 416, "Content-Range")
        tag = whole.headers["ETag"]
        self.assertEqual(service.get(path, Range="bytes=0-1", If_Range=tag).status, 206)
        self.assertEqual(service.get(path, Range="bytes=0-1", If_Range='"other"').status, 200)
        self.assertEqual(service.get(path, If_None_Match=tag).status, 304)
        head = service.ask("HEAD", path)
        self.assertEqual((head.status, head.body, head.headers["Content-Length"]),
                         (200, b"", str(len(clip))))

    def test_a_key_that_is_used_again_gives_the_same_job(self):
        service = self.serve()
        clip = self.clip()
        ids, lock = [], threading.Lock()

        def one():
            answer = service.upload(clip, headers={"Idempotency-Key": "k1"}, **QUICK)
            with lock:
                ids.append(answer.json()["id"])

        threads = [threading.Thread(target=one) for _ in range(8)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        self.assertEqual(len(set(ids)), 1)
        service.wait(ids[0])
        service.kill()
        service = self.serve()
        again = service.upload(clip, headers={"Idempotency-Key": "k1"}, **QUICK)
        self.assertEqual((again.json()["id"], again.headers["Idempotent-Replayed"]),
                         (ids[0], "true"))
        self.problem(service.upload(clip + b"\0", headers={"Idempotency-Key": "k1"}, **QUICK), 409)
        self.problem(service.upload(clip, headers={"Idempotency-Key": "k1"}), 409)
        self.problem(service.upload(clip, headers={"Idempotency-Key": ""}), 400)
        self.assertEqual(service.get("/v1/jobs").json()["total"], 1)

    def test_events_go_on_where_they_stopped_and_are_never_silent(self):
        clip = self.clip()
        with SlowPlace(clip) as place:
            service = self.serve("--workers", "1", *LOOPBACK)
            first = service.submit(body={"uri": place.url(), **QUICK}).json()["id"]
            waiting = service.submit(body={"uri": place.url(), **QUICK}).json()["id"]
            began = time.monotonic()
            stream = service.events(f"/v1/jobs/{waiting}/events")
            self.assertEqual(next(stream)[1]["status"], "queued")
            self.assertIsNone(next(stream), "a comment while it waits")
            self.assertLess(time.monotonic() - began, 3.5)
            head = [next(service.events(f"/v1/jobs/{first}/events"))]
            service.kill()
        service = self.serve("--workers", "1", *LOOPBACK)
        job = service.wait(first)
        self.assertEqual(job["status"], "failed", "its address is gone after the restart")
        rest = [e for e in service.events(f"/v1/jobs/{first}/events", last=head[0][0]) if e]
        every = [e for e in service.events(f"/v1/jobs/{first}/events") if e]
        self.assertEqual(head + rest, every)
        ids = [identifier for identifier, _ in every]
        self.assertEqual(ids, sorted(set(ids)))
        self.assertEqual([d["status"] for _, d in every].count("failed"), 1)
        self.assertEqual(every[-1][1]["status"], "failed")
        self.assertEqual(list(service.events(f"/v1/jobs/{first}/events", last=ids[-1])), [])
        self.problem(service.get(f"/v1/jobs/{first}/events", Last_Event_ID="x"), 400)

    def test_a_full_queue_says_when_to_come_again(self):
        clip = self.clip()
        with SlowPlace(clip) as place:
            service = self.serve("--workers", "1", "--queue", "2", *LOOPBACK)
            running = service.submit(body={"uri": place.url(), **QUICK}).json()["id"]
            service.wait(running, "running")
            queued = [service.submit(body={"uri": place.url(), **QUICK}) for _ in range(3)]
            self.assertEqual([a.status for a in queued], [202, 202, 429])
            self.problem(queued[2], 429, "queue is full")
            self.assertEqual(queued[2].json()["exit_code"], 6)
            self.assertGreaterEqual(int(queued[2].headers["Retry-After"]), 1)
            ids = [a.json()["id"] for a in queued[:2]]
            cancelled = service.ask("DELETE", f"/v1/jobs/{ids[0]}").json()
            self.assertEqual(cancelled["status"], "cancelled")
            self.assertEqual(service.submit(body={"uri": place.url(), **QUICK}).status, 202)
            service.ask("DELETE", f"/v1/jobs/{running}")
            self.assertEqual(service.wait(running, within=10)["status"], "cancelled")
            self.problem(service.get(f"/v1/jobs/{running}/report"), 404)
            self.problem(service.get(f"/v1/jobs/{service.wait(ids[1], 'running')['id']}/report"),
                         409)
            place.released.set()
            self.assertEqual(service.wait(ids[1])["status"], "completed")
            self.assertEqual(service.ask("DELETE", f"/v1/jobs/{ids[1]}").json()["status"],
                             "completed")


class Tenants(ServeTest):
    def test_tokens_part_the_callers(self):
        (self.folder / "tokens").write_text("# who\nanna token-of-anna\ntoken-of-nobody\n\n"
                                            "anna second-of-anna\n")
        service = self.serve("--token-file", "tokens")
        self.problem(service.get("/v1/jobs"), 401)
        self.assertEqual(service.get("/v1/jobs").headers["WWW-Authenticate"].split()[0], "Bearer")
        self.assertEqual(service.get("/healthz").status, 200)
        self.assertEqual(service.get("/readyz").status, 200)
        self.problem(service.get("/metrics"), 401)
        for wrong in ("Bearer token-of-ann", "Bearer ", "Basic token-of-anna", "token-of-anna"):
            self.problem(service.get("/v1/jobs", Authorization=wrong), 401)
        service.token = "token-of-anna"
        job = service.wait(service.upload(self.clip(), headers={"Idempotency-Key": "k"}, **QUICK)
                           .json()["id"])
        service.token = "second-of-anna"
        self.assertEqual(service.job(job["id"])["status"], "completed")
        service.token = "token-of-nobody"
        for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/events"), ("GET", "/report"),
                             ("GET", "/output")):
            there = service.ask(method, f"/v1/jobs/{job['id']}{path}")
            nowhere = service.ask(method, f"/v1/jobs/{'0' * 32}{path}")
            self.problem(there, 404)
            self.assertEqual(there.body.replace(job["id"].encode(), b"0" * 32), nowhere.body)
        self.assertEqual(service.get("/v1/jobs").json(), {"jobs": [], "total": 0})
        other = service.upload(self.clip(), headers={"Idempotency-Key": "k"}, **QUICK)
        self.assertNotEqual(other.json()["id"], job["id"], "keys are a tenant's own")
        # Whoever shows no token is turned away before a body is read.
        service.token = None
        with socket.create_connection(("127.0.0.1", service.port), timeout=10) as client:
            client.sendall(b"POST /v1/validations HTTP/1.1\r\nHost: localhost\r\n"
                           b"Content-Length: 900000000\r\n\r\n")
            self.assertIn(b" 401 ", client.recv(4096))

    def test_the_page_keeps_its_token_in_a_cookie(self):
        (self.folder / "tokens").write_text("sesame\n")
        service = self.serve("--token-file", "tokens")
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        self.problem(service.ask("POST", "/login", b"token=wrong", form), 401)
        browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
        for sent, said in ((b"token=wrong", b"No such token."), (b"token=", b"A token is needed.")):
            page = service.ask("POST", "/login", sent, form | browser)
            self.assertEqual((page.status, page.headers["Content-Type"]),
                             (401, "text/html; charset=utf-8"))
            self.assertIn(said, page.body)
            self.assertIn(b'action="/login"', page.body)
        page = service.ask("GET", "/v1/jobs", headers=browser)
        self.assertEqual(page.status, 401)
        self.assertIn(b'action="/login"', page.body)
        self.problem(service.ask("DELETE", "/v1/jobs/x", headers=browser), 401)
        answer = service.ask("POST", "/login", b"token=sesame", form)
        self.assertEqual((answer.status, answer.headers["Location"]), (303, "/"))
        cookie = answer.headers["Set-Cookie"]
        for attribute in ("HttpOnly", "SameSite=Strict", "Path=/"):
            self.assertIn(attribute, cookie)
        service.token = "unused"
        jar = {"Cookie": "a=b; " + cookie.split(";")[0]}
        self.assertEqual(service.ask("GET", "/v1/jobs", headers=jar).status, 200)
        self.problem(service.ask("GET", "/v1/jobs", headers={"Cookie": "videogen_token=x"}), 401)
        self.assertIn("Max-Age=0", service.ask("POST", "/logout").headers["Set-Cookie"])

    def test_a_service_that_anybody_could_reach_is_refused(self):
        self.refuse(2, "--token-file", "serve", "--listen", "0.0.0.0:0", "--data", "d")
        (self.folder / "empty").write_text("# nothing\n\n")
        self.refuse(2, "no token", "serve", "--token-file", "empty", "--data", "d")
        (self.folder / "three").write_text("a b c\n")
        self.refuse(2, "line 1", "serve", "--token-file", "three", "--data", "d")
        self.refuse(4, "no such file", "serve", "--token-file", "absent", "--data", "d")

    def test_tokens_are_read_again_at_a_hangup(self):
        tokens = self.folder / "tokens"
        tokens.write_text("anna one\n")
        service = self.serve("--token-file", "tokens")

        def hang_up():
            before = len(service.log)
            service.process.send_signal(signal.SIGHUP)
            deadline = time.monotonic() + 20
            while len(service.log) == before and time.monotonic() < deadline:
                time.sleep(0.02)
            return json.loads(service.log[-1])

        service.token = "one"
        job = service.wait(service.upload(self.clip(), **QUICK).json()["id"])
        tokens.write_text("anna two\n")
        self.assertEqual(service.get("/v1/jobs").status, 200, "nobody said so yet")
        said = hang_up()
        self.assertEqual((said["event"], said["level"]), ("reloaded", "info"))
        self.problem(service.get("/v1/jobs"), 401)
        service.token = "two"
        self.assertEqual(service.job(job["id"])["status"], "completed")
        for bad in ("", "a b c\n"):
            tokens.write_text(bad)
            said = hang_up()
            self.assertEqual((said["event"], said["level"]), ("reload_failed", "error"))
            self.assertRegex(said["message"], "tokens.*the tokens before stay")
            self.assertEqual(service.get("/v1/jobs").status, 200)
        self.assertEqual(service.end(), 0)
        # With nothing to read again it means what it always does.
        plain = self.serve(data="other")
        plain.process.send_signal(signal.SIGHUP)
        self.assertEqual(plain.process.wait(20), 0)

    def test_a_certificate_is_read_again_at_a_hangup(self):
        import ssl
        golden = program.SOURCE / "tests/golden/tls"
        if not shutil.which("openssl"):
            self.skipTest("no openssl program")
        for name in ("certificate", "key"):
            (self.folder / f"{name}.pem").write_bytes((golden / f"{name}.pem").read_bytes())
        process = self.start("serve", "--listen", "127.0.0.1:0", "--data", "d", "--tls-cert",
                             "certificate.pem", "--tls-key", "key.pem")
        for cleanup in (process.stderr.close, process.stdout.close, process.wait, process.kill):
            self.addCleanup(cleanup)
        port = int(process.stdout.readline().rsplit(b":", 1)[1])

        def shown():
            return ssl.get_server_certificate(("127.0.0.1", port))

        def hang_up(event):
            process.send_signal(signal.SIGHUP)
            for line in process.stderr:
                if json.loads(line)["event"] in ("reloaded", "reload_failed"):
                    self.assertEqual(json.loads(line)["event"], event)
                    return

        context = ssl.create_default_context(cafile=golden / "certificate.pem")
        before = shown()
        kept = http.client.HTTPSConnection("localhost", port, context=context, timeout=20)
        self.addCleanup(kept.close)
        kept.request("GET", "/healthz")
        kept.getresponse().read()
        (self.folder / "certificate.pem").write_text("no certificate")
        hang_up("reload_failed")
        self.assertEqual(shown(), before)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-subj",
                        "/CN=localhost", "-keyout", "key.pem", "-out", "certificate.pem"],
                       cwd=self.folder, check=True, capture_output=True)
        hang_up("reloaded")
        self.assertNotEqual(shown(), before)
        self.assertEqual(shown().split(), (self.folder / "certificate.pem").read_text().split())
        kept.request("GET", "/healthz")  # goes on as it began
        self.assertEqual(kept.getresponse().status, 200)

    def test_tls_is_spoken_where_a_certificate_is_given(self):
        import ssl
        golden = program.SOURCE / "tests/golden/tls"
        process = self.start("serve", "--listen", "127.0.0.1:0", "--data", "d", "--tls-cert",
                             str(golden / "certificate.pem"), "--tls-key", str(golden / "key.pem"))
        for cleanup in (process.stderr.close, process.stdout.close, process.wait, process.kill):
            self.addCleanup(cleanup)
        line = process.stdout.readline().decode()
        self.assertRegex(line, r"https://127\.0\.0\.1:\d+")
        port = int(line.rsplit(":", 1)[1])
        context = ssl.create_default_context(cafile=golden / "certificate.pem")
        for _ in range(3):
            connection = http.client.HTTPSConnection("localhost", port, context=context, timeout=20)
            clip = self.clip()
            body, kind = form(clip, "clip.mp4", QUICK)
            connection.request("POST", "/v1/validations", body, {"Content-Type": kind})
            answer = connection.getresponse()
            self.assertEqual(answer.status, 202)
            path = json.load(answer)["links"]["output"]
            connection.request("GET", path)  # the connection goes on
            self.assertEqual(connection.getresponse().read(), clip)
            connection.close()
        with socket.create_connection(("127.0.0.1", port), timeout=20) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.assertNotIn(b"HTTP/1.1 2", plain.recv(4096))
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        with warnings.catch_warnings(action="ignore"):  # that version is what is tested
            old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        with socket.create_connection(("127.0.0.1", port)) as wire, self.assertRaises(ssl.SSLError):
            old.wrap_socket(wire)
        self.refuse(2, "give both", "serve", "--data", "e", "--tls-cert", "x")
        self.refuse(4, "no such file", "serve", "--data", "e", "--tls-cert", "x", "--tls-key", "y")
        self.refuse(3, "certificate chain", "serve", "--listen", "127.0.0.1:0", "--data", "e",
                    "--tls-cert", str(golden / "key.pem"), "--tls-key", str(golden / "key.pem"))

    def test_pages_of_other_places_are_refused_on_every_route(self):
        service = self.serve()
        for path in ("/healthz", "/v1/jobs", "/metrics", "/openapi.json", "/nothing", "/login"):
            with self.subTest(path=path):
                self.problem(service.get(path, Origin="http://evil.example"), 403)
                self.problem(service.get(path, Origin="null"), 403)
                self.problem(service.get(path, Origin=f"http://localhost:{service.port + 1}"), 403)
                self.problem(service.get(path, Host="evil.example"), 421)
                self.problem(service.get(path, Host=f"evil.example:{service.port}"), 421)
        own = f"http://127.0.0.1:{service.port}"
        answer = service.get("/v1/jobs", Origin=own)
        self.assertEqual(answer.status, 200)
        self.assertIsNone(answer.headers["Access-Control-Allow-Origin"])
        self.assertEqual(service.get("/v1/jobs", Host=f"localhost:{service.port}").status, 200)
        for name in ("X-Content-Type-Options", "Content-Security-Policy", "Referrer-Policy"):
            self.assertIsNotNone(answer.headers[name])
        named = self.serve("--root-url", "https://clips.example", data="other")
        self.assertEqual(named.get("/v1/jobs", Host="clips.example",
                                   Origin="https://clips.example").status, 200)


class Inputs(ServeTest):
    def test_local_paths_lead_nowhere_but_below_the_folder(self):
        clip = self.clip()
        allowed = self.folder / "allowed"
        (allowed / "inner").mkdir(parents=True)
        (allowed / "a.mp4").write_bytes(clip)
        (self.folder / "allowed-not").mkdir()
        (self.folder / "allowed-not/a.mp4").write_bytes(clip)
        (self.folder / "secret.mp4").write_bytes(clip)
        (allowed / "link.mp4").symlink_to("../secret.mp4")
        (allowed / "absolute.mp4").symlink_to(self.folder / "secret.mp4")
        (allowed / "folder").symlink_to("..")
        (allowed / "good.mp4").symlink_to("a.mp4")
        (allowed / "inner/up.mp4").symlink_to("../a.mp4")
        os.mkfifo(allowed / "pipe.mp4")
        service = self.serve("--files", "allowed")
        for name in ("a.mp4", "./inner/../a.mp4", str(allowed / "a.mp4"), "good.mp4",
                     "inner/up.mp4", f"file://{allowed}/a.mp4"):
            with self.subTest(name=name):
                answer = service.submit(body={"uri": name, **QUICK})
                self.assertEqual(answer.status, 202, answer.body)
                self.assertEqual(service.wait(answer.json()["id"])["status"], "completed")
        for name in ("../secret.mp4", "link.mp4", "absolute.mp4", "folder/secret.mp4",
                     str(self.folder / "secret.mp4"), "/etc/passwd", "../allowed-not/a.mp4",
                     f"file://{self.folder}/secret.mp4", "file:///etc/passwd", ".", "inner",
                     "pipe.mp4", "inner/../../secret.mp4", "file://%2e%2e/secret.mp4", "a\0.mp4",
                     "../nothing-there"):
            with self.subTest(name=name):
                self.problem(service.submit(body={"uri": name, **QUICK}), 400)
        self.problem(service.submit(body={"uri": "absent.mp4"}), 404)
        # A link that is put there after the request was accepted.
        closed = self.serve(data="other")
        self.problem(closed.submit(body={"uri": str(allowed / "a.mp4")}), 400, "--files")

    def test_what_is_no_http_leaves_the_service_alive(self):
        service = self.serve()
        job = b"POST /v1/validations HTTP/1.1\r\nHost: localhost\r\n"
        for wire in (b"", b"\0" * 100, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
                     b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                     b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n",
                     b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20000 + b"\r\n",
                     job + b"Content-Length: -1\r\n\r\n",
                     job + b"Content-Length: 99999999999999999999\r\n\r\n",
                     job + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
                     job + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
                     job + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
                     job + b"Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{\"a\":\xff\xfe}",
                     job + b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 5\r\n"
                           b"\r\n--b\r\n",
                     b"GET /v1/jobs/%00%ff/../.. HTTP/1.1\r\nHost: localhost\r\n\r\n",
                     b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"):
            with socket.create_connection(("127.0.0.1", service.port), timeout=5) as client:
                client.sendall(wire)
                client.shutdown(socket.SHUT_WR)
                answer = b""
                while piece := client.recv(65536):
                    answer += piece
                if answer:
                    self.assertRegex(answer[:12], rb"HTTP/1\.1 4|HTTP/1\.1 505", wire[:60])
        idle = [socket.create_connection(("127.0.0.1", service.port)) for _ in range(200)]
        self.assertEqual(service.get("/healthz").status, 200)
        [client.close() for client in idle]
        self.assertEqual(service.wait(service.upload(self.clip(), **QUICK).json()["id"])["status"],
                         "completed")
        self.assertIsNone(service.process.poll())


class Crashes(ServeTest):
    def ends_of(self, service, identifier):
        events = [e for e in service.events(f"/v1/jobs/{identifier}/events") if e]
        return [data["status"] for _, data in events
                if data["type"] == "state" and data["status"] in ENDS]

    def test_no_accepted_job_is_lost_or_ends_twice_however_often_it_is_killed(self):
        clip = self.clip()
        accepted = []
        for round_ in range(4):
            service = self.serve("--workers", "2")
            stop = threading.Event()

            def load():
                while not stop.is_set():
                    try:
                        answer = service.upload(clip, **QUICK)
                    except OSError:
                        return
                    except Exception:  # half an answer
                        return
                    if answer.status == 202:
                        accepted.append(answer.json()["id"])

            threads = [threading.Thread(target=load) for _ in range(4)]
            [thread.start() for thread in threads]
            time.sleep(0.3 + 0.13 * round_)
            service.kill()
            stop.set()
            [thread.join() for thread in threads]
        self.assertGreater(len(accepted), 20)
        service = self.serve("--workers", "2")
        for identifier in accepted:
            self.assertEqual(service.wait(identifier)["status"], "completed")
            self.assertEqual(self.ends_of(service, identifier), ["completed"])
        self.assertEqual(service.end(), 0)
        left = [p for p in (self.folder / "data/incoming").iterdir()]
        self.assertEqual(left, [])

    def test_a_signal_lets_running_jobs_end_and_keeps_the_others(self):
        clip = self.clip()
        with SlowPlace(clip) as place:
            service = self.serve("--workers", "1", *LOOPBACK)
            running = service.submit(body={"uri": place.url(), **QUICK}).json()["id"]
            service.wait(running, "running")
            queued = service.upload(clip, **QUICK).json()["id"]
            service.process.send_signal(signal.SIGTERM)
            deadline = time.monotonic() + 5
            while service.get("/readyz").status != 503 and time.monotonic() < deadline:
                time.sleep(0.02)
            self.problem(service.upload(clip, **QUICK), 503)
            self.assertEqual(service.job(running)["status"], "running")
            place.released.set()
            self.assertEqual(service.process.wait(30), 0)
        service = self.serve(*LOOPBACK)
        self.assertEqual(service.job(running)["status"], "completed")
        self.assertEqual(service.wait(queued)["status"], "completed")
        # One that does not end within the deadline waits for the next start.
        with SlowPlace(clip) as place:
            stuck = service.submit(body={"uri": place.url(), **QUICK}).json()["id"]
            service.wait(stuck, "running")
            service.end()
            other = self.serve("--drain", "0.2", *LOOPBACK)
            self.assertEqual(other.wait(stuck, "running")["runs"], 1)
            began = time.monotonic()
            self.assertEqual(other.end(), 0)
            self.assertLess(time.monotonic() - began, 5)
            place.released.set()
            last = self.serve(*LOOPBACK)
            self.assertEqual(last.wait(stuck)["status"], "completed")

    def test_one_process_owns_a_folder(self):
        self.serve()
        self.refuse(4, "another process serves from data", "serve", "--listen", "127.0.0.1:0",
                    "--data", "data")

    def test_a_damaged_database_is_kept_and_an_empty_one_begun(self):
        service = self.serve()
        service.wait(service.upload(self.clip(), **QUICK).json()["id"])
        service.end()
        database = self.folder / "data/jobs.sqlite"
        for damage in (b"this is no database" * 100, b""):
            with self.subTest(damage=len(damage)):
                bytes_ = damage or database.read_bytes()[:4096] + os.urandom(8192)
                database.write_bytes(bytes_)
                service = self.serve()
                self.assertEqual(service.get("/v1/jobs").json()["total"], 0)
                job = service.wait(service.upload(self.clip(), **QUICK).json()["id"])
                self.assertEqual(job["status"], "completed")
                service.end()
                self.assertTrue(any("damaged" in line for line in service.log), service.log)
        kept = [p.read_bytes() for p in self.folder.glob("data/jobs.sqlite.damaged-*")
                if not p.name.endswith(("-wal", "-shm"))]
        self.assertIn(b"this is no database" * 100, kept)

    def test_jobs_go_when_their_time_is_over(self):
        service = self.serve("--retention", "0.0002")
        job = service.wait(service.upload(self.clip(), **QUICK).json()["id"])
        service.end()
        service = self.serve("--retention", "0.0002")
        deadline = time.monotonic() + 20
        while service.get(f"/v1/jobs/{job['id']}").status != 404:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.2)
        self.assertFalse((self.folder / "data/jobs" / job["id"]).exists())

    def test_a_quota_drops_the_oldest_ended_jobs(self):
        clip = self.clip()
        service = self.serve("--quota", str(len(clip) * 4))
        ids = []
        for _ in range(6):
            ids.append(service.upload(clip, **QUICK).json()["id"])
            service.wait(ids[-1])
        left = {job["id"] for job in service.get("/v1/jobs").json()["jobs"]}
        self.assertIn(ids[-1], left)
        self.assertNotIn(ids[0], left)
        self.problem(service.upload(b"x" * (len(clip) * 3 + 500000)), 507)


class Watching(ServeTest):
    def test_what_happens_is_counted_and_logged(self):
        service = self.serve()
        clip = self.sample("longer.mp4", "--size", "96x64").read_bytes()
        job = service.wait(service.upload(clip, **QUICK).json()["id"])
        service.get("/v1/jobs/none")
        deadline = time.monotonic() + 10
        while "videogen_jobs_total{" not in (text := service.get("/metrics").body.decode()):
            self.assertLess(time.monotonic(), deadline)
        samples = {}
        for line in text.splitlines():
            if not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                self.assertTrue(name.startswith("videogen_"), line)
                samples[name] = float(value)
        self.assertEqual(samples['videogen_jobs_total{skill="validate",state="completed"}'], 1)
        self.assertEqual(samples['videogen_coherence_count'], 1)
        self.assertEqual(samples['videogen_jobs_queued'], 0)
        self.assertGreater(samples['videogen_kept_bytes'], 1000)
        self.assertEqual(samples['videogen_stage_duration_seconds_count{skill="validate",'
                                 'stage="validate"}'], 1)
        self.assertEqual(samples['videogen_http_requests_total{method="GET",'
                                 'route="/v1/jobs/{id}",status="404"}'], 1)
        self.assertEqual(samples["videogen_batched_items"], 3, "a sample a second")
        self.assertEqual(samples["videogen_embedding_cache_hits"], 0)
        service.end()
        lines = [json.loads(line) for line in service.log]
        events = [line["event"] for line in lines if line.get("job") == job["id"]]
        self.assertEqual(events, ["job_queued", "job_running", "job_completed"])

    def test_the_dashboard_for_grafana_shows_what_there_is(self):
        service = self.serve()
        service.wait(service.upload(self.clip()).json()["id"])
        text = service.get("/metrics").body.decode()
        types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
        there = set()
        for name, kind in types.items():
            ends = ("_bucket", "_sum", "_count") if kind == "histogram" else ("",)
            there |= {name + end for end in ends}
        shown = set(re.findall(r"videogen_\w+", (program.SOURCE / "docs/grafana.json").read_text()))
        # A counter with labels is there once something was counted.
        self.assertEqual(shown - there - {"videogen_jobs_refused_total"}, set())
        gauges = {name for name, kind in types.items() if kind == "gauge"}
        self.assertEqual(gauges - shown, set())

    def test_what_was_embedded_before_is_not_embedded_again(self):
        clip = self.sample("longer.mp4", "--size", "96x64").read_bytes()
        reports = []
        for _ in range(2):
            service = self.serve()
            reports.append(service.wait(service.upload(clip, **QUICK).json()["id"])["result"])
            text = service.get("/metrics").body.decode()
            service.end()
        self.assertIn("\nvideogen_embedding_cache_hits 3\n", text)
        self.assertIn("\nvideogen_batched_items 0\n", text)
        self.assertEqual(without_times(reports[0]), without_times(reports[1]))


class Generations(Emulated, ServeTest):
    def test_an_order_is_sent_once_whenever_the_service_dies(self):
        environment = self.emulate()
        ids = []
        for i in range(4):
            service = self.serve("--poll", "0.1", environment=environment)
            ids.append(service.submit("generations", {"prompt": f"a lighthouse, {i}", "seconds": 4,
                                                      "threshold": 0.2}).json()["id"])
            time.sleep(0.12 + 0.35 * i)
            service.kill()
        service = self.serve("--poll", "0.1", environment=environment)
        delivered = 0
        for identifier in ids:
            job = service.wait(identifier)
            # A reply that nobody saw is reported, and not asked for again.
            self.assertIn(job["status"], ("completed", "failed"))
            self.assertIsNotNone(job["result"], job)
            attempts = job["result"]["attempts"]
            self.assertEqual(len(attempts), 1)
            if job["status"] == "failed":
                self.assertEqual(attempts[0]["status"], "lost")
                continue
            delivered += 1
            clip = service.get(job["links"]["output"])
            self.assertEqual(clip.headers["Content-Type"], "video/mp4")
            self.assertEqual(clip.body[4:8], b"ftyp")
            self.assertEqual(service.get(job["links"]["report"]).json()["verdict"],
                             job["result"]["report"]["verdict"])
            self.assertEqual(job["result"]["output"], job["links"]["output"])
        self.assertGreaterEqual(delivered, 2)
        self.assertLessEqual(len(self.orders(environment)), len(ids))

    def test_what_a_job_may_spend_is_checked_before_it_is_accepted(self):
        environment = self.emulate()
        service = self.serve("--max-cost", "5", environment=environment)
        self.problem(service.submit("generations", {"prompt": "x", "max_cost": 6}), 422, "5.00 USD")
        document = self.problem(service.submit("generations", {"prompt": "x", "max_cost": 0.1}), 422,
                                "max_cost raises it")
        self.assertEqual(document["exit_code"], 6)
        self.problem(service.submit("generations", {"prompt": "x", "seconds": 7}), 400, "4, 6 or 8")
        self.problem(service.submit("generations", {}), 400, "prompt")
        self.problem(service.submit("generations", {"prompt": "x", "uri": "a"}), 400, "uri")
        self.problem(service.upload(b"no picture", kind="generations"), 400, "prompt")
        self.assertEqual(self.orders(environment), [])


if __name__ == "__main__":
    unittest.main()
