// What stands on top of the page: the verdict with its reasons, the player, the main numbers.
#include <algorithm>
#include <cmath>
#include <filesystem>

#include <fmt/format.h>

#include "base/error.h"
#include "coherence/html_text_internal.h"
#include "coherence/number_text.h"
#include "coherence/page_internal.h"
#include "coherence/plot_internal.h"
#include "coherence/report_json.h"

namespace videogen::coherence {
namespace {

std::string rate_text(const media::VideoInfo& video) {
  if (!video.frame_rate || video.frame_rate->den == 0) return "";
  std::string text = fmt::format("{:.2f}", video.frame_rate->value());
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text + " frames a second";
}

std::string facts(const Report& report) {
  const media::VideoInfo& video = report.source.video;
  std::string text = fmt::format("{} × {}", video.width, video.height);
  if (const std::string rate = rate_text(video); !rate.empty()) text += " · " + rate;
  if (video.duration_s) text += " · " + seconds_text(*video.duration_s) + " s";
  if (!video.codec.empty()) text += " · " + html_text(video.codec);
  return text;
}

// The whole path is told further down.
std::string file_name(const Report& report) {
  const std::string name = std::filesystem::path(report.source.uri).filename().string();
  return name.empty() ? report.source.uri : name;
}

std::string_view summary(const Report& report) {
  if (report.verdict == Verdict::fail) return "This speaks against the clip:";
  if (report.verdict == Verdict::unknown) return "There was too little to judge:";
  return report.analysis
             ? "Nothing was found that speaks against the clip; every frame was looked at."
             : "Neighbouring samples are alike enough; nothing else was measured.";
}

std::string kind_label(std::string_view kind) {
  return kind == kFlaggedPair ? "unlike pair" : spaced(kind);
}

std::string reasons_list(const Page& page) {
  if (page.report.reasons.empty()) return "";
  std::string html = "<ol class=\"reasons\">\n";
  for (const Reason& reason : page.report.reasons) {
    std::string time = "<span class=\"time\">clip</span>";
    if (reason.start_s) time = time_link(page, *reason.start_s);
    html +=
        fmt::format("<li>{} <span class=\"kind\">{}</span> <span class=\"why\">{}</span></li>\n",
                    time, html_text(kind_label(reason.kind)), sentence(reason.message));
  }
  return html + "</ol>\n";
}

std::string player(const Page& page) {
  const ClipLink& clip = page.options.clip;
  const std::string url = clip.url;
  switch (clip.player) {
    case ClipLink::Player::picture:
      return fmt::format(
          "<img class=\"screen\" src=\"{}\" alt=\"The clip\">\n"
          "<p class=\"small\">An animation: it plays by itself and cannot be "
          "moved to a time.</p>\n",
          url);
    case ClipLink::Player::video:
      return fmt::format(
          "<video class=\"screen\" id=\"video\" controls playsinline preload=\"metadata\" "
          "aria-label=\"The clip\" src=\"{0}\">"
          "<p>This browser plays no video.</p></video>\n"
          "<p class=\"small\" id=\"player-trouble\" hidden>The browser cannot play this clip "
          "({1}{2}{3}). <span>The file may have moved, or its format is not one that browsers "
          "know; any video player shows it.</span></p>\n",
          url, html_text(page.report.source.video.container),
          page.report.source.video.codec.empty() ? "" : ", ",
          html_text(page.report.source.video.codec));
    case ClipLink::Player::none:
      break;
  }
  return fmt::format("<p class=\"small\">No player: {}.</p>\n",
                     html_text(clip.why.empty() ? "the clip is not at hand" : clip.why));
}

// Rounded down, it would be the time of the frame before.
double up_to_ms(double time_s) { return std::ceil(time_s * 1000 - 1e-6) / 1000; }

std::string readout(std::string_view name, const std::string& value, std::string_view note = "") {
  return fmt::format("<div><dt>{}</dt><dd>{}{}</dd></div>\n", name, value,
                     note.empty() ? "" : fmt::format(" <span class=\"unit\">{}</span>", note));
}

std::string readouts(const Report& report) {
  const auto shown = [&](const std::optional<double>& similarity) -> std::string {
    return similarity ? similarity_text(*similarity, report.threshold) : "–";
  };
  std::string html = "<dl class=\"readouts\">\n";
  html += readout("mean similarity", shown(report.overall_coherence),
                  fmt::format("≥ {} passes", shortest_text(report.threshold)));
  html += readout("lowest", shown(report.min_coherence));
  html += readout("highest", shown(report.max_coherence));
  html += readout("samples", std::to_string(report.frame_count),
                  fmt::format("{} a second", shortest_text(report.fps)));
  if (report.source.frames)
    html += readout("frames", std::to_string(*report.source.frames),
                    report.analysis ? "all looked at" : "");
  if (report.analysis) {
    const auto defects = std::ranges::count_if(
        report.analysis->events, [](const Event& event) { return kind_is_defect(event.kind); });
    html += readout("events", std::to_string(defects));
    html += readout("shots", std::to_string(report.analysis->shots.size()));
  }
  return html + "</dl>\n";
}

}  // namespace

std::string time_link(const Page& page, double time_s) {
  const std::string text = seconds_text(time_s) + " s";
  const ClipLink& clip = page.options.clip;
  if (clip.player != ClipLink::Player::video)
    return fmt::format("<span class=\"time\">{}</span>", text);
  // Browsers open no data: URL from a link.
  const std::string target = clip.embedded()
                                 ? "#player"
                                 : fmt::format("{}#t={}", clip.url, seconds_text(up_to_ms(time_s)));
  return fmt::format(
      "<a class=\"time\" href=\"{}\" data-t=\"{}\" aria-label=\"show the clip at {}\">{}</a>",
      target, shortest_text(time_s), text, text);
}

std::string spaced(std::string_view name) {
  std::string text(name);
  std::ranges::replace(text, '_', ' ');
  return text;
}

std::string sentence(std::string_view text) {
  constexpr std::string_view kFlagLetters = "abcdefghijklmnopqrstuvwxyz-";
  const std::string safe = html_text(text);
  std::string html;
  std::size_t at = 0;
  while (true) {
    const std::size_t flag = safe.find("--", at);
    html += safe.substr(at, flag - at);
    if (flag == std::string::npos) return html;
    at = std::min(safe.find_first_not_of(kFlagLetters, flag), safe.size());
    html += "<code class=\"flag\">" + safe.substr(flag, at - flag) + "</code>";
  }
}

std::string verdict_section(const Page& page) {
  const Report& report = page.report;
  return fmt::format(
      "<section class=\"verdict\" aria-labelledby=\"verdict\">\n"
      "<h1 id=\"verdict\"><span class=\"word\">{}</span> <span class=\"name\">{}</span></h1>\n"
      "<p class=\"facts\">{}</p>\n<p class=\"summary\">{}</p>\n{}</section>\n",
      name(report.verdict), html_text(file_name(report)), facts(report), summary(report),
      reasons_list(page));
}

std::string player_section(const Page& page) {
  return fmt::format(
      "<section class=\"overview\" id=\"player\" aria-label=\"Clip and main numbers\">\n"
      "<div class=\"stage\">\n{}</div>\n{}</section>\n",
      player(page), readouts(page.report));
}

}  // namespace videogen::coherence
