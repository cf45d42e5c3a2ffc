"""Callers that leave, that never finish, that send too much, and clips that would take the machine.
After each the service answers, and memory, descriptors and disk are as they were.

VIDEOGEN_FULL=1 also waits until half-open connections are dropped, and takes a body of 1 GB."""

import contextlib
import json
import os
import pathlib
import resource
import select
import socket
import struct
import time
import unittest

from program import FFMPEG, sanitized
from serving import ServeTest, SlowPlace, form

FULL = os.environ.get("VIDEOGEN_FULL") == "1"
QUICK = {"profile": "quick"}
LOOPBACK = ("--allow-net", "127.0.0.0/8")


class Watched(ServeTest):
    def status(self, service, field):
        text = pathlib.Path(f"/proc/{service.process.pid}/status").read_text()
        return int(next(line for line in text.splitlines()
                        if line.startswith(field + ":")).split()[1])

    def grew_less(self, service, what, before, most_kb):
        if not sanitized():  # a sanitizer holds back what is freed
            self.assertLess(self.status(service, what) - before, most_kb)

    def descriptors(self, service):
        return len(os.listdir(f"/proc/{service.process.pid}/fd"))

    def settles(self, service, before, within=20):
        """Descriptors are back to what they were."""
        deadline = time.monotonic() + within
        while self.descriptors(service) > before + 2:
            self.assertLess(time.monotonic(), deadline,
                            f"{self.descriptors(service)} descriptors, {before} before")
            time.sleep(0.1)

    def disk(self):
        return sum(p.stat().st_blocks * 512 for p in (self.folder / "data").rglob("*")
                   if p.is_file())

    def wire(self, service, head, body=b"", timeout=20):
        client = socket.create_connection(("127.0.0.1", service.port), timeout=timeout)
        self.addCleanup(client.close)
        client.sendall(head + body)
        return client

    def reset(self, client):
        """Gone without a word: a TCP reset."""
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()

    def works(self, service):
        job = service.wait(service.upload(self.clip(), **QUICK).json()["id"])
        self.assertEqual(job["status"], "completed")


def post(path, length, kind="application/octet-stream", more=""):
    size = f"Content-Length: {length}\r\n" if length is not None else "Transfer-Encoding: chunked\r\n"
    return (f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n{size}{more}"
            "\r\n").encode()


class Gone(Watched):
    def test_in_the_middle_of_an_upload(self):
        clip = self.clip() + bytes(2_000_000)
        body, kind = form(clip, "clip.mp4", QUICK)
        service = self.serve()
        self.works(service)
        before = self.descriptors(service), self.disk()
        total = service.get("/v1/jobs").json()["total"]
        for i in range(60):
            part = body[:len(body) * (i % 10 + 1) // 11]
            client = self.wire(service, post("/v1/validations", len(body), kind), part)
            if i % 2:
                self.reset(client)
            else:
                client.close()
        self.settles(service, before[0])
        self.assertEqual(service.get("/v1/jobs").json()["total"], total)
        self.assertEqual(list((self.folder / "data/incoming").iterdir()), [])
        self.assertLess(self.disk(), before[1] + 1_000_000)
        self.works(service)

    def test_in_the_middle_of_a_stream(self):
        clip = self.clip()
        with SlowPlace(clip) as place:
            service = self.serve(*LOOPBACK)
            job = service.submit(body={"uri": place.url(), **QUICK}).json()["id"]
            service.wait(job, "running")
            before = self.descriptors(service)
            call = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "SubscribeToTask",
                               "params": {"id": job}}).encode()
            for i in range(90):
                if i % 3 == 2:
                    client = self.wire(service, post("/a2a", len(call), "application/json"), call)
                else:
                    path = ("/v1/events", f"/v1/jobs/{job}/events")[i % 3]
                    client = self.wire(service,
                                       f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
                self.assertIn(b" 200 ", client.recv(4096))
                (self.reset if i % 2 else socket.socket.close)(client)
            self.settles(service, before)
            self.assertEqual(service.job(job)["status"], "running", "nobody's leaving ends it")
            place.released.set()
            self.assertEqual(service.wait(job)["status"], "completed")

    def test_in_the_middle_of_a_download(self):
        clip = self.clip() + bytes(30_000_000)
        service = self.serve()
        job = service.wait(service.upload(clip, **QUICK).json()["id"])
        before = self.descriptors(service)
        request = f"GET {job['links']['output']} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        rss = self.status(service, "VmRSS")
        clients = [self.wire(service, request) for _ in range(60)]
        for client in clients:
            self.assertIn(b" 200 ", client.recv(2048))
        # Nobody reads on: what they have asked for is not kept in memory for them.
        time.sleep(1)
        self.grew_less(service, "VmRSS", rss, 60_000)
        for i, client in enumerate(clients):
            (self.reset if i % 2 else socket.socket.close)(client)
        self.settles(service, before)
        self.works(service)


class HalfOpen(Watched):
    def test_connections_by_the_hundred(self):
        service = self.serve()
        self.works(service)
        before = self.descriptors(service)
        rss = self.status(service, "VmRSS")
        open_ = []
        for i in range(600):
            client = socket.create_connection(("127.0.0.1", service.port), timeout=40)
            self.addCleanup(client.close)
            open_.append(client)
            if i % 3 == 1:
                client.sendall(b"GET /healthz HTTP/1.1\r\nHost: local")
            elif i % 3 == 2:
                client.sendall(post("/v1/validations", 1000, "application/json") + b"{")
        began = time.monotonic()
        self.assertEqual(service.get("/healthz").status, 200)
        self.assertLess(time.monotonic() - began, 2)
        self.works(service)
        self.grew_less(service, "VmRSS", rss, 100_000)
        if FULL:  # the header's deadline is 20 s, a body may be silent for 30
            time.sleep(35)
            for client in open_[1::3] + open_[2::3]:
                answer = client.recv(4096)
                self.assertRegex(answer, rb"\AHTTP/1\.1 408 ")
            self.assertLess(self.descriptors(service), before + 210)
        for client in open_:
            client.close()
        self.settles(service, before)

    def test_more_connections_than_there_may_be(self):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
        service = self.serve()
        open_ = []
        turned_away = 0
        for _ in range(1100):
            client = socket.create_connection(("127.0.0.1", service.port), timeout=40)
            self.addCleanup(client.close)
            open_.append(client)
        for client in open_[1030:]:
            with contextlib.suppress(ConnectionError):
                client.settimeout(10)
                answer = client.recv(4096)
                self.assertRegex(answer, rb"(?s)\AHTTP/1\.1 503 .*Retry-After")
                turned_away += 1
        self.assertGreater(turned_away, 50)
        for client in open_:
            client.close()
        self.settles(service, 60)
        self.works(service)


class TooMuch(Watched):
    def test_a_gigabyte_is_refused_before_it_comes(self):
        service = self.serve("--max-upload", "50000000")
        self.works(service)
        disk, peak = self.disk(), self.status(service, "VmHWM")
        huge = 1_000_000_000
        for path, kind in (("/v1/validations", "multipart/form-data; boundary=b"),
                           ("/v1/validations", "application/json"),
                           ("/v1/generations", "multipart/form-data; boundary=b"),
                           ("/a2a", "application/json"), ("/a2a/v1/message:send", "application/json"),
                           ("/mcp", "application/json"), ("/login", "text/plain")):
            with self.subTest(path=path, kind=kind):
                client = self.wire(service, post(path, huge, kind))
                self.assertRegex(client.recv(4096), rb"\AHTTP/1\.1 413 ")
                # One who asks first learns it before the body is sent.
                client = self.wire(service, post(path, huge, kind, "Expect: 100-continue\r\n"))
                self.assertRegex(client.recv(4096), rb"\AHTTP/1\.1 413 ")
                # Without a length it is refused where the limit is.
                client = self.wire(service, post(path, None, kind))
                piece = b"100000\r\n" + bytes(1 << 20) + b"\r\n"
                sent = 0
                with contextlib.suppress(ConnectionError):
                    while not select.select([client], [], [], 0)[0]:
                        client.sendall(piece)
                        sent += 1 << 20
                        self.assertLess(sent, 80 << 20, "it is taken on and on")
                    self.assertRegex(client.recv(4096), rb"\AHTTP/1\.1 4(13|15) ")
        self.assertLess(self.disk() - disk, 1_000_000)
        self.grew_less(service, "VmHWM", peak, 80_000)
        self.works(service)

    @unittest.skipUnless(FULL, "VIDEOGEN_FULL=1")
    def test_a_gigabyte_that_may_come_takes_no_memory(self):
        service = self.serve()
        self.works(service)
        own, all_ = self.status(service, "RssAnon"), self.status(service, "VmRSS")
        head, tail = form(b"\0SPLIT\0", "clip.mp4", QUICK)[0].split(b"\0SPLIT\0")
        kind = form(b"", "", {})[1]
        piece = self.clip() + bytes((1 << 20) - len(self.clip()))
        client = self.wire(service, post("/v1/validations", len(head) + 1000 * len(piece) + len(tail),
                                         kind), head, timeout=120)
        for i in range(1000):
            client.sendall(piece)
            if i % 50 == 0:
                self.grew_less(service, "VmRSS", all_, 60_000)
        client.sendall(tail)
        answer = client.recv(8192)
        self.assertRegex(answer, rb"\AHTTP/1\.1 202 ")
        # The form was read where it lay, as a mapped file: pages that are the system's to take.
        self.grew_less(service, "RssAnon", own, 60_000)
        job = json.loads(answer.split(b"\r\n\r\n", 1)[1])["id"]
        service.wait(job, within=300)
        self.grew_less(service, "VmRSS", all_, 100_000)


@unittest.skipIf(FFMPEG is None, "no ffmpeg program")
class Bombs(Watched):
    """Small files that are much once they are decoded."""

    def bombs(self):
        still = ("-f", "lavfi", "-i", "color=s={}:r={}:d={}")

        def made(name, size, rate, seconds, *codec):
            self.ffmpeg(*[word.format(size, rate, seconds) for word in still], *codec, name)
            path = self.folder / name
            self.assertLess(path.stat().st_size, 4_000_000, name)
            return path.read_bytes()

        lossless = ("-c:v", "libx264", "-qp", "0", "-preset", "ultrafast")
        # 16384 × 8192 is the most that is decoded: 200 MB a frame.
        yield "the largest frames", made("large.mkv", "8192x8192", 2, 2, "-c:v", "ffv1",
                                         "-pix_fmt", "gray")
        yield "larger frames", made("larger.mkv", "16400x64", 2, 1, "-c:v", "ffv1")
        yield "more pixels", made("pixels.png", "16000x15000", 1, 1, "-frames:v", "1")
        small = made("small.mp4", "64x64", 25, 2, *lossless)
        yield "a day that is one frame", made("day.mkv", "64x64", "1/86400", 86400, *lossless)
        # Durations of centuries in the headers of a clip of two seconds.
        for atom in (b"mvhd", b"mdhd", b"tkhd"):
            at = small.index(atom) + 4
            broken = bytearray(small)
            broken[at + 12:at + 24] = b"\xff" * 12
            yield f"centuries in {atom.decode()}", bytes(broken)
        at = small.index(b"stts") + 12
        broken = bytearray(small)
        broken[at + 4:at + 8] = b"\x7f\xff\xff\xff"  # every frame lasts for days
        yield "frames of days", bytes(broken)
        at = small.index(b"stts") + 8
        broken = bytearray(small)
        broken[at:at + 4] = b"\x7f\xff\xff\xff"  # two milliards of entries
        yield "a table of milliards", bytes(broken)
        fast = made("fast.mkv", "16x16", 10000, 20, *lossless)
        yield "two hundred thousand frames", fast

    def test_none_takes_the_machine(self):
        service = self.serve("--workers", "2", "--job-deadline", "15")
        self.works(service)
        jobs = []
        for what, clip in self.bombs():
            answer = service.upload(clip, name="bomb.mkv", fps="1000")
            self.assertEqual(answer.status, 202, what)
            jobs.append((what, answer.json()["id"]))
        for what, identifier in jobs:
            job = service.wait(identifier, within=180)
            with self.subTest(what=what):
                self.assertIn(job["status"], ("completed", "failed"))
                if job["status"] == "failed":
                    self.assertNotIn(job["error"]["code"], ("internal",))
                print(f"\n{what}: {job['status']}",
                      (job["error"] or {}).get("message", job["result"] and job["result"]["verdict"]),
                      end="")
        peak = self.status(service, "VmHWM")
        print(f"\npeak {peak // 1024} MiB")
        self.assertLess(peak, 2_500_000)
        self.works(service)


if __name__ == "__main__":
    unittest.main()
