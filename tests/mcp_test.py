"""MCP over standard input and output and over HTTP, in both eras."""

import json
import subprocess
import time
import unittest

from agents import ServedTest
from program import ProgramTest

TOOLS = ["validate_video", "submit_video_job", "get_video_job", "cancel_video_job"]
MODERN = {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
          "io.modelcontextprotocol/clientCapabilities": {}}


def request(identity, method, params=None, meta=None):
    body = {"jsonrpc": "2.0", "id": identity, "method": method}
    if params is not None or meta is not None:
        body["params"] = (params or {}) | ({"_meta": meta} if meta else {})
    return body


def call(identity, tool, arguments, meta=None):
    return request(identity, "tools/call", {"name": tool, "arguments": arguments}, meta)


INITIALIZE = request(0, "initialize", {"protocolVersion": "2025-11-25", "capabilities": {},
                                       "clientInfo": {"name": "test", "version": "1"}})


class Stdio(ProgramTest):
    def begin(self, *flags):
        process = self.start("mcp", "--data", "data", "--files", str(self.folder), *flags,
                             stdin=subprocess.PIPE)
        self.addCleanup(self.finish, process)
        return process

    @staticmethod
    def finish(process):
        for stream in (process.stdin, process.stdout, process.stderr):
            stream.close()
        if process.poll() is None:
            process.kill()
        process.wait(timeout=60)

    @staticmethod
    def say(process, *messages):
        for one in messages:
            process.stdin.write((one if isinstance(one, bytes) else json.dumps(one).encode()) + b"\n")
        process.stdin.flush()

    def hear(self, process, identity):
        """The answer to `identity`, and the notifications before it."""
        told = []
        while line := process.stdout.readline():
            heard = json.loads(line)
            if heard.get("id") == identity and "method" not in heard:
                return heard, told
            told.append(heard)
        self.fail("it has ended: " + process.stderr.read().decode())
        return None

    def test_a_host_of_the_old_era_validates_a_clip(self):
        clip = self.sample("clip.mp4")
        process = self.begin()
        self.say(process, INITIALIZE, {"jsonrpc": "2.0", "method": "notifications/initialized"},
                 request("p", "ping"), request(1, "tools/list"))
        opened, _ = self.hear(process, 0)
        self.assertEqual(opened["result"]["protocolVersion"], "2025-11-25")
        self.assertEqual(self.hear(process, "p")[0]["result"], {})
        tools = self.hear(process, 1)[0]["result"]["tools"]
        self.assertEqual([tool["name"] for tool in tools], TOOLS)
        self.assertTrue(all("outputSchema" in tool for tool in tools))
        self.say(process, call(2, "validate_video", {"uri": str(clip)}, {"progressToken": "t"}))
        answer, told = self.hear(process, 2)
        result = answer["result"]
        self.assertNotIn("resultType", result)
        self.assertEqual(json.loads(result["content"][0]["text"]), result["structuredContent"])
        self.assertEqual(result["structuredContent"]["verdict"], "pass")
        self.assertTrue(result["content"][1]["uri"].startswith("file:///"))
        steps = [one["params"]["progress"] for one in told]
        self.assertEqual(steps, sorted(set(steps)))
        self.assertEqual({one["params"]["progressToken"] for one in told}, {"t"})
        process.stdin.close()
        self.assertEqual(process.wait(timeout=20), 0)
        self.assertEqual(process.stdout.read(), b"")
        self.assertRegex(process.stderr.read().decode(), r"\Avideogen: mcp: .*data\n\Z")

    def test_the_new_era_needs_no_handshake(self):
        process = self.begin()
        self.say(process, request(1, "server/discover", meta=MODERN),
                 request(2, "tools/list", meta=MODERN),
                 request(3, "tools/list", meta=MODERN | {
                     "io.modelcontextprotocol/protocolVersion": "1900-01-01"}),
                 request(4, "tools/list", meta={
                     "io.modelcontextprotocol/protocolVersion": "2026-07-28"}),
                 request(5, "resources/list", meta=MODERN))
        found = self.hear(process, 1)[0]["result"]
        self.assertEqual((found["resultType"], found["supportedVersions"][0]),
                         ("complete", "2026-07-28"))
        listed = self.hear(process, 2)[0]["result"]
        self.assertEqual((listed["resultType"], listed["cacheScope"]), ("complete", "public"))
        self.assertGreater(listed["ttlMs"], 0)
        refused = self.hear(process, 3)[0]["error"]
        self.assertEqual((refused["code"], refused["data"]["requested"]), (-32022, "1900-01-01"))
        self.assertEqual(self.hear(process, 4)[0]["error"]["code"], -32602)
        self.assertEqual(self.hear(process, 5)[0]["error"]["code"], -32601)

    def test_a_call_that_is_cancelled_gets_no_answer(self):
        clip = self.sample("long.mp4", "--seconds", "8", "--size", "192x108", "--fps", "24")
        process = self.begin()
        self.say(process, call("slow", "validate_video", {"uri": str(clip), "fps": 24}),
                 {"jsonrpc": "2.0", "method": "notifications/cancelled",
                  "params": {"requestId": "slow"}},
                 request("p", "ping"))
        answer, before = self.hear(process, "p")
        self.assertEqual((answer["result"], before), ({}, []))
        process.stdin.close()
        began = time.monotonic()
        self.assertEqual(process.wait(timeout=20), 0)
        self.assertLess(time.monotonic() - began, 5)
        self.assertEqual(process.stdout.read(), b"")

    def test_jobs_are_submitted_asked_for_and_kept(self):
        clip = self.sample("clip.mp4")
        process = self.begin()
        self.say(process, call(1, "submit_video_job", {"skill": "validate", "uri": str(clip),
                                                       "options": {"threshold": 0.99999},
                                                       "idempotency_key": "k"}))
        job = self.hear(process, 1)[0]["result"]["structuredContent"]["job_id"]
        self.say(process, call(2, "submit_video_job", {"skill": "validate", "uri": str(clip),
                                                       "options": {"threshold": 0.99999},
                                                       "idempotency_key": "k"}))
        self.assertEqual(self.hear(process, 2)[0]["result"]["structuredContent"]["job_id"], job)
        status = {"status": "queued"}
        while status["status"] in ("queued", "running"):
            self.say(process, call(3, "get_video_job", {"job_id": job}))
            status = self.hear(process, 3)[0]["result"]["structuredContent"]
        self.assertEqual((status["status"], status["result"]["threshold"]), ("completed", 0.99999))
        self.assertNotIn("measures", status["result"])
        process.stdin.close()
        process.wait(timeout=20)
        again = self.begin()
        self.say(again, call(4, "get_video_job", {"job_id": job, "full": True}))
        self.assertIn("measures", self.hear(again, 4)[0]["result"]["structuredContent"]["result"])

    def test_failures_are_results_and_nonsense_is_answered(self):
        process = self.begin()
        self.say(process, call(1, "validate_video", {"uri": "/etc/passwd"}),
                 call(2, "validate_video", {"uri": "nowhere.mp4"}),
                 call(3, "validate_video", {}),
                 call(4, "validate_video", {"uri": "x.mp4", "thresold": 1}),
                 call(5, "get_video_job", {"job_id": "none"}),
                 call(6, "submit_video_job", {"skill": "dance"}),
                 call(7, "submit_video_job", {"skill": "enhance", "uri": "https://a.example/b"}))
        for identity in range(1, 8):
            result = self.hear(process, identity)[0]["result"]
            self.assertEqual((result["isError"], result["content"][0]["type"]), (True, "text"))
        self.say(process, call(8, "dance", {}), b"{", b"", b"[]", request(9, "dance"),
                 {"jsonrpc": "2.0", "method": "notifications/dance"})
        self.assertEqual(self.hear(process, 8)[0]["error"]["code"], -32602)
        codes = [json.loads(process.stdout.readline())["error"]["code"] for _ in range(3)]
        self.assertEqual(codes, [-32700, -32600, -32601])

    def test_two_hosts_get_a_folder_each(self):
        self.environment["VIDEOGEN_DATA"] = str(self.home / "state")
        one, two = (self.start("mcp", stdin=subprocess.PIPE) for _ in range(2))
        for process in (one, two):
            self.addCleanup(self.finish, process)
            self.say(process, request(1, "ping"))
            self.hear(process, 1)
        self.assertEqual(sorted(path.name for path in (self.home / "state").iterdir()),
                         ["mcp", "mcp-2"])

    def test_a_wrong_call_of_the_program_says_so(self):
        self.refuse(2, "takes no arguments", "mcp", "x", stdin=b"")
        self.refuse(4, "no such folder", "mcp", "--files", "nowhere", stdin=b"")
        self.refuse(2, "allow-net", "mcp", "--allow-net", "x", stdin=b"")


class Http(ServedTest):
    def setUp(self):
        super(ServedTest, self).setUp()
        self.clip = self.sample("clip.mp4")
        self.serve("--files", str(self.folder))

    def post(self, body, **headers):
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask("POST", "/mcp", body, names)

    def modern(self, body, **headers):
        more = {"MCP_Protocol_Version": "2026-07-28", "Mcp_Method": body["method"]}
        if "name" in body.get("params", {}):
            more["Mcp_Name"] = body["params"]["name"]
        return self.post(body, **more | headers)

    def test_the_old_era_has_a_session_and_notifications(self):
        opened = self.post(INITIALIZE)
        self.assertEqual(opened.status, 200)
        session = opened.headers["Mcp-Session-Id"]
        self.assertRegex(session, r"\A[0-9a-f]{32}\Z")
        noted = self.post({"jsonrpc": "2.0", "method": "notifications/initialized"},
                          Mcp_Session_Id=session)
        self.assertEqual((noted.status, noted.body), (202, b""))
        for method in ("GET", "DELETE"):
            answer = self.ask(method, "/mcp")
            self.assertEqual((answer.status, answer.headers["Allow"]), (405, "POST"))

    def test_a_clip_is_judged_with_progress(self):
        body = call(1, "validate_video", {"uri": str(self.clip)}, {"progressToken": 5})
        events = list(self.stream("/mcp", body, {"Accept": "application/json, text/event-stream"}))
        self.assertEqual([event.get("method") for event in events[:-1]],
                         ["notifications/progress"] * (len(events) - 1))
        result = events[-1]["result"]
        self.assertEqual(result["structuredContent"]["verdict"], "pass")
        self.assertRegex(result["content"][1]["uri"],
                         rf"\Ahttp://127\.0\.0\.1:{self.port}/v1/jobs/[0-9a-f]+/report\Z")
        plain = self.post(body)
        self.assertEqual(plain.headers["Content-Type"], "application/json")
        self.assertEqual(plain.json()["result"]["structuredContent"]["verdict"], "pass")

    def test_headers_of_the_new_era_must_say_what_the_body_says(self):
        body = call(1, "get_video_job", {"job_id": "none"}, MODERN)
        self.assertEqual(self.modern(body).json()["result"]["resultType"], "complete")
        self.assertEqual(self.modern(body, Mcp_Name="=?base64?Z2V0X3ZpZGVvX2pvYg==?=").status, 200)
        for wrong in ({"Mcp_Name": "other"}, {"Mcp_Method": "tools/list"},
                      {"MCP_Protocol_Version": "2025-11-25"}):
            answer = self.modern(body, **wrong)
            self.assertEqual((answer.status, answer.json()["error"]["code"]), (400, -32020), wrong)
        self.assertEqual(self.post(body).json()["error"]["code"], -32020)
        bare = self.modern(request(1, "tools/list"))
        self.assertEqual((bare.status, bare.json()["error"]["code"]), (400, -32602))
        unknown = self.modern(request(1, "dance", meta=MODERN))
        self.assertEqual((unknown.status, unknown.json()["error"]["code"]), (404, -32601))
        old = self.modern(request(1, "tools/list", meta=MODERN | {
            "io.modelcontextprotocol/protocolVersion": "1900-01-01"}),
                          MCP_Protocol_Version="1900-01-01")
        self.assertEqual((old.status, old.json()["error"]["code"]), (400, -32022))

    def test_leaving_ends_the_work_in_the_new_era_only(self):
        clip = self.sample("long.mp4", "--seconds", "8", "--size", "192x108", "--fps", "24")
        states = []
        for meta, headers in (({"progressToken": 1}, {}),
                              (MODERN | {"progressToken": 1},
                               {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call",
                                "Mcp-Name": "validate_video"})):
            body = call(1, "validate_video", {"uri": str(clip)}, meta)
            events = self.stream("/mcp", body, headers | {"Accept": "text/event-stream"})
            next(events)
            events.close()
            self._cleanups[-1][0]()  # closes the connection
            job = self.ask("GET", "/v1/jobs?limit=1").json()["jobs"][0]["id"]
            state = "running"
            while state in ("queued", "running"):
                time.sleep(0.05)
                state = self.ask("GET", f"/v1/jobs/{job}").json()["status"]
            states.append(state)
        self.assertEqual(states, ["completed", "cancelled"])

    def test_bad_bodies_are_refused(self):
        for body, kind, status in ((b"{", "application/json", 400), (b"[]", "application/json", 400),
                                   (b"{}", "text/plain", 415),
                                   (b'{"jsonrpc":"2.0","id":null,"method":"ping"}',
                                    "application/json", 400)):
            answer = self.ask("POST", "/mcp", body, {"Content-Type": kind})
            self.assertEqual(answer.status, status)
            self.assertIn("error", answer.json())
        foreign = self.post(request(1, "ping"), Origin="https://evil.example")
        self.assertEqual(foreign.status, 403)


if __name__ == "__main__":
    unittest.main()
