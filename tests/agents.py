"""A running service for tests that speak to it as agents do. Standard library only."""

import base64
import http.client
import http.server
import json
import os
import pathlib
import signal
import subprocess
import threading
import time
import uuid

from program import PROGRAM, ProgramTest
from serving import Answer

KIT = pathlib.Path(os.environ.get("VIDEOGEN_BUILD_DIR", "")) / "a2a_tck_server"


class Webhook:
    """Keeps what is posted to it; answers with `statuses` first, with 204 after them."""

    def __init__(self, test, statuses=()):
        self.calls = []
        waiting = list(statuses)
        calls = self.calls

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                calls.append((self.headers, json.loads(body)))
                self.send_response(waiting.pop(0) if waiting else 204)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        test.addCleanup(self.server.server_close)
        test.addCleanup(self.server.shutdown)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"

    def wait_for(self, test, fits, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for headers, body in list(self.calls):
                if fits(body):
                    return headers, body
            time.sleep(0.05)
        test.fail(f"no such notification among {len(self.calls)}")
        return None


class ServedTest(ProgramTest):
    """Methods call a service; `serve()` starts another one."""

    flags = ()

    def setUp(self):
        super().setUp()
        self.serve(*self.flags)

    def serve(self, *flags, program=PROGRAM, data="data"):
        command = [str(program), "serve", "--listen", "127.0.0.1:0",
                   "--data", str(self.folder / data), *flags]
        log = open(self.folder / "log", "ab")
        self.addCleanup(log.close)
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=log, cwd=self.folder, env=self.environment)
        self.addCleanup(process.stdout.close)
        self.addCleanup(self.stop, process)
        line = process.stdout.readline().decode()
        self.assertRegex(line, r"serves at http://127\.0\.0\.1:\d+\n", (self.folder / "log").read_text())
        self.port = int(line.rsplit(":", 1)[1])
        self.process = process
        return process

    @staticmethod
    def stop(process):
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)

    def connect(self, timeout=60):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        self.addCleanup(connection.close)
        return connection

    def ask(self, method, path, body=None, headers=None, timeout=60):
        connection = self.connect(timeout)
        sent = dict(headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        connection.request(method, path, body, sent)
        return Answer(connection.getresponse())

    def stream(self, path, body, headers=None, method="POST", timeout=60):
        """The data of each server-sent event, as it comes."""
        connection = self.connect(timeout)
        connection.request(method, path, json.dumps(body).encode() if body is not None else None,
                           {"Content-Type": "application/json"} | (headers or {}))
        response = connection.getresponse()
        self.assertEqual((response.status, response.headers["Content-Type"]),
                         (200, "text/event-stream"))
        for line in response:
            if line.startswith(b"data: "):
                yield json.loads(line[len(b"data: "):])


def message(*parts, **more):
    return {"messageId": str(uuid.uuid4()), "role": "ROLE_USER", "parts": list(parts)} | more


def raw_part(path):
    return {"raw": base64.b64encode(path.read_bytes()).decode(), "filename": path.name,
            "mediaType": "video/mp4"}
