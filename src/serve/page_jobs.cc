// The list of jobs.
#include <array>
#include <utility>

#include <fmt/format.h>

#include "coherence/html_text_internal.h"
#include "serve/page_internal.h"

namespace videogen::serve {

using coherence::html_text;

namespace {

struct Filter {
  std::string_view word, title, empty;
};
constexpr std::array<Filter, 7> kFilters{{{"", "Now", ""},
                                          {"all", "All", "There are no jobs."},
                                          {"running", "Running", "No job is running."},
                                          {"queued", "Waiting", "No job waits for a worker."},
                                          {"completed", "Completed", "No job has been completed."},
                                          {"failed", "Failed", "No job has failed."},
                                          {"cancelled", "Cancelled", "No job was cancelled."}}};

std::string menu(const JobsShown& shown) {
  std::string links;
  for (const Filter& filter : kFilters) {
    const std::int64_t count = filter.word == "all"       ? shown.total
                               : filter.word == "queued"  ? shown.waiting
                               : filter.word == "running" ? shown.running
                                                          : 0;
    links += fmt::format("<a href=\"{}\"{}>{}{}</a>",
                         filter.word.empty() ? "/" : fmt::format("/?status={}", filter.word),
                         filter.word == shown.filter ? " aria-current=\"page\"" : "", filter.title,
                         count > 0 ? fmt::format(" <span class=\"count\">{}</span>", count) : "");
  }
  return "<nav class=\"filters\" aria-label=\"Which jobs\">" + links + "</nav>";
}

// All of it is at the job's own page; here it is cut off where the column ends.
std::string why(std::string_view text) {
  return fmt::format("<span class=\"why\" title=\"{0}\">{0}</span>", html_text(text));
}

std::string found(const Job& job, const Summary& summary) {
  if (job.state == JobState::running) return progress_bar(job);
  if (job.error) return why(job.error->message);
  if (summary.verdict.empty()) return "";
  std::string text = fmt::format("<b class=\"word\">{}</b>", summary.verdict);
  if (summary.coherence)
    text += fmt::format(
        " <span class=\"score\" title=\"mean similarity of neighbouring samples\">{:.3f}</span>",
        *summary.coherence);
  if (!summary.reason.empty())
    text += " " + why(summary.reasons > 1
                          ? fmt::format("{}, and {} more", summary.reason, summary.reasons - 1)
                          : summary.reason);
  return text;
}

std::string took(const Job& job) {
  if (job.started_ms == 0 || job.ended_ms < job.started_ms) return "";
  return duration_text(static_cast<double>(job.ended_ms - job.started_ms) / 1000);
}

std::string row(const Job& job, SummaryCache& summaries) {
  const Summary summary = summaries.of(job);
  // A prompt may be a page long.
  constexpr std::size_t kMostTitle = 300;
  const std::string title = printable(job_title(job), kMostTitle), state(name(job.state));
  // What tells files apart is at both ends of their names; words are read from their beginning.
  const std::string shown = job.skill == Skill::generate ? html_text(title) : middle_cut(title);
  const std::string accent = job.state == JobState::failed ? "fail" : summary.verdict;
  return fmt::format(
      "<tr id=\"job-{0}\" data-state=\"{1}\" class=\"{2}\"><td>{3}</td>"
      "<th scope=\"row\"><a href=\"/jobs/{0}\" title=\"{4}\" aria-label=\"{4}\">{5}</a></th>"
      "<td class=\"skill\">{6}</td><td class=\"found\">{7}</td>"
      "<td class=\"when\">{8}</td><td class=\"took number\">{9}</td>"
      "<td class=\"act\">{10}</td></tr>\n",
      html_text(job.id), state, accent, state_mark(job.state), html_text(title), shown,
      name(job.skill), found(job, summary), moment(job.created_ms), took(job), cancel_button(job));
}

std::string group(const JobsShown::Group& group, SummaryCache& summaries) {
  if (group.jobs.empty()) return "";
  std::string rows;
  if (!group.title.empty())
    rows += fmt::format("<tr class=\"group\"><th colspan=\"7\" scope=\"rowgroup\">{}</th></tr>\n",
                        group.title);
  for (const Job& job : group.jobs) rows += row(job, summaries);
  if (group.more > 0)
    rows += fmt::format(
        "<tr class=\"more\"><td colspan=\"7\"><a href=\"{}\">and {} more</a></td></tr>\n",
        html_text(group.more_url), group.more);
  return fmt::format("<tbody id=\"group-{}\">{}</tbody>\n", group.title, rows);
}

std::string empty(const JobsShown& shown, std::string_view root) {
  for (const Filter& filter : kFilters)
    if (filter.word == shown.filter && !filter.empty.empty() && shown.total > 0)
      return fmt::format("<p class=\"none\">{}</p>", filter.empty);
  return fmt::format(
      "<div class=\"none\"><p><b>No jobs yet.</b> Drop a clip above and it is checked at once: "
      "does it flicker, freeze, jump, drift, and does it show what was asked for?</p>"
      "<p>The same from a shell:</p><pre><code>curl -F file=@clip.mp4 {}/v1/validations"
      "</code></pre></div>",
      html_text(root));
}

}  // namespace

std::string jobs_section(const JobsShown& shown, SummaryCache& summaries, std::string_view root) {
  std::string groups;
  for (const auto& one : shown.groups) groups += group(one, summaries);
  std::string list = empty(shown, root);
  if (!groups.empty())
    list = fmt::format(
        "<table class=\"jobs\"><caption class=\"hidden\">Jobs</caption><thead><tr>"
        "<th scope=\"col\">State</th><th scope=\"col\">Clip</th><th scope=\"col\">Skill</th>"
        "<th scope=\"col\">Found</th><th scope=\"col\">Asked for</th>"
        "<th scope=\"col\" class=\"number\">Took</th>"
        "<th scope=\"col\"><span class=\"hidden\">Actions</span></th></tr></thead>\n{}</table>",
        groups);
  if (!shown.older_url.empty())
    list += fmt::format("<p class=\"older\"><a href=\"{}\" rel=\"next\">Older jobs</a></p>",
                        html_text(shown.older_url));
  return fmt::format(
      "<section aria-labelledby=\"jobs-title\"><div class=\"head\"><h2 id=\"jobs-title\">Jobs</h2>"
      "<div id=\"filters\" data-live>{}</div></div><div id=\"jobs\" data-live>{}</div></section>\n",
      menu(shown), list);
}

}  // namespace videogen::serve
