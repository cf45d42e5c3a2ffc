// Makes the page live: jobs as they change, clips sent by drop, picker or address, jobs
// cancelled, two clips played as one. The server draws everything; this fetches the page again
// and takes over what differs. Without it everything can be read.
"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];
  const wait = (ms) => new Promise((done) => { setTimeout(done, ms); });

  // Times as the reader's clock has them, and what only works with a script.
  const clock = new Intl.DateTimeFormat(undefined, {
    hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  const day = new Intl.DateTimeFormat(undefined, {
    day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const shown = (moment) =>
    (moment.toDateString() === new Date().toDateString() ? clock : day).format(moment);
  const prepare = (inside) => {
    all("time[datetime]", inside).forEach((time) => {
      time.title = time.dateTime;
      time.textContent = shown(new Date(time.dateTime));
    });
    all(".with-script", inside).forEach((element) => { element.hidden = false; });
  };

  // Said to screen readers; several at once become one.
  const say = (text) => { const said = byId("said"); if (said) said.textContent = text; };

  // What a problem+json says, or what there is of it.
  const trouble = async (response) => {
    const problem = await response.json().catch(() => null);
    return problem?.detail ?? `the service answered ${response.status} ${response.statusText}`.trim();
  };

  // --- What changes ---------------------------------------------------------------------------

  // Makes `old` what `fresh` is, element by element, so that focus and players stay.
  const morph = (old, fresh) => {
    if (old.isEqualNode(fresh)) return;
    if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName || old.id !== fresh.id) {
      old.replaceWith(fresh);
      return;
    }
    if (old.nodeType !== Node.ELEMENT_NODE) { old.nodeValue = fresh.nodeValue; return; }
    if (old.hasAttribute("data-keep")) return;
    for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
    for (const { name, value } of [...fresh.attributes])
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    const known = new Map([...old.children].filter((c) => c.id).map((c) => [c.id, c]));
    let at = old.firstChild;
    for (const child of [...fresh.childNodes]) {
      const same = child.id ? known.get(child.id) : at && !at.id && at.nodeName === child.nodeName ? at : null;
      if (!same) { old.insertBefore(child, at); continue; }
      if (same === at) at = at.nextSibling; else old.insertBefore(same, at);
      morph(same, child);
    }
    while (at) { const next = at.nextSibling; at.remove(); at = next; }
  };

  let refreshing = null;
  let again = false;
  const fetchPage = async () => {
    const response = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (response.status === 401) { location.reload(); return; }
    if (!response.ok) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    prepare(page);
    all("[data-live]").forEach((old) => {
      const fresh = page.getElementById(old.id);
      if (fresh) morph(old, document.importNode(fresh, true));
    });
    const dropping = document.body.classList.contains("dropping");
    document.body.className = page.body.className;
    document.body.classList.toggle("dropping", dropping);
    prepareVideos();
    fitReport();
  };
  // At most one at a time, and not more often than a reader could follow.
  const refresh = () => {
    if (refreshing) { again = true; return; }
    refreshing = (async () => {
      await wait(150);
      await fetchPage().catch(() => {});
      await wait(document.hidden ? 5000 : 600);
      refreshing = null;
      if (again) { again = false; refresh(); }
    })();
  };

  // Who comes back to the page sees it as it is.
  document.addEventListener("visibilitychange", () => { if (!document.hidden && byId("live")) refresh(); });

  let ended = [];
  const tellEnds = () => {
    const names = ended.map(({ job, status }) => {
      const row = byId("job-" + job);
      return `${row?.querySelector("th a")?.title ?? byId("title")?.textContent ?? "a job"}: ${status}`;
    });
    if (names.length) say(names.length > 3 ? `${names.length} jobs ended` : names.join("; "));
    ended = [];
  };

  const showProgress = (event) => {
    const place = byId("job-" + event.job) ?? byId("head");
    const bar = place?.querySelector(".doing");
    if (!bar) return false;
    const percent = Math.floor(100 * event.progress);
    bar.querySelector("progress").value = percent;
    bar.querySelector(".percent").textContent = percent + " %";
    bar.querySelector(".stage").textContent = event.stage ?? "";
    return true;
  };

  const follow = () => {
    const live = byId("live");
    const only = byId("head")?.dataset.job;
    if (!live) return;
    const source = new EventSource(only ? `/v1/jobs/${only}/events` : "/v1/events");
    const show = (on) => {
      live.classList.toggle("off", !on);
      const text = on ? "live" : "not live: the service does not answer";
      if (live.textContent !== text) live.textContent = text;
    };
    source.onopen = () => { show(true); refresh(); };
    source.onerror = () => {
      const over = only && ["completed", "failed", "cancelled", "rejected"].includes(byId("head").dataset.state);
      if (over) { source.close(); live.hidden = true; return; }
      show(false);
      // Browsers try again by themselves, but not after an answer that is no stream.
      if (source.readyState === EventSource.CLOSED) setTimeout(follow, 3000);
    };
    source.onmessage = (message) => {
      const event = JSON.parse(message.data);
      if (event.type === "progress" && event.status === "running" && showProgress(event)) return;
      if (event.type === "state" && ["completed", "failed", "cancelled"].includes(event.status)) {
        if (!ended.length) setTimeout(tellEnds, 1500);
        ended.push(event);
        if (only) byId("head").dataset.state = event.status;
      }
      refresh();
    };
  };

  // --- Cancelling: asked twice, in the same place ----------------------------------------------

  const disarm = (button) => {
    button.classList.remove("armed");
    button.removeAttribute("data-keep");
    button.firstChild.nodeValue = "Cancel";
  };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-cancel]");
    if (!button) return;
    if (!button.classList.contains("armed")) {
      button.classList.add("armed");
      button.setAttribute("data-keep", "");
      button.firstChild.nodeValue = "Really?";
      say("Press again to cancel the job");
      setTimeout(() => { if (!button.disabled) disarm(button); }, 4000);
      return;
    }
    button.disabled = true;
    const response = await fetch("/v1/jobs/" + button.dataset.cancel, { method: "DELETE" }).catch(() => null);
    button.disabled = false;
    disarm(button);
    if (response?.ok) { say("Cancelled"); refresh(); return; }
    const why = response ? await trouble(response) : "the service does not answer";
    button.title = why;
    say("Not cancelled: " + why);
  });

  // --- Asking for jobs --------------------------------------------------------------------------

  const options = () => {
    const chosen = {};
    if (byId("profile").value !== "full") chosen.profile = byId("profile").value;
    if (byId("threshold").value !== "") chosen.threshold = Number(byId("threshold").value);
    if (byId("shots").value === "multi") chosen.multi_shot = true;
    if (byId("prompt").value.trim()) chosen.prompt = byId("prompt").value.trim();
    return chosen;
  };
  const describe = () => {
    const chosen = options();
    byId("chosen").textContent = [
      chosen.profile ?? "full",
      chosen.threshold === undefined ? "" : `threshold ${chosen.threshold}`,
      chosen.multi_shot ? "cuts are meant" : "",
      chosen.prompt ? `“${chosen.prompt.length > 40 ? chosen.prompt.slice(0, 40) + "…" : chosen.prompt}”` : "",
    ].filter(Boolean).join(", ");
  };

  // The same request sent again is the same job.
  const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0")).join("");

  // fetch() cannot tell how much was sent.
  const send = (url, body, key, progress) => new Promise((done) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.setRequestHeader("Idempotency-Key", key);
    if (typeof body === "string") request.setRequestHeader("Content-Type", "application/json");
    request.upload.onprogress = (event) => { if (event.lengthComputable) progress(event.loaded / event.total); };
    request.onload = () => {
      let answer = null;
      try { answer = JSON.parse(request.responseText); } catch { /* said below */ }
      done({ status: request.status, answer, after: Number(request.getResponseHeader("Retry-After")) || 0 });
    };
    request.onerror = () => { done({ status: 0, answer: null, after: 0 }); };
    request.send(body);
  });
  const why = ({ status, answer }) => answer?.detail
    ?? (status ? `the service answered ${status}` : "the connection broke off; is the service still there?");

  const line = (name) => {
    const item = document.createElement("li");
    const label = document.createElement("span");
    label.className = "name";
    label.textContent = label.title = name;
    const bar = document.createElement("progress");
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", "Sent");
    item.append(label, bar);
    byId("uploads").append(item);
    return {
      bar,
      done: () => item.remove(),
      waits: (text) => { label.textContent = `${name} – ${text}`; },
      fails: (text, retry) => {
        const said = document.createElement("p");
        said.className = "trouble";
        said.setAttribute("role", "alert");
        said.textContent = text;
        const button = document.createElement("button");
        button.type = "button";
        button.className = "quiet";
        button.textContent = retry ? "Try again" : "Dismiss";
        button.addEventListener("click", () => { item.remove(); if (retry) retry(); });
        bar.remove();
        item.append(button, said);
      },
    };
  };

  // One after the other, two at once: the service has two ends of one wire.
  const queue = [];
  let sending = 0;
  const pump = async () => {
    if (sending >= 2 || !queue.length) return;
    sending += 1;
    const { name, url, body, key, shown } = queue.shift();
    let result = await send(url, body, key, (share) => { shown.bar.value = share; });
    while (result.status === 429) {
      shown.waits(`the queue is full; again in ${Math.max(result.after, 1)} s`);
      await wait(1000 * Math.max(result.after, 1));
      result = await send(url, body, key, (share) => { shown.bar.value = share; });
    }
    sending -= 1;
    if (result.status === 202) { shown.done(); refresh(); }
    else if (result.status === 401) location.reload();
    else {
      const retry = result.status === 0 || result.status >= 500 ? () => enqueue(name, url, body, key) : null;
      shown.fails(why(result), retry);
    }
    pump();
  };
  const enqueue = (name, url, body, key = newKey()) => {
    queue.push({ name, url, body, key, shown: line(name) });
    pump();
  };

  const sendFiles = (files) => {
    const most = Number(byId("check").dataset.mostBytes);
    for (const file of files) {
      if (file.size > most) { line(file.name).fails(`it has ${file.size} bytes, and the service takes ${most}`); continue; }
      if (!file.size) { line(file.name).fails("it is empty, or a folder"); continue; }
      const form = new FormData();
      form.append("options", JSON.stringify(options()));
      form.append("file", file, file.name);
      enqueue(file.name, "/v1/validations", form);
    }
  };

  const prepareForms = () => {
    const check = byId("check");
    if (!check) return;
    byId("files").addEventListener("change", (event) => {
      sendFiles(event.target.files);
      event.target.value = "";
    });
    check.addEventListener("submit", (event) => {
      event.preventDefault();
      const uri = byId("uri").value.trim();
      if (!uri) { byId("uri").focus(); return; }
      enqueue(uri, "/v1/validations", JSON.stringify({ uri, ...options() }));
      byId("uri").value = "";
    });
    check.addEventListener("input", describe);
    describe();

    // The whole page takes a drop, so that nobody's browser opens the clip instead.
    let over = 0;
    const files = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
    const mark = () => document.body.classList.toggle("dropping", over > 0);
    addEventListener("dragenter", (event) => { if (files(event)) { over += 1; mark(); } });
    addEventListener("dragleave", (event) => { if (files(event)) { over = Math.max(0, over - 1); mark(); } });
    addEventListener("dragover", (event) => { if (files(event)) event.preventDefault(); });
    addEventListener("drop", (event) => {
      if (!files(event)) return;
      event.preventDefault();
      over = 0;
      mark();
      sendFiles(event.dataTransfer.files);
    });

    byId("make")?.addEventListener("submit", async (event) => {
      event.preventDefault();
      const button = event.target.querySelector("button");
      const said = byId("make-trouble");
      const asked = { prompt: byId("words").value.trim() };
      if (byId("style").value) asked.style = byId("style").value;
      if (byId("seconds").value) asked.seconds = Number(byId("seconds").value);
      said.hidden = true;
      button.disabled = true;
      const result = await send("/v1/generations", JSON.stringify(asked), newKey(), () => {});
      button.disabled = false;
      if (result.status === 202) { byId("words").value = ""; refresh(); return; }
      if (result.status === 401) { location.reload(); return; }
      said.textContent = why(result);
      said.hidden = false;
    });
  };

  const prepareLogin = () => {
    byId("login")?.addEventListener("submit", async (event) => {
      event.preventDefault();
      const said = byId("trouble");
      said.hidden = true;
      const response = await fetch("/login", { method: "POST", body: new URLSearchParams(new FormData(event.target)) })
        .catch(() => null);
      if (response?.ok) { location.reload(); return; }
      said.textContent = !response ? "The service does not answer."
        : response.status === 401 ? "The service does not know this token." : await trouble(response);
      said.hidden = false;
      byId("token").select();
    });
  };

  // --- A job's clips and report -------------------------------------------------------------------

  // As high as what is in it, so that there is one scroll bar.
  const fitted = new WeakSet();
  const fitReport = () => {
    const frame = byId("report");
    if (!frame || fitted.has(frame)) return;
    fitted.add(frame);
    const fit = () => {
      const inside = frame.contentDocument?.documentElement;
      if (inside) frame.style.height = inside.offsetHeight + 2 + "px";
    };
    const begin = () => {
      fit();
      const body = frame.contentDocument?.body;
      if (body) new ResizeObserver(fit).observe(body);
    };
    frame.addEventListener("load", begin);
    if (frame.contentDocument?.readyState === "complete") begin();
  };

  // Once for each: they also appear while the page is open.
  const prepared = new WeakSet();
  const prepareVideos = () => {
    const fresh = all("video").filter((video) => !prepared.has(video));
    fresh.forEach((video) => {
      prepared.add(video);
      const section = video.closest("section");
      const fail = () => {
        const said = section.querySelector(".trouble");
        said.textContent = "This browser cannot play the clip; it can be downloaded and opened elsewhere.";
        said.hidden = false;
        video.hidden = true;  // an empty player says nothing
      };
      // What has only just come has no network state of worth: it begins at NETWORK_NO_SOURCE.
      if (video.error) fail();
      video.addEventListener("error", fail);
    });
    const sent = byId("sent");
    const made = byId("made");
    if (!fresh.includes(sent) || !fresh.includes(made)) return;
    const play = byId("play");
    const place = byId("place");
    const frame_s = Number(document.querySelector(".compare").dataset.frame) || 0.04;
    const both = [made, sent];
    both.forEach((video) => { video.controls = false; });
    const show = () => {
      place.max = Math.max(...both.map((video) => video.duration || 0));
      place.value = made.currentTime;
      const text = made.currentTime.toFixed(2) + " s";
      byId("clock").textContent = text;
      place.setAttribute("aria-valuetext", text);
      play.textContent = made.paused ? "Play" : "Pause";
    };
    const goTo = (time) => {
      both.forEach((video) => { video.pause(); video.currentTime = Math.max(0, Math.min(time, video.duration || 0)); });
      show();
    };
    const toggle = () => {
      if (!made.paused) { both.forEach((video) => video.pause()); return; }
      sent.currentTime = made.ended ? 0 : made.currentTime;
      both.forEach((video) => { video.play().catch(() => {}); });
    };
    play.addEventListener("click", toggle);
    both.forEach((video) => video.addEventListener("click", toggle));
    place.addEventListener("input", () => goTo(Number(place.value)));
    all("[data-step]").forEach((button) => button.addEventListener("click", () => {
      goTo(made.currentTime + Number(button.dataset.step) * frame_s);
    }));
    all("[data-time]").forEach((button) => button.addEventListener("click", () => {
      goTo(Number(button.dataset.time) + 0.0005);  // players that round down would show the frame before
    }));
    made.addEventListener("timeupdate", () => {
      // Two decoders drift apart; what the eye does not see is left alone.
      if (!made.paused && Math.abs(sent.currentTime - made.currentTime) > 0.08 && !sent.ended)
        sent.currentTime = made.currentTime;
      show();
    });
    ["loadedmetadata", "play", "pause", "ended", "seeked"].forEach((name) => both.forEach((video) => {
      video.addEventListener(name, show);
    }));
    show();
  };

  document.documentElement.classList.add("scripted");  // times are shorter
  prepare(document);
  prepareForms();
  prepareLogin();
  prepareVideos();
  fitReport();
  follow();
})();
