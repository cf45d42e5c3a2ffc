"""A server that others wrote for Cloud Storage's clients (fake-gcs-server, in Go) takes our clips
and gives them back."""

import hashlib
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

import emulated
import programs

VERSION = "v1.56.1"
FOLDER = programs.SOURCE / "build" / "interop-go"


def server():
    """Where the program is; None and why not."""
    program = FOLDER / f"fake-gcs-server-{VERSION}"
    if program.exists():
        return program, ""
    try:
        words = subprocess.run(["go", "version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None, "no Go"
    version = words.split()[2].removeprefix("go").split(".")
    if (int(version[0]), int(version[1])) < (1, 25):
        return None, f"Go {'.'.join(version)}, and it needs 1.25"
    FOLDER.mkdir(parents=True, exist_ok=True)
    built = subprocess.run(["go", "install", f"github.com/fsouza/fake-gcs-server@{VERSION}"],
                           env=os.environ | {"GOBIN": str(FOLDER), "CGO_ENABLED": "0"},
                           capture_output=True, text=True, check=False)
    if built.returncode:
        return None, f"it cannot be built: {built.stderr.strip().splitlines()[-1]}"
    (FOLDER / "fake-gcs-server").rename(program)
    return program, ""


class Running:
    def __init__(self, program):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [program, "-backend", "memory", "-scheme", "http", "-host", "127.0.0.1", "-port",
             str(port), "-external-url", self.url, "-log-level", "error"])

    def __enter__(self):
        for _ in range(100):
            try:
                self.ask("GET", "/storage/v1/b?project=p")
                return self
            except (OSError, urllib.error.URLError):
                time.sleep(0.1)
        raise SystemExit("fake-gcs-server does not start")

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def ask(self, method, path, data=None, **headers):
        request = urllib.request.Request(self.url + path, data=data, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read()


def videogen(environment, *words, status=(0, 1)):
    done = subprocess.run([programs.VIDEOGEN, *words], capture_output=True, text=True, check=False,
                          env=os.environ | environment, timeout=300)
    if done.returncode not in status:
        raise SystemExit(f"videogen {' '.join(words)}: {done.returncode}\n{done.stderr}")
    return done


def checks(gcs, folder):
    gcs.ask("POST", "/storage/v1/b?project=p", b'{"name": "clips"}', **{"Content-Type": "application/json"})
    ours = {"STORAGE_EMULATOR_HOST": gcs.url, "VIDEOGEN_DATA": str(folder / "data")}
    clip = folder / "clip.mp4"
    videogen(ours, "sample", str(clip), "--size", "96x64", "--seconds", "2", "--scene", "marbles")
    digest = hashlib.sha256(clip.read_bytes()).hexdigest()

    # Names that need escaping, and one that looks like a folder.
    for name, path in (("plain.mp4", "plain.mp4"), ("a folder/ä #?%2F+.mp4",
                                                    "a%20folder%2F%C3%A4%20%23%3F%252F%2B.mp4")):
        gcs.ask("POST", f"/upload/storage/v1/b/clips/o?uploadType=media&name={path}",
                clip.read_bytes(), **{"Content-Type": "video/mp4"})
        report = json.loads(videogen(ours, "validate", "--json", "--profile", "quick",
                                     f"gs://clips/{name}").stdout)
        yield f"gs://clips/{name} is read", report["source"]["sha256"] == digest

    lost = videogen(ours, "validate", "gs://clips/absent.mp4", status=(4,))
    yield "an object that is absent", "gs://clips/absent.mp4" in lost.stderr
    lost = videogen(ours, "validate", "gs://no-bucket/clip.mp4", status=(4,))
    yield "a bucket that is absent", lost.stderr.count("\n") == 1

    with emulated.Emulator() as emulator:
        # Veo from the emulator, Cloud Storage from the other server.
        both = emulator.exported | ours
        out = folder / "made.mp4"
        made = json.loads(videogen(both, "generate", "a lighthouse", "--seconds", "4", "-o", str(out),
                                   "--copy-to", "gs://clips/made/a clip.mp4", "--json").stdout)
        yield "what was made is stored", made["copied_to"] == "gs://clips/made/a clip.mp4"
        stored = gcs.ask("GET", "/storage/v1/b/clips/o/made%2Fa%20clip.mp4?alt=media")
        yield "byte for byte", stored == out.read_bytes()
        described = json.loads(gcs.ask("GET", "/storage/v1/b/clips/o/made%2Fa%20clip.mp4"))
        yield "with its type", described["contentType"] == "video/mp4"
        again = videogen(both, "generate", "a lighthouse", "--seconds", "4", "-o",
                         str(folder / "again.mp4"), "--copy-to", "gs://clips/made/a clip.mp4", status=(2,))
        yield "nothing is written over", "exists already" in again.stderr


def main():
    program, why = server()
    if program is None:
        print(f"interop: fake-gcs-server: skipped: {why}")
        return
    with tempfile.TemporaryDirectory() as folder, Running(program) as gcs:
        results = list(checks(gcs, pathlib.Path(folder)))
    programs.report("fake-gcs-server", len(results), "exchanges",
                    [name for name, held in results if not held])


main()
