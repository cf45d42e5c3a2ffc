"""The service killed under load, at moments drawn by chance. VIDEOGEN_KILLS=50 is the full run,
VIDEOGEN_SEED another one."""

import collections
import http.client
import os
import random
import re
import signal
import sqlite3
import threading
import time
import unittest

from serving import ENDS, Emulated, Running, ServeTest, SlowPlace

KILLS = int(os.environ.get("VIDEOGEN_KILLS", "6"))
SEED = int(os.environ.get("VIDEOGEN_SEED", "20"))
QUICK = {"profile": "quick"}


class Wish:
    """What a caller wants, under a key of its own: sent until somebody acknowledged it."""

    def __init__(self, number):
        self.key = f"wish-{number}"
        self.kind = "generations" if number % 12 == 0 else "validations"
        self.id = None

    def send(self, service, clip):
        headers = {"Idempotency-Key": self.key}
        if self.kind == "generations":
            body = {"prompt": f"a lighthouse, {self.key}", "seconds": 4, "threshold": 0.2,
                    "max_clips": 1}
            return service.ask("POST", "/v1/generations", body, headers)
        return service.upload(clip, headers=headers, **QUICK)


class Kills(Emulated, ServeTest):
    def start_and_kill(self, clip, environment, chance):
        """One life of the service under the load of four callers; its wishes, served or not."""
        began = time.monotonic()
        dies = began + chance.uniform(0.02, 1.6)
        process = self.start("serve", "--listen", "127.0.0.1:0", "--data", "data", "--workers", "2",
                             "--poll", "0.1", environment=environment)
        for cleanup in (process.stderr.close, process.stdout.close, process.wait, process.kill):
            self.addCleanup(cleanup)
        killer = threading.Timer(max(0.0, dies - time.monotonic()),
                                 process.send_signal, [signal.SIGKILL])
        killer.start()
        made = []
        found = re.search(rb":(\d+)\n", process.stdout.readline())
        if found:  # it may die before it listens
            service = Running(process, int(found[1]))

            def load(mine):
                dice = random.Random(mine)
                while process.poll() is None:
                    with self.counting:
                        wish = Wish(next(self.numbers))
                        made.append(wish)
                    try:
                        answer = wish.send(service, clip)
                        if answer.status == 202:
                            wish.id = answer.json()["id"]
                        elif answer.status == 429:
                            made.remove(wish)
                            time.sleep(0.05)
                        if wish.id and dice.random() < 0.05:
                            service.ask("DELETE", f"/v1/jobs/{wish.id}")
                    except (OSError, http.client.HTTPException, ValueError):
                        pass  # it died

            callers = [threading.Thread(target=load, args=(chance.random(),)) for _ in range(4)]
            [caller.start() for caller in callers]
            [caller.join() for caller in callers]
        process.wait()
        killer.cancel()
        return made

    def test_every_accepted_job_ends_once_whenever_the_service_is_killed(self):
        clip = self.clip()
        environment = self.emulate()
        chance = random.Random(SEED)
        self.counting, self.numbers = threading.Lock(), iter(range(1_000_000))
        wishes = []
        for _ in range(KILLS):
            wishes += self.start_and_kill(clip, environment, chance)
        accepted = {wish.id: wish for wish in wishes if wish.id}
        self.assertGreater(len(accepted), 2 * KILLS)
        service = self.serve("--workers", "2", "--poll", "0.1", environment=environment)
        # Who got no answer asks again, and gets the job that there is, or one.
        for wish in wishes:
            while wish.id is None:
                answer = wish.send(service, clip)
                self.assertIn(answer.status, (202, 429), answer.body)
                if answer.status == 429:
                    time.sleep(0.2)
                else:
                    wish.id = answer.json()["id"]
        ids = [wish.id for wish in wishes]
        self.assertEqual(len(set(ids)), len(ids), "two wishes in one job")
        kinds = collections.Counter()
        for wish in wishes:
            job = service.wait(wish.id, within=60 + 10 * KILLS)
            kinds[wish.kind, job["status"]] += 1
            if job["status"] == "failed" and job["result"] is None:
                most = 5 if wish.kind == "validations" else 20
                self.assertRegex(job["error"]["message"],
                                 f"ended {most} times while this job ran")
            elif job["status"] == "failed":
                # A reply that nobody saw is reported, and not asked for again.
                self.assertEqual([a["status"] for a in job["result"]["attempts"]], ["lost"], job)
            events = [data for event in service.events(f"/v1/jobs/{wish.id}/events") if event
                      for data in [event[1]]]
            ends = [e["status"] for e in events if e["type"] == "state" and e["status"] in ENDS]
            self.assertEqual(ends, [job["status"]], wish.key)
        print(f"\n{KILLS} kills, {len(accepted)} jobs acknowledged, {len(wishes)} wished:",
              dict(kinds))
        self.assertGreater(kinds["validations", "completed"], 0)
        total = service.get("/v1/jobs?limit=1").json()["total"]
        self.assertEqual(total, len(ids), "jobs that nobody wished for")
        orders = [entry["body_sha256"] for entry in self.orders(environment)]
        self.assertEqual(len(orders), len(set(orders)), "an order was sent twice")
        self.assertLessEqual(len(orders), sum(w.kind == "generations" for w in wishes))
        self.assertEqual(service.end(), 0)
        self.nothing_is_left_over(set(ids))

    def nothing_is_left_over(self, ids):
        data = self.folder / "data"
        self.assertEqual(list((data / "incoming").iterdir()), [])
        self.assertLessEqual({path.name for path in (data / "jobs").iterdir()}, ids)
        with sqlite3.connect(data / "jobs.sqlite") as database:
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
        database.close()

    def test_a_clip_that_kills_the_service_is_given_up(self):
        """Workers are threads: a decoder that crashes takes the process along. What such a clip
        does at each start is done here from outside."""
        clip = self.clip()
        with SlowPlace(clip) as place:
            flags = ("--workers", "1", "--allow-net", "127.0.0.0/8")
            service = self.serve(*flags)
            poison = service.submit(body={"uri": place.url(), **QUICK}).json()["id"]
            waiting = service.upload(clip, **QUICK).json()["id"]
            for _ in range(5):
                service.wait(poison, "running")
                service.kill()
                service = self.serve(*flags)
            job = service.wait(poison)
            self.assertEqual((job["status"], job["runs"]), ("failed", 5))
            self.assertRegex(job["error"]["message"], "ended 5 times while this job ran")
            self.assertEqual(service.wait(waiting)["status"], "completed")


if __name__ == "__main__":
    unittest.main()
