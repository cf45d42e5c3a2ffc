"""What the service stands on gives way: the disk is full, the database is held or damaged, the
clock jumps."""

import glob
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import time
import unittest

from serving import ENDS, Running, ServeTest, SlowPlace

FAKETIME = next(iter(sorted(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1"))), None)
QUICK = {"profile": "quick"}
LOOPBACK = ("--allow-net", "127.0.0.0/8")


def can_mount():
    if not shutil.which("unshare"):
        return False
    try:
        done = subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"],
                              capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


class Beside(ServeTest):
    """Starts a service by a command of one's own."""

    def serve_by(self, command, environment=None, **options):
        process = subprocess.Popen(
            [*command, os.environ["VIDEOGEN"], "serve", "--listen", "127.0.0.1:0", "--data", "data",
             *LOOPBACK], cwd=self.folder, env=self.environment | (environment or {}),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        for cleanup in (process.stderr.close, process.stdout.close, process.wait, process.kill):
            self.addCleanup(cleanup)
        line = process.stdout.readline().decode()
        found = re.search(r":(\d+)\n", line)
        if not found:
            self.fail(line + process.stderr.read().decode())
        return Running(process, int(found[1]))

    def one_end(self, service, identifier):
        events = [e[1] for e in service.events(f"/v1/jobs/{identifier}/events") if e]
        return [e["status"] for e in events if e["type"] == "state" and e["status"] in ENDS]


class FullDisk(Beside):
    def is_full_and_has_room_again(self, service, fill, clear, end):
        """`fill` takes all room that is left, `clear` gives it back; `end`: of the job that runs
        meanwhile, and fetches a clip."""
        clip = self.clip()
        with SlowPlace(clip) as place:
            running = service.submit(body={"uri": place.url(), **QUICK}).json()["id"]
            service.wait(running, "running")
            fill()
            refused = 0
            for i in range(30):  # what was reserved before may still take some
                # Of short bodies and of those that lie in a file while they come.
                answer = service.upload(clip if i % 3 else clip + bytes(400_000), **QUICK)
                self.assertIn(answer.status, (202, 507), answer.body)
                if answer.status == 507:
                    refused += 1
                    self.assertGreaterEqual(int(answer.headers["Retry-After"]), 1)
                    self.assertEqual(answer.json()["exit_code"], 4)
            self.assertGreater(refused, 0)
            self.problem(service.submit(body={"uri": place.url(), **QUICK}), 507)
            self.assertEqual(service.get("/healthz").status, 200)
            self.assertEqual(service.get("/readyz").status, 503)
            self.assertEqual(service.job(running)["status"], "running")
            place.released.set()  # its end cannot be written down yet
            time.sleep(1)
            self.assertEqual(service.job(running)["status"], "running")
            clear()
            job = service.wait(running)
            self.assertEqual(job["status"], end, job["error"])
            if end == "failed":
                self.assertEqual(job["error"]["code"], "unwritable")
            self.assertEqual(self.one_end(service, running), [end])
        last = service.wait(service.upload(clip, **QUICK).json()["id"])
        self.assertEqual(last["status"], "completed")
        listed = service.get("/v1/jobs?limit=100").json()["jobs"]
        for job in listed:
            if job["id"] != running:
                self.assertEqual(service.wait(job["id"])["status"], "completed")
        folders = {p.name for p in pathlib.Path(f"/proc/{service.process.pid}/root"
                                                f"{self.folder}/data/jobs").iterdir()}
        self.assertEqual(folders, {job["id"] for job in listed}, "of refused jobs nothing is left")

    def test_files_may_grow_no_more(self):
        service = self.serve(*LOOPBACK)
        service.wait(service.upload(self.clip(), **QUICK).json()["id"])
        pid = service.process.pid
        hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
        self.is_full_and_has_room_again(
            service, lambda: resource.prlimit(pid, resource.RLIMIT_FSIZE, (512, hard)),
            lambda: resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard)),
            "failed")  # what is fetched has no room, either

    @unittest.skipUnless(can_mount(), "may not mount a small disk")
    def test_a_small_disk_is_full(self):
        (self.folder / "data").mkdir()
        service = self.serve_by(["unshare", "-m", "sh", "-c",
                                 'mount -t tmpfs -o size=12m tmpfs data && exec "$@"', "sh"])
        data = pathlib.Path(f"/proc/{service.process.pid}/root{self.folder}/data")
        self.assertTrue((data / "jobs.sqlite").exists())
        self.assertFalse((self.folder / "data/jobs.sqlite").exists())

        def fill():
            with open(data / "ballast", "wb", buffering=0) as ballast:
                try:
                    while True:
                        ballast.write(bytes(4096))
                except OSError:
                    pass

        self.is_full_and_has_room_again(service, fill, (data / "ballast").unlink,
                                         "completed")


class Database(ServeTest):
    def test_another_process_holds_it(self):
        clip = self.clip()
        service = self.serve()
        service.wait(service.upload(clip, **QUICK).json()["id"])
        database = sqlite3.connect(self.folder / "data/jobs.sqlite", isolation_level=None)
        self.addCleanup(database.close)
        database.execute("BEGIN EXCLUSIVE")
        refused = self.problem(service.upload(clip, **QUICK), 507, "database")
        self.assertEqual(refused["exit_code"], 4)
        self.assertEqual(service.get("/healthz").status, 200)
        self.problem_of_readiness(service)
        self.assertEqual(service.get("/v1/jobs").json()["total"], 1, "it can be read")
        database.execute("ROLLBACK")
        self.assertEqual(service.wait(service.upload(clip, **QUICK).json()["id"])["status"],
                         "completed")
        self.assertEqual(service.get("/readyz").status, 200)
        service.end()
        # At the start it is waited for, and that is said.
        database.execute("BEGIN EXCLUSIVE")
        process = self.start("serve", "--listen", "127.0.0.1:0", "--data", "data")
        for cleanup in (process.stderr.close, process.stdout.close, process.wait, process.kill):
            self.addCleanup(cleanup)
        self.assertIn(b"another process holds", process.stderr.readline())
        self.assertIsNone(process.poll())
        database.execute("ROLLBACK")
        service = Running(process, int(process.stdout.readline().rsplit(b":", 1)[1]))
        self.assertEqual(service.get("/v1/jobs").json()["total"], 2)

    def problem_of_readiness(self, service):
        answer = service.get("/readyz")
        self.assertEqual(answer.status, 503)
        self.assertNotEqual(answer.json()["checks"]["database"], "ok")

    def test_pages_of_it_are_damaged(self):
        """Whatever is overwritten, the service starts; what it cannot read is kept aside."""
        clip = self.clip()
        service = self.serve()
        for _ in range(8):
            service.wait(service.upload(clip, **QUICK).json()["id"])
        service.end()
        database = self.folder / "data/jobs.sqlite"
        sound = database.read_bytes()
        self.assertGreater(len(sound), 8 * 4096)
        chance = random.Random(5)
        aside = 0
        for _ in range(6):
            broken = bytearray(sound)
            for _ in range(3):
                page = chance.randrange(len(sound) // 4096)
                at = 4096 * page + chance.randrange(64)
                broken[at:at + 600] = chance.randbytes(600)
            database.write_bytes(broken)
            service = self.serve()
            for path in ("/v1/jobs", "/", "/readyz", "/metrics"):
                self.assertEqual(service.get(path).status, 200)
            job = service.wait(service.upload(clip, **QUICK).json()["id"])
            self.assertEqual(job["status"], "completed")
            service.end()
            said = [line for line in service.log if "it is kept as" in line]
            kept = [p for p in self.folder.glob("data/jobs.sqlite.damaged-*")
                    if p.read_bytes() == bytes(broken)]
            self.assertEqual(len(said), len(kept), service.log)
            if not kept:
                continue  # nobody reads the page
            aside += 1
            # Its jobs come back for the next round.
            mark = kept[0].name.removeprefix("jobs.sqlite")
            shutil.rmtree(self.folder / "data/jobs")
            (self.folder / f"data/jobs{mark}").rename(self.folder / "data/jobs")
        self.assertGreater(aside, 2)


@unittest.skipIf(FAKETIME is None, "no faketime")
class Clock(Beside):
    def test_jobs_end_however_the_clock_jumps(self):
        clip = self.clip()
        clock = self.folder / "clock"
        clock.write_text("+0")
        service = self.serve_by(
            [], {"LD_PRELOAD": FAKETIME, "FAKETIME_TIMESTAMP_FILE": str(clock),
                 "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                 # A sanitizer's runtime wants to be the first library, which is faketime here.
                 "ASAN_OPTIONS": "verify_asan_link_order=0"})
        ids = []
        with SlowPlace(clip) as place:
            for jump in ("+3h", "-400d", "+90d", "-2h", "+0"):
                running = service.submit(body={"uri": place.url(), **QUICK}).json()["id"]
                service.wait(running, "running")
                clock.write_text(jump)
                place.released.set()
                job = service.wait(running, within=20)
                self.assertEqual(job["status"], "completed", jump)
                self.assertEqual(self.one_end(service, running), ["completed"])
                ids.append(service.wait(service.upload(clip, **QUICK).json()["id"])["id"])
                place.released.clear()
        text = service.get("/metrics").body.decode()
        for line in text.splitlines():
            self.assertFalse(line.startswith("videogen_") and " -" in line, line)
        events = [e for e in service.events(f"/v1/jobs/{ids[-1]}/events") if e]
        self.assertEqual([e[0] for e in events], sorted({e[0] for e in events}))
        # Of two jobs the one that was asked for later comes first, whatever the clock said.
        listed = [job["id"] for job in service.get("/v1/jobs").json()["jobs"]]
        self.assertEqual(listed[0], ids[-1])
        self.assertEqual(service.end(), 0)


if __name__ == "__main__":
    unittest.main()
