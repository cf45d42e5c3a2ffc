
// Makes the page move: times lead to their place in the player, plots can be read and clicked.
// Without it everything is there, but stands still.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const video = document.getElementById("video");
  const scrub = document.getElementById("scrub");
  const clock = document.getElementById("clock");
  const rows = [...document.querySelectorAll("[data-plot]")];
  const charts = [];
  let pointed = null;  // the time under the pointer, null where there is none
  let playing = 0;     // the time that the player shows

  const seconds = (time) => time.toFixed(3).replace(/\.?0+$/, "") + " s";
  const brief = (value) => Number(value.toPrecision(4)).toString();

  // The value at or next to a time; null in a gap.
  const valueAt = (plot, time) => {
    let low = 0;
    let high = plot.t.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (plot.t[middle] < time) low = middle + 1; else high = middle;
    }
    if (low > 0 && time - plot.t[low - 1] < plot.t[low] - time) low -= 1;
    return plot.v[low] ?? null;
  };

  const show = () => {
    const time = pointed ?? playing;
    rows.forEach((row) => {
      const value = valueAt(data.plots[row.dataset.plot], time);
      row.querySelector(".now").textContent = value === null ? "" : brief(value);
    });
    if (clock) clock.textContent = seconds(time);
    if (scrub && pointed === null) {
      scrub.value = playing;
      scrub.setAttribute("aria-valuetext", seconds(playing));
    }
    charts.forEach((chart) => chart.draw());
  };

  // Without a clip in the player, the time moves the cursor of the plots.
  const goTo = (time) => {
    playing = time;
    if (video && video.readyState > 0) {
      video.pause();
      video.currentTime = time + 0.0005;  // players that round down would show the frame before
    }
    show();
  };

  const drawCursors = (chart) => {
    const { ctx, chartArea: area } = chart;
    const line = (time, colour, width) => {
      const x = area.left + (time / (data.end || 1)) * (area.right - area.left);
      ctx.fillStyle = colour;
      ctx.fillRect(x - width / 2, area.top, width, area.bottom - area.top);
    };
    const style = getComputedStyle(document.body);
    line(playing, style.getPropertyValue("--ink"), 1);
    if (pointed !== null) line(pointed, style.getPropertyValue("--soft"), 1);
  };

  const makeChart = (row) => {
    const plot = data.plots[row.dataset.plot];
    const field = row.querySelector(".field");
    const canvas = document.createElement("canvas");
    canvas.setAttribute("aria-hidden", "true");  // the drawing below it has a description
    field.append(canvas);
    const hidden = { display: false };
    const chart = new Chart(canvas, {
      type: "line",
      data: { datasets: [{
        data: plot.t.map((time, i) => ({ x: time, y: plot.v[i] })),
        borderColor: getComputedStyle(document.body).getPropertyValue("--ink"),
        borderWidth: 1.4, pointRadius: 0, pointHitRadius: 0, tension: 0,
      }] },
      options: {
        animation: false, maintainAspectRatio: false, parsing: false, normalized: true,
        events: [], clip: false, layout: { padding: 0, autoPadding: false },
        plugins: { legend: hidden, tooltip: { enabled: false } },
        scales: {
          x: { ...hidden, type: "linear", min: 0, max: data.end || 1 },
          y: { ...hidden, type: "linear", min: plot.low, max: plot.high },
        },
      },
      plugins: [{ id: "cursors", afterDatasetsDraw: drawCursors }],
    });
    field.classList.add("live");
    const timeAt = (event) => {
      const box = canvas.getBoundingClientRect();
      return Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1) * data.end;
    };
    canvas.addEventListener("pointermove", (event) => { pointed = timeAt(event); show(); });
    canvas.addEventListener("pointerleave", () => { pointed = null; show(); });
    canvas.addEventListener("click", (event) => goTo(timeAt(event)));
    return chart;
  };

  document.querySelectorAll(".with-script").forEach((element) => { element.hidden = false; });
  if (window.Chart) rows.forEach((row) => charts.push(makeChart(row)));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    const ink = getComputedStyle(document.body).getPropertyValue("--ink");
    charts.forEach((chart) => { chart.data.datasets[0].borderColor = ink; chart.update(); });
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-t]");
    if (!link || !video || video.error || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    goTo(Number(link.dataset.t));
    video.scrollIntoView({ block: "nearest" });
  });
  if (scrub) scrub.addEventListener("input", () => goTo(Number(scrub.value)));

  if (video) {
    const trouble = document.getElementById("player-trouble");
    const fail = () => { trouble.hidden = false; };
    if (video.error) fail();
    video.addEventListener("error", fail);
    const follow = () => {
      playing = video.currentTime;
      show();
      if (!video.paused && !video.ended) requestAnimationFrame(follow);
    };
    video.addEventListener("play", follow);
    video.addEventListener("seeked", follow);
    video.addEventListener("timeupdate", () => { if (video.paused) follow(); });
  }
  show();
})();
