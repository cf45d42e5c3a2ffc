"""A headless Chromium, driven through the two pipes of its DevTools protocol; standard library only."""

import base64
import fcntl
import json
import os
import pathlib
import select
import shutil
import subprocess
import tempfile
import time

PROGRAM = shutil.which("chromium")

# Quiet: no updates, no reports, no network but what a page asks for.
FLAGS = [
    "--headless", "--disable-gpu", "--no-first-run", "--no-default-browser-check", "--disable-quic",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-extensions", "--disable-dev-shm-usage", "--mute-audio", "--remote-debugging-pipe",
    # Inside containers, and for root, its own sandbox cannot be set up; it reads our pages only.
    "--no-sandbox",
]

# Texts whose contrast with what is behind them is under WCAG's AA: 4.5, or 3 for large ones.
FAINT_TEXTS = """
(() => {
  const channels = (colour) => (colour.match(/[\\d.]+/g) || []).map(Number);
  const light = (colour) => channels(colour).slice(0, 3).reduce((sum, value, i) => {
    const c = value / 255;
    return sum + [0.2126, 0.7152, 0.0722][i] * (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  }, 0);
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      const alpha = channels(colour)[3];
      if (alpha === undefined || alpha > 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || element.closest("script, video, [hidden]")) continue;
    const style = getComputedStyle(element);
    const text = element.closest("svg") ? style.fill : style.color;
    const [a, b] = [light(text), light(behind(element))].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if ((a + 0.05) / (b + 0.05) < (large ? 3 : 4.5))
      faint.push(walker.currentNode.textContent.trim().slice(0, 40));
  }
  return faint;
})()
"""

# Elements that stick out of the page to the right, but for what scrolls by itself.
OVERFLOWING = """
[...document.querySelectorAll("body *")].filter((e) =>
    e.getBoundingClientRect().right > innerWidth + 0.5 && !e.closest(".film, .hidden, .skip, svg")
    && getComputedStyle(e).display !== "none" && !e.closest(".measures thead, .jobs thead, .jobs .why"))
  .map((e) => e.tagName + "." + e.className)
"""


class Browser:
    """One page at a time. What it complains of is in `complaints`, from the last open() on."""

    def __init__(self, patience_s=60):
        self.patience_s = patience_s
        self.folder = tempfile.mkdtemp(prefix="videogen browser ")
        to_browser, self.out = os.pipe()
        self.inbox, from_browser = os.pipe()
        # High numbers, so that the shell's 3 and 4 overwrite neither.
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 5) for end in (to_browser, from_browser)]
        os.close(to_browser)
        os.close(from_browser)
        command = f'exec "$0" "$@" 3<&{ends[0]} 4>&{ends[1]}'
        self.process = subprocess.Popen(
            ["bash", "-c", command, PROGRAM, *FLAGS, f"--user-data-dir={self.folder}",
             "about:blank"],
            pass_fds=ends, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env=os.environ | {"HOME": self.folder})
        for end in ends:
            os.close(end)
        self.buffer = b""
        self.last_id = 0
        self.session = None
        self.loaded = False
        self.complaints = []
        targets = self.call("Target.getTargets")["targetInfos"]
        page = next(target for target in targets if target["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=page["targetId"],
                                 flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(domain + ".enable")

    def close(self):
        os.close(self.out)  # its end
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.inbox)
        # Its last writers may still be at it.
        shutil.rmtree(self.folder, ignore_errors=True)

    def message(self, deadline):
        while b"\0" not in self.buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.inbox], [], [], left)[0]:
                raise TimeoutError("the browser does not answer")
            got = os.read(self.inbox, 1 << 20)
            if not got:
                raise ConnectionError("the browser ended")
            self.buffer += got
        text, _, self.buffer = self.buffer.partition(b"\0")
        message = json.loads(text)
        self.notice(message.get("method"), message.get("params", {}))
        return message

    def notice(self, method, params):
        if method == "Page.loadEventFired":
            self.loaded = True
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(params["exceptionDetails"].get("exception", {})
                                   .get("description", params["exceptionDetails"]["text"]))
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning"):
            self.complaints.append(str([a.get("value") for a in params["args"]]))
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.complaints.append(params["entry"]["text"])

    def call(self, method, **params):
        self.last_id += 1
        request = {"id": self.last_id, "method": method, "params": params}
        if self.session:
            request["sessionId"] = self.session
        data = json.dumps(request).encode() + b"\0"
        while data:
            data = data[os.write(self.out, data):]
        deadline = time.monotonic() + self.patience_s
        while True:
            message = self.message(deadline)
            if message.get("id") == self.last_id:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                return message["result"]

    def open(self, place, width, height=900, dark=False, scripts=True):
        """A file, or an http: address."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self.call("Emulation.setScriptExecutionDisabled", value=not scripts)
        self.complaints = []
        self.loaded = False
        url = str(place)
        if not url.startswith("http:"):
            url = pathlib.Path(place).resolve().as_uri()
        self.call("Page.navigate", url=url)
        deadline = time.monotonic() + self.patience_s
        while not self.loaded:
            self.message(deadline)

    def picture(self, file, whole=True):
        """Of the page as it is, as PNG."""
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        pathlib.Path(file).write_bytes(base64.b64decode(shot["data"]))

    def value(self, expression):
        """What a JavaScript expression is in the page; promises are awaited."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True,
                           awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def wait_for(self, expression):
        """True as soon as it is true in the page; False if it is not in ten seconds."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if self.value(expression):
                return True
            time.sleep(0.05)
        return False
