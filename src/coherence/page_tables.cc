// The numbers of the whole clip, and where they come from.
#include <fmt/format.h>

#include "coherence/html_text_internal.h"
#include "coherence/measure_texts.h"
#include "coherence/number_text.h"
#include "coherence/page_internal.h"
#include "coherence/plot_internal.h"
#include "coherence/report_json.h"

namespace videogen::coherence {
namespace {

std::string only_similarity(const Report& report) {
  return fmt::format(
      "<section id=\"evidence\" aria-labelledby=\"evidence-title\">\n<h2 "
      "id=\"evidence-title\">Evidence</h2>\n"
      "<p>Only the similarity of neighbouring samples was measured (<code class=\"flag\">--profile "
      "{}</code>). It does not see "
      "flicker between samples, repeated or missing frames, or things that slowly turn into "
      "others.</p>\n</section>\n",
      name(report.profile));
}

std::string evidence_row(const Analysis::Evidence& evidence) {
  std::string bar, number = "–";
  if (evidence.score) {
    bar = bar_svg(*evidence.score);
    number = fmt::format("{:.2f}", *evidence.score);
  } else {
    bar = fmt::format("<span class=\"small\">{}</span>",
                      html_text(evidence.absent.empty() ? "not looked for" : evidence.absent));
  }
  return fmt::format(
      "<tr{}><th scope=\"row\">{}</th><td class=\"meter\">{}</td>"
      "<td class=\"number\">{}</td><td class=\"small\">{}</td></tr>\n",
      evidence.score && *evidence.score >= 0.5 ? " class=\"strong\"" : "", html_text(evidence.kind),
      bar, number, html_text(kind_text(evidence.kind)));
}

constexpr std::size_t kMostPointsAsText = 16;

std::string gate_text(const Measure& measure) {
  if (!measure.gate) return "–";
  return fmt::format("{} {}", measure.passes == Measure::Passes::at_most ? "≤" : "≥",
                     shortest_text(*measure.gate));
}

// What was asked for, and how the alternatives fared.
std::string prompt_text(const Measure& measure) {
  if (measure.prompt.empty()) return "";
  std::string text = fmt::format("<small>“{}”", html_text(measure.prompt));
  if (!measure.moments.empty())
    text += fmt::format("; weakest {} at {}&nbsp;s", brief_text(measure.moments.front().value),
                        seconds_text(measure.moments.front().time_s));
  for (const auto& [name, share] : measure.detail)
    if (name == "wins")
      text += fmt::format("; nearer than all else in {:.0f}&nbsp;% of the samples", 100 * share);
  text += "</small>";
  for (const Measure::Alternative& other : measure.alternatives)
    text += fmt::format("<small>“{}” {}, nearer in {:.0f}&nbsp;%</small>", html_text(other.text),
                        brief_text(other.cosine), 100 * other.wins);
  return text;
}

std::string measure_row(const Measure& measure) {
  const std::optional<bool> passed = measure.passed();
  const std::string_view meaning = measure_text(measure.name);
  std::string points;
  if (measure.curve.size() <= kMostPointsAsText)
    for (const auto& [seconds, value] : measure.curve)
      points += fmt::format("{}{}&nbsp;s&nbsp;{}", points.empty() ? "" : ", ",
                            seconds_text(seconds), brief_text(value));
  return fmt::format(
      "<tr role=\"row\"{}><th role=\"rowheader\" scope=\"row\">{}{}</th>"
      "<td role=\"cell\" class=\"number\" data-label=\"value\">{}</td>"
      "<td role=\"cell\" class=\"small\" data-label=\"unit\">{}</td>"
      "<td role=\"cell\" class=\"number\" data-label=\"gate\">{}</td>"
      "<td role=\"cell\" data-label=\"result\">{}</td></tr>\n",
      passed == false ? " class=\"strong\"" : "", html_text(spaced(measure.name)),
      (meaning.empty() ? "" : fmt::format("<small>{}</small>", html_text(meaning))) +
          prompt_text(measure) + (points.empty() ? "" : fmt::format("<small>{}</small>", points)),
      measure.value ? brief_text(*measure.value, measure.gate)
                    : fmt::format("<span class=\"small\">– {}</span>", html_text(measure.absent)),
      html_text(measure.unit) +
          (measure.label.empty() ? "" : fmt::format(": <b>{}</b>", html_text(measure.label))),
      gate_text(measure),
      !passed   ? "–"
      : *passed ? "passes"
                : "<b>fails</b>");
}

std::string row(std::string_view name, const std::string& safe_value) {
  return fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", name, safe_value);
}

}  // namespace

std::string evidence_section(const Page& page) {
  if (!page.report.analysis) return only_similarity(page.report);
  std::string rows;
  for (const Analysis::Evidence& evidence : page.report.analysis->defects)
    rows += evidence_row(evidence);
  return fmt::format(
      "<section id=\"evidence\" aria-labelledby=\"evidence-title\">\n"
      "<h2 id=\"evidence-title\">Evidence</h2>\n"
      "<p class=\"small\">How strongly the clip shows each kind of defect anywhere, 0 to 1. The "
      "mark at one half is where it begins to count.</p>\n"
      "<table class=\"evidence\">\n<thead><tr><th scope=\"col\">kind</th>"
      "<th scope=\"col\"><span class=\"hidden\">bar</span></th><th scope=\"col\" class=\"number\">"
      "evidence</th><th scope=\"col\">what it is</th></tr></thead>\n<tbody>\n{}</tbody>\n</table>\n"
      "</section>\n",
      rows);
}

std::string measures_section(const Page& page) {
  if (!page.report.analysis || page.report.analysis->measures.empty()) return "";
  std::string rows;
  for (const Measure& measure : page.report.analysis->measures) rows += measure_row(measure);
  // Roles are spelled out: on a narrow screen the rows are laid out as blocks, which takes a
  // table's meaning from some screen readers.
  return fmt::format(
      "<section id=\"measures\" aria-labelledby=\"measures-title\">\n"
      "<h2 id=\"measures-title\">Measures</h2>\n"
      "<table class=\"measures\" role=\"table\" aria-labelledby=\"measures-title\">\n"
      "<thead role=\"rowgroup\"><tr role=\"row\"><th role=\"columnheader\" "
      "scope=\"col\">measure</th>"
      "<th role=\"columnheader\" scope=\"col\" class=\"number\">value</th>"
      "<th role=\"columnheader\" scope=\"col\">unit</th>"
      "<th role=\"columnheader\" scope=\"col\" class=\"number\">gate</th>"
      "<th role=\"columnheader\" scope=\"col\">result</th></tr></thead>\n"
      "<tbody role=\"rowgroup\">\n{}</tbody>\n</table>\n</section>\n",
      rows);
}

std::string opinion_section(const Page& page) {
  if (!page.report.opinion) return "";
  const Opinion& opinion = *page.report.opinion;
  std::string text = fmt::format("<p>{}</p>\n", html_text(to_text(opinion)));
  if (!opinion.comment.empty())
    text += fmt::format("<blockquote>{}</blockquote>\n", html_text(opinion.comment));
  std::string items;
  for (const std::string& issue : opinion.issues)
    items += fmt::format("<li>{}</li>\n", html_text(issue));
  if (!items.empty()) text += fmt::format("<ul>\n{}</ul>\n", items);
  return fmt::format(
      "<section id=\"opinion\" aria-labelledby=\"opinion-title\">\n"
      "<h2 id=\"opinion-title\">What a judge says</h2>\n{}</section>\n",
      text);
}

std::string notes_section(const Page& page) {
  if (page.report.notes.empty()) return "";
  std::string items;
  for (const std::string& note : page.report.notes)
    items += fmt::format("<li>{}</li>\n", sentence(note));
  return fmt::format(
      "<section id=\"notes\" aria-labelledby=\"notes-title\">\n<h2 id=\"notes-title\">Notes</h2>\n"
      "<ul class=\"notes\">\n{}</ul>\n</section>\n",
      items);
}

std::string origin_section(const Page& page) {
  const Report& report = page.report;
  const Report::Timing& timing = report.timing_s;
  std::string rows = row("clip", html_text(report.source.uri));
  rows += row("its SHA-256", fmt::format("<code>{}</code>", html_text(report.source.sha256)));
  rows += row("container, codec",
              fmt::format("{}, {}, stream {}", html_text(report.source.video.container),
                          html_text(report.source.video.codec), report.source.video.stream_index));
  rows += row("sampling", fmt::format("{} a second, the frames of <code>ffmpeg -vf fps={}</code>; "
                                      "profile {}{}",
                                      shortest_text(report.fps), shortest_text(report.fps),
                                      name(report.profile),
                                      report.multi_shot ? "; cuts are meant (multi-shot)" : ""));
  for (const Report::Refined& refined : report.refined)
    rows +=
        row("further samples", fmt::format("{} between {} s and {} s: {}", refined.samples,
                                           seconds_text(refined.start_s),
                                           seconds_text(refined.end_s), html_text(refined.why)));
  rows += row("embedder",
              fmt::format("{}, {}, {} numbers a sample ({})", html_text(report.embedder.model),
                          html_text(report.embedder.precision), report.embedder.dimensions,
                          sentence(report.embedder_why)));
  rows += row("its digest", fmt::format("<code>{}</code>", html_text(report.embedder.digest)));
  for (const auto& [program, version] : page.options.versions)
    rows += row(html_text(program), html_text(version));
  std::string times = fmt::format("{:.2f} s in all; decoding {:.2f} s, embedding {:.2f} s",
                                  timing.total, timing.decode, timing.embed);
  if (report.analysis) times += fmt::format(", analysis {:.2f} s", timing.analyse);
  rows += row("time taken", times + " (they overlap)");
  return fmt::format(
      "<section id=\"origin\" aria-labelledby=\"origin-title\">\n"
      "<h2 id=\"origin-title\">How it was measured</h2>\n<dl class=\"origin\">\n{}</dl>\n"
      "</section>\n",
      rows);
}

}  // namespace videogen::coherence
