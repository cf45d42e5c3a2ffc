"""Ten thousand requests that are wrong, by a generator with a seed, over every route of
openapi.json, A2A and MCP: no answer blames the service, it lives on, and its memory returns.

VIDEOGEN_REQUESTS=10000 is the full run (3,000 by default), VIDEOGEN_SEED another one."""

import base64
import collections
import json
import os
import pathlib
import random
import re
import socket
import threading
import time
import unittest

from program import sanitized
from serving import ServeTest

REQUESTS = int(os.environ.get("VIDEOGEN_REQUESTS", "3000"))
SEED = int(os.environ.get("VIDEOGEN_SEED", "6"))

A2A_METHODS = [
    "SendMessage", "SendStreamingMessage", "GetTask", "ListTasks", "CancelTask", "SubscribeToTask",
    "CreateTaskPushNotificationConfig", "GetTaskPushNotificationConfig",
    "ListTaskPushNotificationConfigs", "DeleteTaskPushNotificationConfig", "GetExtendedAgentCard",
    "message/send", "message/stream", "tasks/get", "tasks/cancel", "tasks/resubscribe",
    "tasks/pushNotificationConfig/set", "tasks/pushNotificationConfig/get",
    "tasks/pushNotificationConfig/list", "tasks/pushNotificationConfig/delete",
    "agent/getAuthenticatedExtendedCard"]
MCP_METHODS = ["initialize", "ping", "tools/list", "tools/call", "server/discover", "tasks/get",
               "notifications/initialized", "notifications/cancelled", "resources/list"]
NAMES = ["id", "taskId", "contextId", "message", "messageId", "role", "parts", "text", "raw", "url",
         "data", "skill", "uri", "prompt", "fps", "threshold", "profile", "options", "name",
         "arguments", "_meta", "configuration", "historyLength", "pageSize", "pageToken", "limit",
         "page", "status", "state", "metadata", "pushNotificationConfig", "token", "kind", "file",
         "bytes", "mimeType", "seconds", "max_cost", "seed", "versus", "compat", "jsonrpc",
         "progressToken", "requestId", "protocolVersion", "capabilities", "clientInfo",
         "io.modelcontextprotocol/protocolVersion", "tenant", "filename", "mediaType"]
WORDS = ["", " ", "x", "0", "-1", "1e999", "null", "true", "ROLE_USER", "user", "validate", "quick",
         "generate", "help", "check this clip: https://clips.invalid/a.mp4", "make a clip of",
         "tools/call", "validate_video", "submit_video_job", "get_video_job", "cancel_video_job",
         "2025-11-25", "2026-07-28", "../../etc/passwd", "file:///etc/passwd", "http://[", "a\0b",
         "\ud800", "é" * 300, "%00", "'; DROP TABLE jobs;--", "<script>", "{{7*7}}", "\r\nX: y",
         "A" * 5000, "0" * 32, "f" * 32]


class Generator:
    """Requests in which something is wrong, or many things."""

    def __init__(self, seed, routes, job):
        self.dice, self.routes, self.job = random.Random(seed), routes, job

    def one(self):
        kind = self.dice.random()
        if kind < 0.1:
            return self.noise()
        if kind < 0.35:
            return self.rpc("/a2a", A2A_METHODS)
        if kind < 0.5:
            return self.rpc("/mcp", MCP_METHODS)
        return self.http()

    def value(self, depth=0):
        dice = self.dice
        roll = dice.random()
        if depth < 4 and roll < 0.3:
            return {dice.choice(NAMES): self.value(depth + 1) for _ in range(dice.randrange(6))}
        if depth < 4 and roll < 0.45:
            return [self.value(depth + 1) for _ in range(dice.randrange(5))]
        return dice.choice([
            None, True, False, 0, -1, 1, 2**31, 2**53, -2**63, 2**64, 10**30, 0.5, -1e308, 1e-320,
            self.job, base64.b64encode(dice.randbytes(dice.randrange(200))).decode(),
            *dice.sample(WORDS, 12)])

    def encoded(self, value):
        text = json.dumps(value, ensure_ascii=self.dice.random() < 0.7)
        data = text.encode("utf-8", "surrogatepass")
        if self.dice.random() < 0.25:
            data = self.mangled(data)
        if self.dice.random() < 0.01:
            data = b"[" * 100_000 + data
        return data

    def mangled(self, data):
        data = bytearray(data)
        for _ in range(self.dice.randrange(1, 6)):
            at = self.dice.randrange(len(data) + 1)
            what = self.dice.randrange(4)
            if what == 0:
                data[at:at] = self.dice.randbytes(self.dice.randrange(1, 9))
            elif what == 1:
                del data[at:at + self.dice.randrange(1, 20)]
            elif what == 2 and at < len(data):
                data[at] = self.dice.randrange(256)
            else:
                data[at:at] = data[:self.dice.randrange(len(data) + 1)][:200]
        return bytes(data)

    def message(self):
        """Nearly what A2A sends, so that more than its parser is reached."""
        dice = self.dice
        parts = [dice.choice([{"text": dice.choice(WORDS)}, {"data": self.value(1)},
                              {"raw": dice.choice(WORDS)}, {"url": dice.choice(WORDS)},
                              {"kind": "text", "text": dice.choice(WORDS)},
                              {"kind": "file", "file": self.value(2)}, self.value(2)])
                 for _ in range(dice.randrange(4))]
        message = {"messageId": dice.choice([str(dice.random()), *WORDS[:4]]),
                   "role": dice.choice(["ROLE_USER", "user", "ROLE_AGENT", 5]), "parts": parts}
        if dice.random() < 0.3:
            message[dice.choice(NAMES)] = self.value(2)
        return message

    def params(self):
        dice = self.dice
        return dice.choice([
            self.value, lambda: {"message": self.message(), dice.choice(NAMES): self.value(2)},
            lambda: {"id": dice.choice([self.job, *WORDS]), dice.choice(NAMES): self.value(2)},
            lambda: {"name": dice.choice(["validate_video", "submit_video_job", "get_video_job",
                                          "cancel_video_job", "other"]), "arguments": self.value(1),
                     "_meta": self.value(2)}])()

    def rpc(self, path, methods):
        dice = self.dice
        call = {"jsonrpc": dice.choice(["2.0", "2.0", "2.0", "1.0", 2]),
                "id": dice.choice([1, "a", None, 1.5, {}, [], 2**70]),
                "method": dice.choice([*methods, *methods, *WORDS[:6], 5]), "params": self.params()}
        for name in list(call):
            if dice.random() < 0.07:
                del call[name]
        if dice.random() < 0.05:
            call = [call] * dice.randrange(4)
        return self.wire("POST", path, self.encoded(call), "application/json")

    def http(self):
        dice = self.dice
        path, methods = dice.choice(self.routes)
        path = re.sub(r"\{\w+\}", lambda _: dice.choice(
            [self.job, "0" * 32, "x", "%2e%2e", "%00", "a%2fb", "%ff", "\\", "é", "a" * 3000, "one"]),
            path)
        if dice.random() < 0.5:
            path += "?" + "&".join(f"{dice.choice(NAMES)}={dice.choice(WORDS)}"
                                   for _ in range(dice.randrange(4)))
        method = dice.choice([*methods, *methods, "GET", "POST", "DELETE", "PUT", "OPTIONS", "TRACE",
                              "HEAD", "PATCH", "X"])
        kind = dice.choice(["application/json", "application/json", "application/a2a+json",
                            "multipart/form-data; boundary=b", "multipart/form-data", "text/plain",
                            "application/x-www-form-urlencoded", "application/json; charset=\xff"])
        body = dice.choice([lambda: b"", lambda: self.encoded(self.value()), self.form,
                            lambda: self.encoded({"message": self.message()}),
                            lambda: dice.randbytes(dice.randrange(3000))])()
        return self.wire(method, path, body, kind)

    def form(self):
        dice = self.dice
        body = b""
        for _ in range(dice.randrange(4)):
            body += (f'--b\r\nContent-Disposition: form-data; name="'
                     f'{dice.choice(["file", "options", *NAMES[:18]])}"; filename="'
                     f'{dice.choice(WORDS[:20])}"\r\n\r\n').encode("utf-8", "replace")
            body += dice.choice([b"", b"x", self.encoded(self.value(2)), dice.randbytes(400)]) + b"\r\n"
        body += b"--b--\r\n"
        return self.mangled(body) if dice.random() < 0.4 else body

    def wire(self, method, path, body, kind):
        dice = self.dice
        path = path.replace(" ", "%20").replace("\r", "").replace("\n", "").replace("\0", "%00")
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Content-Type: {kind}",
                 "Connection: close"]
        if method not in ("GET", "HEAD") or body:
            lines.append(f"Content-Length: {len(body)}")
        for _ in range(dice.randrange(3)):
            lines.append(dice.choice([
                "Accept: text/html", "Accept: text/event-stream", "Accept: application/json;q=x",
                "Range: bytes=5-2", "Range: bytes=-", "Range: bytes=0-0,2-3", "Last-Event-ID: -5",
                "Last-Event-ID: 99999999999999999999", "A2A-Version: 7", "A2A-Version: 0.3",
                "A2A-Version: 1.0", "MCP-Protocol-Version: 2026-07-28", "Mcp-Method: x",
                "Mcp-Name: é", "Idempotency-Key: " + "k" * 400, 'Idempotency-Key: ""',
                "Priority: u=9, i", "traceparent: 00-zz-zz-zz", "If-None-Match: *",
                "Cookie: videogen_token=%zz; ;=;", "Authorization: Bearer", "Origin: null",
                "Expect: 100-continue", "Content-Encoding: gzip", "Transfer-Encoding: gzip"]))
        return "\r\n".join(lines).encode("utf-8", "surrogatepass") + b"\r\n\r\n" + body

    def noise(self):
        dice = self.dice
        data = self.wire("POST", dice.choice(self.routes)[0], dice.randbytes(50), "application/json")
        return dice.choice([dice.randbytes(dice.randrange(1, 2000)), self.mangled(data),
                            data.replace(b"\r\n", b"\n"), data[:dice.randrange(len(data))],
                            data.replace(b"Host: localhost", b"Host: " + dice.randbytes(5))])


class Malformed(ServeTest):
    def rss_kb(self, service):
        text = pathlib.Path(f"/proc/{service.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", text)[1])

    def exchange(self, service, wire):
        """The status, 0 where the connection ended without an answer."""
        with socket.create_connection(("127.0.0.1", service.port), timeout=30) as client:
            try:
                client.sendall(wire)
                client.shutdown(socket.SHUT_WR)
                answer = b""
                while piece := client.recv(65536):
                    answer += piece
                    # A stream of a job that does not end is left.
                    if b"text/event-stream" in answer and len(answer) > 200:
                        break
            except ConnectionError:
                pass
        found = re.match(rb"HTTP/1\.1 (\d{3}) ", answer)
        return int(found[1]) if found else 0, answer

    def run_all(self, service, routes, job, count, seed):
        statuses, wrong = collections.Counter(), []
        lock, numbers = threading.Lock(), iter(range(count))

        def caller():
            while True:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    return
                wire = Generator(f"{seed}-{number}", routes, job).one()
                try:
                    status, answer = self.exchange(service, wire)
                except TimeoutError:
                    status, answer = -1, b"no answer within 30 s"
                except OSError as lost:
                    status, answer = -2, repr(lost).encode()
                with lock:
                    statuses[status] += 1
                    # 501: no back end, no such skill. 507: SQLite's limit is not the disk's.
                    if status < 0 or status >= 500 and status not in (501, 505):
                        wrong.append((number, wire[:1500], answer[:600]))

        callers = [threading.Thread(target=caller) for _ in range(8)]
        [thread.start() for thread in callers]
        [thread.join() for thread in callers]
        return statuses, wrong

    def test_wrong_requests_are_answered_and_forgotten(self):
        service = self.serve("--queue", "50")
        document = service.get("/openapi.json").json()
        routes = sorted((path, sorted(m.upper() for m in methods if m != "parameters"))
                        for path, methods in document["paths"].items())
        self.assertGreaterEqual(len(routes), 30)
        job = service.wait(service.upload(self.clip(), profile="quick").json()["id"])["id"]
        # Caches and threads' arenas fill with the first ones.
        self.run_all(service, routes, job, REQUESTS // 3, f"{SEED}-warm")
        before = self.rss_kb(service)
        statuses, wrong = self.run_all(service, routes, job, REQUESTS, SEED)
        self.assertEqual(wrong, [], json.dumps(dict(statuses)))
        self.assertGreater(statuses[400], REQUESTS // 20)
        deadline = time.monotonic() + 60
        while service.get("/metrics").body.decode().find("videogen_jobs_queued 0") < 0:
            self.assertLess(time.monotonic(), deadline, "jobs that never end")
            time.sleep(0.3)
        grown = self.rss_kb(service) - before
        print(f"\n{REQUESTS} requests: {dict(sorted(statuses.items()))}; memory {before} kB, "
              f"{grown:+} kB after")
        if not sanitized():  # a sanitizer holds back what is freed
            self.assertLess(grown, 40_000)
        self.assertIsNone(service.process.poll())
        last = service.wait(service.upload(self.clip(), profile="quick").json()["id"])
        self.assertEqual(last["status"], "completed")
        self.assertEqual(service.end(), 0)


if __name__ == "__main__":
    unittest.main()
