// A job's own page.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "coherence/html_text_internal.h"
#include "net/address.h"
#include "serve/log.h"
#include "serve/page_internal.h"

namespace videogen::serve {

using coherence::html_text;

namespace {

using nlohmann::ordered_json;

std::string_view verb(Skill skill) {
  switch (skill) {
    case Skill::validate:
      return "validation";
    case Skill::enhance:
      return "repair";
    case Skill::generate:
      break;
  }
  return "generation";
}

// One line about when: what is known grows while the job lives.
std::string times(const Job& job) {
  std::string line = fmt::format("{} asked for {}", verb(job.skill), moment(job.created_ms));
  if (job.started_ms > 0 && job.ended_ms >= job.started_ms)
    line += fmt::format(", took {}",
                        duration_text(static_cast<double>(job.ended_ms - job.started_ms) / 1000));
  else if (job.started_ms > 0 && !is_end(job.state))
    line += fmt::format(", began {}", moment(job.started_ms));
  if (job.runs > 1) line += fmt::format(", run {} times", job.runs);
  return line;
}

std::string verdict(const Summary& summary) {
  if (summary.verdict.empty()) return "";
  std::string text = fmt::format("<b class=\"word\">{}</b>", summary.verdict);
  if (summary.coherence)
    text += fmt::format(" <span class=\"score\">mean similarity {:.3f}</span>", *summary.coherence);
  if (!summary.reason.empty())
    text +=
        fmt::format(" <span class=\"why\">{}{}</span>", html_text(summary.reason),
                    summary.reasons > 1 ? fmt::format(", and {} more", summary.reasons - 1) : "");
  return "<p class=\"outcome found\">" + text + "</p>";
}

std::string head(const JobShown& shown, const Summary& summary) {
  const Job& job = shown.job;
  // A report begins with its verdict.
  std::string body = shown.has_report_page ? "" : verdict(summary);
  if (job.error)
    body += fmt::format(
        "<p class=\"outcome\"><b class=\"word\">failed</b> <span class=\"why\">{}</span></p>",
        html_text(job.error->message));
  if (job.state == JobState::running) body += "<p class=\"outcome\">" + progress_bar(job) + "</p>";
  if (job.state == JobState::queued) body += "<p class=\"outcome\">It waits for a worker.</p>";
  if (job.state == JobState::cancelled)
    body += "<p class=\"outcome\">It was cancelled; there is no report.</p>";
  std::string facts;
  for (const std::string& fact : {summary.facts, summary.order})
    if (!fact.empty()) facts += fmt::format(" <span>{}</span>", html_text(fact));
  const std::string title = job_title(job);
  return fmt::format(
      "<section class=\"job\" aria-labelledby=\"title\" id=\"head\" data-live data-job=\"{}\" "
      "data-state=\"{}\"><p class=\"crumb\"><a href=\"/\">Jobs</a></p>"
      "<h1 id=\"title\">{}</h1><p class=\"facts\">{} <span>{}</span>{}</p>{}{}</section>\n",
      html_text(job.id), name(job.state), html_text(title), state_mark(job.state), times(job),
      facts, body, is_end(job.state) ? "" : "<p class=\"buttons\">" + cancel_button(job) + "</p>");
}

std::string video(std::string_view id, const std::string& address, std::string_view label,
                  bool muted) {
  return fmt::format(
      "<figure><video id=\"{}\" class=\"screen\" src=\"{}\" controls playsinline "
      "preload=\"metadata\"{} aria-label=\"{}\"></video><figcaption>{} <a "
      "href=\"{}\" download>Download</a></figcaption></figure>",
      id, address, muted ? " muted" : "", label, label, address);
}

// Two clips move as one.
std::string pair(const Job& job, const Summary& summary) {
  const std::string id = html_text(job.id);
  std::string places;
  for (const auto& place : summary.places)
    places += fmt::format(
        "<li><button type=\"button\" class=\"quiet\" data-time=\"{:.3f}\">{} <span "
        "class=\"time\">{:.2f} s</span></button></li>",
        place.time_s, html_text(place.kind), place.time_s);
  if (!places.empty())
    places = "<ul class=\"places\" aria-label=\"What was found\">" + places + "</ul>";
  return fmt::format(
      "<section class=\"compare\" id=\"compare\" aria-labelledby=\"compare-title\" data-keep "
      "data-frame=\"{}\"><h2 id=\"compare-title\">Before and after</h2><div class=\"pair\">{}{}"
      "</div><div class=\"transport with-script\" hidden>"
      "<button type=\"button\" id=\"play\">Play</button>"
      "<button type=\"button\" class=\"quiet\" data-step=\"-1\" aria-label=\"One frame back\">−1"
      "</button><button type=\"button\" class=\"quiet\" data-step=\"1\" aria-label=\"One frame "
      "on\">+1</button><input type=\"range\" id=\"place\" min=\"0\" max=\"0\" step=\"any\" "
      "value=\"0\" aria-label=\"Place in both clips\"><output id=\"clock\" for=\"place\">0 s"
      "</output>{}</div><p class=\"trouble\" id=\"compare-trouble\" hidden></p></section>\n",
      summary.frame_s, video("sent", fmt::format("/jobs/{}/input", id), "As it was sent", true),
      video("made", fmt::format("/v1/jobs/{}/output", id), "As it was made", false), places);
}

std::string clips(const JobShown& shown, const Summary& summary) {
  const Job& job = shown.job;
  // What a generation is sent is a picture.
  const bool sent = !job.input.empty() && job.skill != Skill::generate;
  if (sent && !job.output.empty()) return pair(job, summary);
  // A report shows the clip itself.
  if (shown.has_report_page || (!sent && job.output.empty())) return "";
  const std::string address = job.output.empty()
                                  ? fmt::format("/jobs/{}/input", html_text(job.id))
                                  : fmt::format("/v1/jobs/{}/output", html_text(job.id));
  return fmt::format(
      "<section class=\"alone\" id=\"alone\" aria-labelledby=\"clip-title\" data-keep><h2 "
      "id=\"clip-title\">"
      "Clip</h2>{}<p class=\"trouble\" id=\"clip-trouble\" hidden></p></section>\n",
      video("clip", address, job.output.empty() ? "As it was sent" : "As it was made", false));
}

std::string report(const JobShown& shown) {
  if (!shown.has_report_page) return "";
  return fmt::format(
      "<section class=\"report\" id=\"report-section\" aria-labelledby=\"report-title\" "
      "data-keep><div class=\"head\">"
      "<h2 id=\"report-title\">Report</h2><p class=\"small\"><a href=\"/v1/jobs/{0}/report\">On a "
      "page of its own</a> <a href=\"/v1/jobs/{0}\">As JSON</a></p></div>"
      "<iframe id=\"report\" src=\"/v1/jobs/{0}/report\" title=\"Report of the clip\"></iframe>"
      "</section>\n",
      html_text(shown.job.id));
}

std::string shown_value(const std::string& name, const ordered_json& value) {
  if (!value.is_string())
    return html_text(value.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
  const auto& text = value.get_ref<const std::string&>();
  return html_text(name == "uri" ? net::shown_address(text) : text);
}

std::string request(const Job& job) {
  std::string rows;
  const auto add = [&rows](std::string_view name, const std::string& value) {
    rows += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>", html_text(name), value);
  };
  add("skill", std::string(name(job.skill)));
  if (!job.input_name.empty()) add("file", html_text(job.input_name));
  const ordered_json request = ordered_json::parse(job.request, nullptr, false);
  if (request.is_object())
    for (const auto& [name, value] : request.items()) add(name, shown_value(name, value));
  add("id", fmt::format("<code>{}</code>", html_text(job.id)));
  return fmt::format(
      "<section aria-labelledby=\"request-title\"><h2 id=\"request-title\">Asked for</h2>"
      "<dl class=\"origin\">{}</dl></section>\n",
      rows);
}

std::string told(const JobEvent& event) {
  if (event.type == JobEvent::Type::progress)
    return fmt::format("{} <span class=\"small\">{:.0f} %</span>", html_text(event.stage),
                       std::floor(100 * event.progress));
  if (event.type == JobEvent::Type::artifact)
    return fmt::format("made: {}", html_text(event.artifact.name.empty() ? event.artifact.id
                                                                         : event.artifact.name));
  if (event.type == JobEvent::Type::message) return "said something to the agent that asked";
  return html_text(event.message);
}

std::string log(const std::vector<JobEvent>& events) {
  if (events.empty()) return "";
  std::string rows;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const JobEvent& event = events[i];
    const bool progress = event.type == JobEvent::Type::progress;
    // Of a stage's progress only the last is news.
    if (progress && i + 1 < events.size() && events[i + 1].type == event.type &&
        events[i + 1].stage == event.stage)
      continue;
    rows +=
        fmt::format("<tr><td class=\"when\">{}</td><td>{}</td><td>{}</td></tr>\n",
                    moment(event.time_ms), progress ? "" : state_mark(event.state), told(event));
  }
  return fmt::format(
      "<section aria-labelledby=\"log-title\"><h2 id=\"log-title\">What happened</h2>"
      "<table class=\"log\"><thead class=\"hidden\"><tr><th scope=\"col\">Time</th>"
      "<th scope=\"col\">State</th><th scope=\"col\">What</th></tr></thead><tbody>{}</tbody>"
      "</table></section>\n",
      rows);
}

}  // namespace

std::string job_sections(const JobShown& shown) {
  const Summary summary = summary_of(shown.job);
  return head(shown, summary) +
         fmt::format(
             "<div id=\"clips\" data-live>{}</div>\n"
             "<div id=\"details\" data-live><details{}><summary>What was asked for, and what "
             "happened</summary><div class=\"details\">{}{}</div></details></div>\n"
             "<div id=\"reports\" data-live>{}</div>\n",
             clips(shown, summary), shown.has_report_page ? "" : " open", request(shown.job),
             log(shown.events), report(shown));
}

}  // namespace videogen::serve
