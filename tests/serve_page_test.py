"""The page of `videogen serve` in a real browser: live, usable, readable, and nobody's but ours."""

import base64
import json
import sqlite3
import unittest

import browser
from serving import ServeTest, SlowPlace

LOOPBACK = ("--allow-net", "127.0.0.0/8")
WITHOUT_BROWSER = "no chromium program, so nobody looks at the service's page: apt-get install chromium"
EVIL = "</a><img src=x onerror=alert(1)>&'.mp4"

# What a keyboard reaches and nobody could name.
UNNAMED = """
[...document.querySelectorAll("a, button, input, select, textarea, video, iframe, progress, nav, section")]
  .filter((e) => e.checkVisibility())
  .filter((e) => !(e.labels?.length || e.getAttribute("aria-label") || e.title || e.textContent.trim()
                   || document.getElementById(e.getAttribute("aria-labelledby"))))
  .map((e) => e.outerHTML.slice(0, 100))
"""


class PageTest(ServeTest):
    def open(self, service, path="/", width=1280, **how):
        self.browser.open(f"http://127.0.0.1:{service.port}{path}", width, **how)

    def sees(self, expression):
        self.assertTrue(self.browser.wait_for(f"!!({expression})"), expression)

    def text(self, selector):
        return self.browser.value(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''")

    def click(self, selector):
        # As by a hand: browsers play no sound that nobody asked for.
        self.browser.call("Runtime.evaluate", userGesture=True,
                          expression=f"document.querySelector({json.dumps(selector)}).click()")

    def fill(self, selector, value):
        self.browser.value(f"""(() => {{
          const field = document.querySelector({json.dumps(selector)});
          field.value = {json.dumps(value)};
          field.dispatchEvent(new Event("input", {{ bubbles: true }}));
        }})()""")

    def drop(self, name, clip):
        """A file falls on the page."""
        self.browser.value(f"""(() => {{
          const bytes = Uint8Array.from(atob({json.dumps(base64.b64encode(clip).decode())}),
                                        (c) => c.charCodeAt(0));
          const transfer = new DataTransfer();
          transfer.items.add(new File([bytes], {json.dumps(name)}, {{ type: "video/mp4" }}));
          for (const type of ["dragenter", "dragover", "drop"])
            document.body.dispatchEvent(new DragEvent(type, {{ dataTransfer: transfer, bubbles: true,
                                                              cancelable: true }}));
        }})()""")

    def set_output(self, job, clip):
        """As a job leaves it that makes a clip of the one that it was sent."""
        folder = self.folder / "data/jobs" / job
        folder.mkdir(parents=True, exist_ok=True)
        clip.rename(folder / "clip.mp4")
        with sqlite3.connect(next((self.folder / "data").glob("*.sqlite"))) as database:
            database.execute("UPDATE jobs SET output = ?, skill = 'enhance' WHERE id = ?",
                             (f"jobs/{job}/clip.mp4", job))
        database.close()

    def row(self, identifier, then="true"):
        return f"((row) => row && {then})(document.getElementById('job-{identifier}'))"

    def fits(self, width):
        self.assertLessEqual(self.browser.value("document.documentElement.scrollWidth"), width)
        self.assertEqual(self.browser.value(browser.OVERFLOWING), [])
        self.assertEqual(self.browser.value(browser.FAINT_TEXTS), [])

    def in_all_looks(self, service, path):
        for width in (390, 1280):
            for dark in (False, True):
                with self.subTest(path=path, width=width, dark=dark):
                    self.open(service, path, width, dark=dark)
                    self.fits(width)
                    self.assertEqual(self.browser.complaints, [])


@unittest.skipUnless(browser.PROGRAM, WITHOUT_BROWSER)
class Page(PageTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.browser = browser.Browser()
        cls.addClassCleanup(cls.browser.close)

    def test_an_empty_list_says_what_to_do(self):
        service = self.serve()
        self.in_all_looks(service, "/")
        self.assertIn("No jobs yet", self.text("#jobs"))
        self.assertIn(f"curl -F file=@clip.mp4 http://127.0.0.1:{service.port}/v1/validations",
                      self.text("#jobs"))
        self.assertFalse(self.browser.value("!!document.getElementById('make')"), "no back end")

    def test_a_clip_that_is_chosen_is_followed_to_its_report(self):
        path = self.sample("clip.mp4", "--size", "96x64", "--seconds", "2")
        service = self.serve()
        self.open(service)
        self.sees("document.getElementById('live').textContent === 'live'")
        field = self.browser.call("Runtime.evaluate", expression="document.getElementById('files')")
        self.browser.call("DOM.setFileInputFiles", files=[str(path)],
                          objectId=field["result"]["objectId"])
        self.sees("document.querySelector('tr[data-state=completed]')")
        self.sees("document.querySelectorAll('#uploads li').length === 0")
        job = service.get("/v1/jobs").json()["jobs"][0]
        self.assertEqual((job["input_name"], job["request"]), ("clip.mp4", {}))
        self.assertEqual(self.text(f"#job-{job['id']} .word"), job["result"]["verdict"])
        self.assertEqual(self.text(f"#job-{job['id']} .score"),
                         f"{job['result']['overall_coherence']:.3f}")
        self.sees("document.getElementById('said').textContent === 'clip.mp4: completed'")
        self.assertEqual(self.browser.complaints, [])
        self.open(service, f"/jobs/{job['id']}")
        inside = "document.getElementById('report').contentDocument"
        self.sees(f"{inside}?.querySelector('h1')?.innerText.toLowerCase().includes('clip.mp4')")
        self.sees(f"Math.abs({inside}.documentElement.offsetHeight -"
                  " document.getElementById('report').offsetHeight) < 4")
        self.sees(f"{inside}.getElementById('video').readyState > 0")
        self.assertEqual(self.browser.complaints, [])
        self.in_all_looks(service, f"/jobs/{job['id']}")

    def test_clips_that_are_dropped_take_the_options_along(self):
        clip = self.clip()
        service = self.serve()
        self.open(service)
        self.fill("#profile", "quick")
        self.fill("#threshold", "0.5")
        self.fill("#shots", "multi")
        self.assertEqual(self.text("#chosen"), "quick, threshold 0.5, cuts are meant")
        self.drop(EVIL, clip)
        self.sees("document.querySelector('tr[data-state=completed]')")
        job = service.get("/v1/jobs").json()["jobs"][0]
        self.assertEqual(job["input_name"], EVIL)
        self.assertEqual(job["request"], {"profile": "quick", "threshold": 0.5, "multi_shot": True})
        self.assertEqual(self.browser.value(f"document.querySelector('#job-{job['id']} th a').title"),
                         EVIL)
        self.assertEqual(self.browser.value(
            f"document.querySelector('#job-{job['id']} th').textContent"), EVIL)
        self.open(service, f"/jobs/{job['id']}")
        self.assertEqual(self.text("h1"), EVIL)
        self.assertEqual(self.browser.value("document.images.length"), 0)
        # What the service refuses is said beside the clip's name, in its own words.
        self.open(service)
        self.fill("#profile", "quick")
        self.fill("#prompt", "a lighthouse")
        self.drop("two.mp4", clip)
        self.sees("document.querySelector('#uploads .trouble')?.innerText.startsWith('prompt belongs')")
        self.assertEqual(self.text("#uploads .name"), "two.mp4")
        self.assertEqual(self.text("#uploads button"), "Dismiss")
        self.click("#uploads button")
        self.assertEqual(self.browser.value("document.querySelectorAll('#uploads li').length"), 0)

    def test_a_job_is_followed_and_cancelled_by_asking_twice(self):
        clip = self.clip()
        service = self.serve("--workers", "1", *LOOPBACK)
        with SlowPlace(clip) as place:
            self.open(service)
            self.fill("#uri", place.url())
            self.click("#check button[type=submit]")
            self.sees("document.querySelector('tr[data-state=running] progress')")
            job = service.get("/v1/jobs").json()["jobs"][0]["id"]
            self.assertEqual(self.text(f"#job-{job} th"), "clip.mp4")
            self.assertEqual(self.text(f"#job-{job} .stage"), "fetch")
            waits = service.submit(body={"uri": place.url()}).json()["id"]
            self.sees(self.row(waits, "row.dataset.state === 'queued'"))
            self.sees("document.querySelector('#filters').innerText.includes('Waiting 1')")
            self.open(service, f"/jobs/{job}")
            self.sees("document.querySelector('#head progress')")
            self.fits(1280)
            self.open(service)
            button = f"#job-{job} [data-cancel]"
            self.click(button)
            self.assertEqual(self.browser.value(f"document.querySelector({json.dumps(button)})"
                                                ".firstChild.nodeValue"), "Really?")
            self.assertEqual(service.job(job)["status"], "running")
            self.click(button)
            self.sees(self.row(job, "row.dataset.state === 'cancelled'"))
            self.sees(self.row(waits, "row.dataset.state === 'running'"))
        self.assertEqual(self.browser.complaints, [])

    def test_an_address_that_may_not_be_fetched_is_refused_in_words(self):
        service = self.serve()
        self.open(service)
        self.fill("#uri", "http://169.254.169.254/clip.mp4")
        self.click("#check button[type=submit]")
        self.sees("document.querySelector('#uploads .trouble')?.innerText.includes('is refused')")

    def test_a_hundred_jobs_can_be_watched(self):
        clip, cut = self.clip(), self.clip("cut.mp4", "--defect", "cut@1")
        service = self.serve("--workers", "2")
        self.open(service)
        for i in range(96):
            self.assertEqual(service.upload(clip, f"{'autumn-' * 12}{i:03}-final.mp4",
                                            profile="quick").status, 202)
        service.upload(cut, "x" * 200 + ".mp4")
        service.upload(b"no clip", "broken.mp4")
        service.upload(clip, EVIL)
        last = service.upload(cut, "ein Schiff im Stürm 船.mp4", fps="4").json()["id"]
        service.wait(last)
        self.sees("document.querySelectorAll('#jobs tbody tr[data-state]').length === 60")
        self.sees(self.row(last, "row.dataset.state === 'completed'"))
        self.assertIn("and 40 more", self.text(".more"))
        self.assertEqual(self.browser.complaints, [])
        for path in ("/", "/?status=all"):
            self.in_all_looks(service, path)
        self.assertEqual(self.browser.value("document.querySelectorAll('tr[data-state]').length"), 100)
        # All that names apart is their ends, and these are seen.
        self.open(service, "/?status=all", 390)
        self.assertEqual(self.browser.value(
            "[...document.querySelectorAll('.cut .end')].filter((e) => {"
            " const cell = e.closest('th').getBoundingClientRect(), box = e.getBoundingClientRect();"
            " return box.right > cell.right + 1 || box.width < 20; }).length"), 0)
        self.open(service, "/?status=failed")
        self.assertEqual(self.browser.value("document.querySelectorAll('tr[data-state]').length"), 1)
        self.assertIn("broken.mp4", self.text("#jobs"))
        failed = service.get("/v1/jobs?status=failed").json()["jobs"][0]
        self.assertIn(failed["error"]["message"], self.text("#jobs"))
        self.in_all_looks(service, f"/jobs/{failed['id']}")
        self.assertIn(failed["error"]["message"], self.text(".outcome"))
        self.sees("!document.getElementById('clip-trouble').hidden")
        self.open(service, "/?status=cancelled")
        self.assertIn("No job was cancelled", self.text("#jobs"))

    def test_everything_can_be_read_without_a_script(self):
        service = self.serve()
        job = service.wait(service.upload(self.clip("cut.mp4", "--defect", "cut@1"), "cut.mp4",
                                          fps="4").json()["id"])
        self.open(service, scripts=False)
        self.assertEqual(self.text(f"#job-{job['id']} .word"), job["result"]["verdict"])
        self.assertIn("UTC", self.text(f"#job-{job['id']} time"))
        self.assertIn("JavaScript", self.text("noscript"))
        self.assertEqual(self.browser.value(
            "[...document.querySelectorAll('.with-script')].filter((e) => e.offsetParent).length"), 0)
        self.open(service, f"/jobs/{job['id']}", scripts=False)
        self.assertIn(job["id"], self.browser.value("document.getElementById('details').textContent"))
        # It has the report as a link and in a frame.
        self.assertEqual(self.browser.value("document.getElementById('report').src"),
                         f"http://127.0.0.1:{service.port}/v1/jobs/{job['id']}/report")
        self.fits(1280)

    def test_a_token_lets_in_and_stays_where_no_script_reads_it(self):
        (self.folder / "tokens").write_text("ours token-one\ntheirs token-two\n")
        service = self.serve("--token-file", "tokens")
        service.token = "token-one"
        job = service.wait(service.upload(self.clip(), profile="quick").json()["id"])
        for scripts in (True, False):
            with self.subTest(scripts=scripts):
                self.open(service, scripts=scripts)
                self.assertEqual(self.text("h1"), "Log in")
                self.assertNotIn(job["id"], self.browser.value("document.body.innerHTML"))
                if scripts:
                    self.fill("#token", "token-three")
                    self.click("#login button")
                    self.sees("document.getElementById('trouble').innerText"
                              ".includes('does not know this token')")
                self.fill("#token", "token-one")
                self.browser.loaded = False
                if scripts:
                    self.click("#login button")
                else:
                    self.browser.value("document.getElementById('login').submit()")
                self.sees(f"document.getElementById('job-{job['id']}')")
                self.assertEqual(self.browser.value("document.cookie"), "")
                self.assertFalse(self.browser.value("document.body.innerHTML.includes('token-one')"))
                self.browser.value("document.querySelector('form[action=\"/logout\"]').submit()")
                self.sees("document.querySelector('h1')?.innerText === 'Log in'")
        self.in_all_looks_logged_out(service)
        other = service.ask("GET", f"/jobs/{job['id']}", headers={"Authorization": "Bearer token-two"})
        self.assertEqual(other.status, 404)
        self.assertNotIn(b"clip.mp4", other.body)
        self.assertEqual(service.ask("GET", f"/jobs/{job['id']}/input",
                                     headers={"Authorization": "Bearer token-two"}).status, 404)
        self.assertEqual(service.ask("GET", f"/jobs/{job['id']}", headers={"Cookie": "a=b"}).status, 401)

    def in_all_looks_logged_out(self, service):
        for width in (390, 1280):
            for dark in (False, True):
                self.open(service, "/", width, dark=dark)
                self.fits(width)

    def test_two_clips_of_a_job_move_as_one(self):
        sent, made = self.clip("sent.mp4", "--defect", "cut@1"), self.clip("made.mp4")
        service = self.serve()
        job = service.wait(service.upload(sent, "sent.mp4", fps="4").json()["id"])["id"]
        service.end()
        (self.folder / "made").write_bytes(made)
        self.set_output(job, self.folder / "made")
        service = self.serve()
        self.assertEqual(service.get(f"/v1/jobs/{job}/output").body, made)
        self.assertEqual(service.get(f"/jobs/{job}/input").body, sent)
        part = service.get(f"/jobs/{job}/input", Range="bytes=4-7")
        self.assertEqual((part.status, part.body), (206, b"ftyp"))
        self.in_all_looks(service, f"/jobs/{job}")
        self.open(service, f"/jobs/{job}")
        self.sees("document.getElementById('sent').readyState > 0 && "
                  "document.getElementById('made').readyState > 0")
        self.assertEqual(float(self.browser.value("document.getElementById('place').max")), 2)
        apart = "Math.abs(document.getElementById('sent').currentTime - document.getElementById('made').currentTime)"
        # A place that the report names, a frame on, and the slider.
        self.click("[data-time]")
        self.sees("Math.abs(document.getElementById('made').currentTime - 1) < 0.01")
        self.sees(f"{apart} < 0.001")
        self.click("[data-step='1']")
        self.sees("Math.abs(document.getElementById('made').currentTime - 1 - 1 / 12) < 0.01")
        self.fill("#place", "0.25")
        self.sees("Math.abs(document.getElementById('sent').currentTime - 0.25) < 0.01")
        self.click("#play")
        self.sees("document.getElementById('made').currentTime > 0.6")
        self.assertLess(self.browser.value(apart), 0.25)
        self.assertEqual(self.text("#play"), "Pause")
        self.assertEqual(self.browser.complaints, [])

    def test_clips_that_come_while_the_page_is_open_play_too(self):
        sent, made = self.clip("sent.mp4", "--defect", "cut@1"), self.clip("made.mp4")
        service = self.serve("--workers", "1", *LOOPBACK)
        with SlowPlace(made) as place:
            service.submit(body={"uri": place.url()})
            job = service.upload(sent, "sent.mp4").json()["id"]
            self.open(service, f"/jobs/{job}")
            self.sees("document.getElementById('live').textContent === 'live'")
            self.sees("document.getElementById('clip').readyState > 0")
            service.ask("DELETE", f"/v1/jobs/{job}")
            (self.folder / "made").write_bytes(made)
            self.set_output(job, self.folder / "made")
            self.browser.value("document.dispatchEvent(new Event('visibilitychange'))")
            self.sees("document.getElementById('made')?.readyState > 0")
            self.assertTrue(self.browser.value("document.getElementById('made').checkVisibility()"))
            self.assertTrue(self.browser.value("document.getElementById('compare-trouble').hidden"))
            self.assertFalse(self.browser.value("!!document.getElementById('clip')"))
            self.click("[data-step='1']")
            self.sees("document.getElementById('sent').currentTime > 0.03")
            self.assertEqual(self.browser.complaints, [])

    def test_a_generation_is_asked_for_and_shown(self):
        emulator = self.start("emulate", "--latency", "0.1", "--shrink", "8", "--broken-every", "0")
        for clean in (emulator.stderr.close, emulator.stdout.close, emulator.wait, emulator.kill):
            self.addCleanup(clean)
        environment = {}
        for line in emulator.stdout:
            if not line.startswith(b"export "):
                break
            name, value = line.decode().strip().removeprefix("export ").split("=", 1)
            environment[name] = value.strip("'")
        service = self.serve("--poll", "0.1", environment=environment)
        self.in_all_looks(service, "/")
        self.open(service)
        self.fill("#words", "a lighthouse in a <storm>")
        self.fill("#seconds", "7")
        self.click("#make button")
        self.sees("document.getElementById('make-trouble').innerText.includes('4, 6 or 8')")
        self.fill("#seconds", "4")
        self.click("#make button")
        self.sees("document.querySelector('tr[data-state=completed]')")
        job = service.get("/v1/jobs").json()["jobs"][0]
        self.assertEqual(job["request"], {"prompt": "a lighthouse in a <storm>", "seconds": 4})
        self.assertEqual(self.browser.value(
            f"document.querySelector('#job-{job['id']} th').textContent"), "a lighthouse in a <storm>")
        self.assertEqual(self.text(f"#job-{job['id']} .word"), job["result"]["report"]["verdict"])
        self.open(service, f"/jobs/{job['id']}")
        self.sees("document.getElementById('report').contentDocument?.getElementById('video')?.readyState > 0")

    def test_it_can_be_used_by_keyboard_and_heard(self):
        service = self.serve()
        service.wait(service.upload(self.clip(), profile="quick").json()["id"])
        job = service.wait(service.upload(b"no clip", "broken.mp4").json()["id"])
        for path in ("/", f"/jobs/{job['id']}", "/jobs/none"):
            with self.subTest(path=path):
                self.open(service, path)
                self.assertEqual(self.browser.value(UNNAMED), [])
                levels = self.browser.value(
                    "[...document.querySelectorAll('h1, h2, h3')].map((e) => Number(e.tagName[1]))")
                self.assertEqual((levels[0], levels.count(1)), (1, 1))
                self.assertTrue(all(b <= a + 1 for a, b in zip(levels, levels[1:])), levels)
                self.assertEqual(self.browser.value(
                    "document.querySelectorAll('th:not([scope])').length"), 0)
                # Whatever Tab reaches can be seen to have been reached.
                reached = []
                for _ in range(14):
                    for kind in ("rawKeyDown", "keyUp"):
                        self.browser.call("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab",
                                          windowsVirtualKeyCode=9)
                    reached.append(self.browser.value("""(() => {
                      const e = document.activeElement;
                      const shown = e.classList.contains("picker") ? document.querySelector(".pick") : e;
                      const style = getComputedStyle(shown);
                      return [e === document.body ? "BODY" : e.className || e.id || e.tagName, style.outlineStyle !== "none"
                              && parseFloat(style.outlineWidth) > 0];
                    })()"""))
                    if reached[-1][0] == "BODY":
                        reached.pop()
                        break
                self.assertEqual(reached[0][0], "skip")
                self.assertEqual([name for name, seen in reached if not seen], [])

    def test_it_says_so_when_the_service_is_gone(self):
        service = self.serve()
        self.open(service)
        self.sees("document.getElementById('live').textContent === 'live'")
        service.kill()
        self.sees("document.getElementById('live').textContent.startsWith('not live')")
        self.drop("clip.mp4", b"bytes")
        self.sees("document.querySelector('#uploads .trouble')?.innerText.includes('broke off')")
        self.assertEqual(self.text("#uploads button"), "Try again")

    def test_nothing_foreign_runs_in_it(self):
        service = self.serve()
        answer = service.get("/")
        policy = answer.headers["Content-Security-Policy"]
        self.assertIn("default-src 'none'", policy)
        self.assertIn("frame-ancestors 'none'", policy)
        self.assertNotIn("unsafe", policy)
        self.assertNotIn("data:", policy.split("script-src")[1].split(";")[0])
        self.assertNotRegex(answer.body.decode(), r"\son\w+=|style=\"|<script>")
        for path in ("/page/dashboard.js", "/page/dashboard.css", "/page/report.css"):
            file = service.get(path)
            self.assertEqual(file.status, 200)
            self.assertEqual(service.get(path, If_None_Match=file.headers["ETag"]).status, 304)
        self.assertEqual(service.get("/?status=nonsense").status, 400)
        self.assertEqual(service.get("/?page=nonsense&status=all").status, 400)
        self.assertEqual(service.get("/jobs/none").status, 404)


if __name__ == "__main__":
    if not browser.PROGRAM:
        print(f"OK (skipped=all): {WITHOUT_BROWSER}")  # which ctest counts as skipped
    else:
        unittest.main()
