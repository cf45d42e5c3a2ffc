"""What the way to a clip costs: a large object against curl, and the generating loop against
validating the same clip."""

import contextlib
import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import tempfile
import threading
import urllib.request

from measure import median, paired, run_once, spread, wall


def padded(clip, path, size):
    """The clip with a box of free space behind it: as large as asked for, as quick to judge."""
    data = pathlib.Path(clip).read_bytes()
    with open(path, "wb") as out:
        out.write(data)
        out.write(struct.pack(">I4s", size - len(data), b"free"))
        block = os.urandom(1 << 20)
        left = size - out.tell()
        while left > 0:
            left -= out.write(block[:left])
    return str(path)


@contextlib.contextmanager
def emulator(videogen):
    """Where `videogen emulate` is, and the environment that leads there."""
    with subprocess.Popen([videogen, "emulate"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True) as process:
        environment = {}
        for line in process.stdout:
            if match := re.match(r"export (\w+)='?([^']*?)'?$", line.strip()):
                environment[match[1]] = match[2]
            if "HF_ENDPOINT" in environment:
                break
        try:
            yield environment
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate()


def store(environment, name, path):
    url = f"{environment['STORAGE_EMULATOR_HOST']}/upload/storage/v1/b/bench/o?uploadType=media&name={name}"
    with open(path, "rb") as body:
        request = urllib.request.Request(url, data=body, method="POST", headers={
            "Content-Type": "video/mp4", "Content-Length": str(os.path.getsize(path))})
        urllib.request.urlopen(request).read()


def download(table, videogen, clips):
    if shutil.which("curl") is None:
        table.add("200 MB from the emulator's Cloud Storage", "not measured", "curl", "there is no curl", "≥ 0.9×")
        return
    small = clips.scene(seconds=2, size="160x90")
    with tempfile.TemporaryDirectory() as folder, emulator(videogen) as environment:
        folder = pathlib.Path(folder)
        for size in (20, 200):
            store(environment, f"{size}.mp4", padded(small, folder / f"{size}.mp4", size * 1_000_000))
        judge = [videogen, "validate", "--quiet", "--profile", "quick", "--embedder", "gist"]
        url = f"{environment['STORAGE_EMULATOR_HOST']}/storage/v1/b/bench/o/200.mp4?alt=media"
        # What is read must be hashed for the report, and judged: curl's side writes the same file
        # and leaves that to the same program.
        there = ["sh", "-c", 'curl -sS --fail -o "$0" "$1" && shift && exec "$@" "$0"', str(folder / "curl.mp4"), url, *judge]
        ours = [*judge, "gs://bench/200.mp4"]
        a, b, ratios = paired(ours, there, env=environment)
        table.add("200 MB from the emulator's Cloud Storage, judged", f"{wall(a):.2f} s",
                  f"curl to a file, judged, {wall(b):.2f} s", spread(ratios), "≤ 1.11× (0.9 of its rate)")
        least = run_once([*judge, "gs://bench/20.mp4"], environment).rss_mib
        most = median([run.rss_mib for run in a])
        table.add("resident memory, 200 MB object", f"{most:.0f} MiB", f"20 MB object, {least:.0f} MiB",
                  f"{most / least:.2f}×", "flat")


class Instant(http.server.BaseHTTPRequestHandler):
    """A server of /v1/videos whose clip is there at once."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or its answers wait 40 ms for the other side's word
    clip = b""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer("application/json", json.dumps({"id": "v", "object": "video", "status": "queued"}).encode())

    def do_GET(self):
        if self.path.endswith("/content"):
            self.answer("video/mp4", self.clip)
        else:
            self.answer("application/json",
                        json.dumps({"id": "v", "object": "video", "status": "completed"}).encode())

    def answer(self, kind, body):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def loop(table, videogen, clips):
    clip = clips.scene(seconds=4, size="320x180")
    Instant.clip = pathlib.Path(clip).read_bytes()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Instant)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        ours = [videogen, "generate", "a harbour", "-o", f"{folder}/out.mp4", "--force", "--quiet",
                "--backend", "videos", "--backend-url", f"http://127.0.0.1:{server.server_port}",
                "--model", "any", "--max-clips", "1", "--poll", "0.01", "--embedder", "gist"]
        validate = [videogen, "validate", "--quiet", "--embedder", "gist", clip]
        a, b, _ = paired(ours, validate, runs=15, env={"VIDEOGEN_DATA": f"{folder}/data"})
    extra = sorted(1000 * (x.wall_s - y.wall_s) for x, y in zip(a, b))
    table.add("generate, a clip that is there at once", f"{1000 * wall(a):.0f} ms",
              f"validating it, {1000 * wall(b):.0f} ms",
              f"+{median(extra):.0f} ms ({extra[0]:.0f}…{extra[-1]:.0f})", "≤ 50 ms")
    server.shutdown()
