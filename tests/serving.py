"""The service as its callers meet it: started, asked, killed. Standard library only."""

import contextlib
import http.client
import json
import re
import signal
import socket
import threading
import time
import urllib.request

import program

ENDS = ("completed", "failed", "cancelled", "rejected")


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def json(self):
        return json.loads(self.body)


class Running:
    """A process that serves."""

    def __init__(self, process, port):
        self.process, self.port, self.token = process, port, None
        self.log = []
        self.reading = threading.Thread(target=self.read_log, daemon=True)
        self.reading.start()

    def read_log(self):
        for line in self.process.stderr:
            self.log.append(line.decode())

    def ask(self, method, path, body=None, headers=(), timeout=60):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        with contextlib.closing(connection):
            headers = dict(headers)
            if self.token and "Authorization" not in headers and "Cookie" not in headers:
                headers["Authorization"] = f"Bearer {self.token}"
            if isinstance(body, (dict, list)):
                body = json.dumps(body).encode()
                headers.setdefault("Content-Type", "application/json")
            connection.request(method, path, body, headers)
            return Answer(connection.getresponse())

    def get(self, path, **headers):
        return self.ask("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def submit(self, kind="validations", body=None, **headers):
        headers = {k.replace("_", "-"): v for k, v in headers.items()}
        return self.ask("POST", f"/v1/{kind}", {} if body is None else body, headers)

    def upload(self, clip, name="clip.mp4", kind="validations", headers=(), **options):
        body, content_type = form(clip, name, options)
        return self.ask("POST", f"/v1/{kind}", body, dict(headers) | {"Content-Type": content_type})

    def job(self, identifier):
        return self.get(f"/v1/jobs/{identifier}").json()

    def wait(self, identifier, *states, within=60):
        states = states or ENDS
        deadline = time.monotonic() + within
        while True:
            job = self.job(identifier)
            if job["status"] in states:
                return job
            if time.monotonic() > deadline:
                raise AssertionError(f"job is {job['status']}, not {states}")
            time.sleep(0.03)

    def events(self, path, last=None, timeout=30):
        """Yields (id, data) of a stream, and None for a comment, until it ends."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        headers = {} if last is None else {"Last-Event-ID": str(last)}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        with contextlib.closing(connection):
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            assert response.status == 200, response.status
            assert response.headers["Content-Type"] == "text/event-stream"
            identifier = None
            with contextlib.suppress(http.client.IncompleteRead, ConnectionError):
                for line in response:
                    line = line.decode().rstrip("\n")
                    if line.startswith("id: "):
                        identifier = int(line[4:])
                    elif line.startswith("data: "):
                        yield identifier, json.loads(line[6:])
                    elif line.startswith(":"):
                        yield None

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.reading.join()

    def end(self, within=60):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(within)
        self.reading.join()
        return self.process.returncode


def form(clip, name, options):
    boundary = "a-boundary-that-no-clip-holds"
    body = b""
    for key, value in options.items():
        body += (f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n'
                 f"{value}\r\n").encode()
    body += (f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
             "Content-Type: video/mp4\r\n\r\n").encode() + clip + f"\r\n--{boundary}--\r\n".encode()
    return body, f"multipart/form-data; boundary={boundary}"


class ServeTest(program.ProgramTest):
    """Starts services, whose data lies in the test's folder, and ends them."""

    def serve(self, *flags, data="data", environment=None):
        process = self.start("serve", "--listen", "127.0.0.1:0", "--data", data, *flags,
                             environment=environment)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        line = process.stdout.readline().decode()
        found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        if not found:
            self.fail(line + process.stderr.read().decode())
        return Running(process, int(found[1]))

    def clip(self, name="clip.mp4", *flags):
        return self.sample(name, "--size", "96x64", "--seconds", "2", *flags).read_bytes()

    def problem(self, answer, status, pattern="."):
        self.assertEqual(answer.status, status, answer.body)
        self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
        document = answer.json()
        self.assertEqual(set(document), {"type", "title", "status", "detail", "exit_code"})
        self.assertEqual(document["status"], status)
        self.assertRegex(document["detail"], pattern)
        return document


class Emulated:
    """Starts the emulator, for a ServeTest beside it."""

    def emulate(self, *flags):
        process = self.start("emulate", "--latency", "0.6", "--shrink", "8", "--broken-every", "0",
                             *flags)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        environment = {}
        for line in process.stdout:
            if not line.startswith(b"export "):
                break
            name, value = line.decode().strip().removeprefix("export ").split("=", 1)
            environment[name] = value.strip("'")
        return environment

    def orders(self, environment):
        with urllib.request.urlopen(environment["GOOGLE_VERTEX_BASE_URL"] + "/_emulator/log") as log:
            return [r for r in json.load(log)["requests"]
                    if r["path"].endswith(":predictLongRunning")]


class SlowPlace:
    """An address whose clip does not come before it is let go; counts who called."""

    def __init__(self, clip):
        self.clip = clip
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.calls = 0
        self.released = threading.Event()
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.released.set()
        # Closing alone would leave it open for the thread that accepts.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def url(self, host="127.0.0.1"):
        return f"http://{host}:{self.port}/clip.mp4"

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.calls += 1
                threading.Thread(target=self.answer, args=(connection,), daemon=True).start()

    def answer(self, connection):
        with contextlib.closing(connection), contextlib.suppress(OSError):
            connection.recv(65536)
            self.released.wait(60)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nConnection: close\r\n"
                               + f"Content-Length: {len(self.clip)}\r\n\r\n".encode() + self.clip)


def without_times(report):
    return {key: value for key, value in report.items() if key != "timing_s"}
