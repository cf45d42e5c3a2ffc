// What a viewer would look at: each event and flagged pair in pictures, and the samples as film.
#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/base64.h"
#include "coherence/html_text_internal.h"
#include "coherence/measure_texts.h"
#include "coherence/number_text.h"
#include "coherence/page_internal.h"
#include "coherence/plot_internal.h"

namespace videogen::coherence {
namespace {

constexpr std::size_t kMostEvents = 60;  // articles; the JSON report has all
constexpr std::size_t kMostPairs = 20;

// `alt` says what a viewer is meant to see in it.
std::string picture(const Thumbnail& thumbnail, std::string_view alt) {
  return fmt::format(
      "<img src=\"data:image/jpeg;base64,{}\" width=\"{}\" height=\"{}\" "
      "loading=\"lazy\" alt=\"{}\">",
      base64(thumbnail.jpeg), thumbnail.width, thumbnail.height, html_text(alt));
}

const Moment* find(const Pictures& pictures, std::string_view kind, std::int64_t first) {
  const auto found = std::ranges::find_if(pictures.moments, [&](const Moment& moment) {
    return moment.kind == kind && moment.first == first;
  });
  return found == pictures.moments.end() ? nullptr : &*found;
}

std::string shot(const Page& page, const std::optional<Thumbnail>& thumbnail,
                 std::string_view role) {
  if (!thumbnail) return "";
  return fmt::format("<figure>{}<figcaption>{} {}</figcaption></figure>\n",
                     picture(*thumbnail, fmt::format("{}: the frame at {} s", role,
                                                     seconds_text(thumbnail->time_s))),
                     role, time_link(page, thumbnail->time_s));
}

std::string difference(const Moment& moment) {
  if (!moment.difference) return "";
  return fmt::format("<figure>{}<figcaption>difference{}</figcaption></figure>\n",
                     picture(*moment.difference,
                             "what differs between the first two pictures, the brighter the more"),
                     moment.amplification > 1 ? fmt::format(" × {}", moment.amplification) : "");
}

std::string motion(const Page& page, const Moment& moment) {
  if (!moment.flow) return "";
  return fmt::format(
      "<figure>{}<figcaption>motion, full: {:.0f} px</figcaption></figure>\n",
      picture(*moment.flow, "motion from the first to the second picture as colours"),
      std::max(1.0, moment.flow_full * page.report.source.video.width));
}

// How to read difference() and motion(), once for all of them.
std::string_view legend() {
  return "<p class=\"small legend\">Difference: the brighter, the more the two pictures differ; "
         "the factor beside it is what it was brightened by. Motion from the first to the second: "
         "white stands still, colours are directions (<b class=\"right\">red</b> right, "
         "<b class=\"down\">yellow</b> down, <b class=\"left\">light blue</b> left, "
         "<b class=\"up\">violet</b> up), the stronger the faster, and full at the length beside "
         "it, in pixels of the clip; black is where no motion leads "
         "from one picture to the other and back.</p>\n";
}

std::string strip(const Page& page, const Moment* moment) {
  if (moment == nullptr) return "";
  const bool pair = moment->kind == kFlaggedPair;
  std::string html = "<div class=\"strip\">\n";
  html += shot(page, moment->before, pair ? "first" : "before");
  html += shot(page, moment->at, pair ? "second" : "at");
  html += shot(page, moment->after, "after");
  return html + difference(*moment) + motion(page, *moment) + "</div>\n";
}

const Reason* reason_of(const Report& report, const Event& event) {
  for (const Reason& reason : report.reasons)
    if (reason.kind == event.kind && reason.start_s == event.start_s) return &reason;
  return nullptr;
}

std::string details(const Event& event) {
  if (event.detail.empty()) return "";
  std::string html = "<dl class=\"detail\">\n";
  for (const auto& [name, value] : event.detail)
    html += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", html_text(spaced(name)),
                        brief_text(value));
  return html + "</dl>\n";
}

std::string event_article(const Page& page, const Event& event) {
  const Reason* reason = reason_of(page.report, event);
  std::string span = time_link(page, event.start_s);
  if (event.end_s > event.start_s) span += " – " + time_link(page, event.end_s);
  const std::string frames =
      event.last_frame > event.first_frame
          ? fmt::format("frames {} to {}", event.first_frame, event.last_frame)
          : fmt::format("frame {}", event.first_frame);
  return fmt::format(
      "<article class=\"finding{}\">\n<header><h3>{}</h3> {} <span class=\"small\">{}</span> "
      "<span class=\"score\">evidence <b>{:.2f}</b></span></header>\n<p>{}</p>\n{}{}</article>\n",
      event.score >= 0.5 && kind_is_defect(event.kind) ? "" : " quiet", html_text(event.kind), span,
      frames, event.score,
      sentence(reason != nullptr ? std::string_view(reason->message) : kind_text(event.kind)),
      strip(page, find(page.pictures, event.kind, event.first_frame)), details(event));
}

std::string pair_article(const Page& page, const FlaggedPair& pair) {
  const auto first = static_cast<std::size_t>(pair.first);
  return fmt::format(
      "<article class=\"finding{}\" id=\"pair-{}\">\n<header><h3>unlike pair</h3> {} – {} "
      "<span class=\"small\">samples {} and {}</span> "
      "<span class=\"score\">similarity <b>{}</b></span></header>\n{}</article>\n",
      page.report.analysis ? " quiet" : "", pair.first,
      time_link(page, page.report.timestamps_s[first]),
      time_link(page, page.report.timestamps_s[first + 1]), pair.first, pair.second,
      similarity_text(pair.similarity, page.report.threshold),
      strip(page, find(page.pictures, kFlaggedPair, pair.first)));
}

std::string left_out(std::size_t all, std::size_t shown, std::string_view what) {
  if (all <= shown) return "";
  return fmt::format("<p class=\"small\">And {} more {}; the JSON report lists all.</p>\n",
                     all - shown, what);
}

// With most evidence, in the order of time.
std::vector<Event> events_to_show(const Report& report) {
  if (!report.analysis) return {};
  std::vector<Event> events = report.analysis->events;
  if (events.size() > kMostEvents) {
    std::ranges::stable_sort(events, std::greater(), &Event::score);
    events.resize(kMostEvents);
    std::ranges::stable_sort(events, std::less(), &Event::start_s);
  }
  return events;
}

std::vector<FlaggedPair> pairs_to_show(const Report& report) {
  std::vector<FlaggedPair> pairs = report.flagged_frames;
  if (pairs.size() > kMostPairs) {
    std::ranges::stable_sort(pairs, std::less(), &FlaggedPair::similarity);
    pairs.resize(kMostPairs);
    std::ranges::stable_sort(pairs, std::less(), &FlaggedPair::first);
  }
  return pairs;
}

// What stands in the film between the two samples of a flagged pair.
std::string between(const Page& page, std::int64_t first) {
  const Moment* moment = find(page.pictures, kFlaggedPair, first);
  if (moment == nullptr) return "";
  std::string html;
  for (const std::string& figure : {difference(*moment), motion(page, *moment)})
    if (!figure.empty()) html += "<li class=\"between\">" + figure + "</li>\n";
  return html;
}

std::string link_to_the_one_before(const Page& page, std::int64_t first,
                                   std::optional<double> similarity) {
  const double threshold = page.report.threshold;
  std::string text = similarity ? similarity_text(*similarity, threshold) : "–";
  if (find(page.pictures, kFlaggedPair, first) != nullptr)
    text = fmt::format("<a href=\"#pair-{}\">{}</a>", first, text);
  return fmt::format(
      "<span class=\"link{}\"><span class=\"hidden\">similarity to the one before: </span>"
      "{}</span>",
      similarity && *similarity < threshold ? " under" : "", text);
}

}  // namespace

std::string findings_section(const Page& page) {
  const Report& report = page.report;
  const std::vector<Event> events = events_to_show(report);
  const std::vector<FlaggedPair> pairs = pairs_to_show(report);
  if (events.empty() && pairs.empty()) return "";
  std::string html =
      "<section id=\"findings\" aria-labelledby=\"findings-title\">\n"
      "<h2 id=\"findings-title\">What was found</h2>\n";
  if (!page.pictures.moments.empty()) html += legend();
  for (const Event& event : events) html += event_article(page, event);
  if (report.analysis) html += left_out(report.analysis->events.size(), events.size(), "events");
  if (!pairs.empty() && report.analysis)
    html += fmt::format(
        "<p class=\"small\">Neighbouring samples under the threshold of {}, for comparison; where "
        "every frame was looked at they decide nothing by themselves.</p>\n",
        shortest_text(report.threshold));
  for (const FlaggedPair& pair : pairs) html += pair_article(page, pair);
  return html + left_out(report.flagged_frames.size(), pairs.size(), "pairs") + "</section>\n";
}

std::string film_section(const Page& page) {
  const Report& report = page.report;
  if (report.frame_count == 0) return "";
  std::string html =
      "<section id=\"samples\" aria-labelledby=\"samples-title\">\n"
      "<h2 id=\"samples-title\">Samples</h2>\n";
  const std::vector<SamplePicture>& samples = page.pictures.samples;
  if (samples.empty()) return html + "<p class=\"small\">No pictures were taken.</p>\n</section>\n";
  if (static_cast<std::int64_t>(samples.size()) < report.frame_count)
    html += fmt::format("<p class=\"small\">{} of {} samples, evenly spaced.</p>\n", samples.size(),
                        report.frame_count);
  if (!report.flagged_frames.empty())
    html +=
        "<p class=\"small\">Between samples under the threshold stand their difference and the "
        "motion from one to the other, as above.</p>\n";
  html +=
      "<div class=\"film\" role=\"region\" aria-labelledby=\"samples-title\" "
      "tabindex=\"0\">\n<ol>\n";
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const auto number = static_cast<std::size_t>(samples[i].sample);
    const bool follows = i > 0 && samples[i - 1].sample + 1 == samples[i].sample;
    std::string similarity;
    if (follows && number - 1 < report.similarities.size()) {
      const std::optional<double> value = report.similarities[number - 1];
      html += between(page, samples[i].sample - 1);
      similarity = link_to_the_one_before(page, samples[i].sample - 1, value);
    }
    html +=
        fmt::format("<li class=\"sample\"><figure>{}<figcaption>{}{}</figcaption></figure></li>\n",
                    picture(samples[i].picture, fmt::format("sample {}", number)),
                    time_link(page, samples[i].picture.time_s), similarity);
  }
  return html + "</ol>\n</div>\n</section>\n";
}

}  // namespace videogen::coherence
