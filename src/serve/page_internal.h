// The page of the service, in parts. Each function gives HTML in which everything that came from
// outside is escaped; web/dashboard.{html,css,js} are its frame, style and behaviour, on top of
// the report's style. All there is to read is there without a script.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_exchange.h"
#include "serve/jobs.h"
#include "serve/page_summary_internal.h"

namespace videogen::serve {

// What stands around every page.
struct PageFrame {
  std::string title;  // text, not yet escaped
  std::string look;   // class of the body: "pass", "fail", "unknown" give its accent
  std::string main;   // HTML
  bool live = false;  // it follows what happens
  bool can_log_out = false;
  std::string version;  // of the program
};
// With the headers that a page needs: type, policy, referrer.
[[nodiscard]] net::ServerResponse page_answer(const PageFrame& frame, int status = 200);

// A list of jobs, by what is wanted of it.
struct JobsShown {
  std::string filter;  // "" (what goes on now), "all", or the name of a state
  struct Group {
    std::string title;  // empty: none is shown
    std::vector<Job> jobs;
    std::int64_t more = 0;   // of this kind that are not shown; they are at
    std::string more_url{};  // this address
  };
  std::vector<Group> groups;
  std::string older_url;   // empty: that was all
  std::int64_t total = 0;  // of all jobs, for the menu
  std::int64_t waiting = 0, running = 0;
};
[[nodiscard]] std::string jobs_section(const JobsShown& shown, SummaryCache& summaries,
                                       std::string_view root);

// `metrics`: the text of /metrics, for the gauges of other parts.
[[nodiscard]] std::string gauges_section(const Load& load, std::string_view metrics);

// What jobs can be asked for here.
struct FormsShown {
  bool generates = false;
  std::uint64_t max_upload = 0;  // bytes
  bool first = false;            // nothing was ever asked for
};
[[nodiscard]] std::string forms_section(const FormsShown& shown);

// Everything about one job but what its report says itself.
struct JobShown {
  const Job& job;
  std::vector<JobEvent> events;  // oldest first
  bool has_report_page = false;
};
[[nodiscard]] std::string job_sections(const JobShown& shown);

// `trouble`: what was wrong with the last try.
[[nodiscard]] std::string login_section(std::string_view trouble = {});
[[nodiscard]] std::string trouble_section(std::string_view title, std::string_view what);

// "clip.mp4": the file's name, the end of the address, or the words of what was asked for.
[[nodiscard]] std::string job_title(const Job& job);
// A long name is cut in the middle: what tells names apart is at their ends.
[[nodiscard]] std::string middle_cut(std::string_view name);
// Word and mark of a state: a colour never stands alone.
[[nodiscard]] std::string state_mark(JobState state);
// How far a running job is, and with what.
[[nodiscard]] std::string progress_bar(const Job& job);
// Empty for a job that has ended.
[[nodiscard]] std::string cancel_button(const Job& job);

// "<time …>26 Nov, 12:51 UTC</time>", which the script sets to the reader's own time; empty
// for 0.
[[nodiscard]] std::string moment(std::int64_t unix_ms);
// "0.4 s", "3 min 05 s", "2 h 10 min"
[[nodiscard]] std::string duration_text(double seconds);
// "1.2 GB": powers of 1000
[[nodiscard]] std::string bytes_text(double bytes);

}  // namespace videogen::serve
