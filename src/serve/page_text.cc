// Names, times and amounts as the page writes them.
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "coherence/html_text_internal.h"
#include "net/address.h"
#include "serve/log.h"
#include "serve/page_internal.h"

namespace videogen::serve {

using coherence::html_text;

namespace {

constexpr std::size_t kTail = 14, kShort = 24;  // bytes

bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

}  // namespace

std::string job_title(const Job& job) {
  const nlohmann::json request = nlohmann::json::parse(job.request, nullptr, false);
  const auto member = [&request](const char* name) -> std::string {
    if (!request.is_object() || !request.contains(name) || !request[name].is_string()) return "";
    return request[name].get<std::string>();
  };
  // What a generation is sent is a picture to begin with.
  if (job.skill == Skill::generate && !member("prompt").empty()) return member("prompt");
  if (!job.input_name.empty()) return job.input_name;
  if (const std::string uri = member("uri"); !uri.empty()) {
    const std::string shown = net::shown_address(uri);
    const std::string path = shown.substr(0, shown.find_first_of("?#"));
    const std::string end = path.substr(path.find_last_of('/') + 1);
    return end.empty() ? shown : end;
  }
  return job.id;
}

std::string middle_cut(std::string_view name) {
  if (name.size() <= kShort) return html_text(name);
  std::size_t at = name.size() - kTail;
  while (at > 0 && continues(name[at])) --at;
  return fmt::format(
      "<span class=\"cut\"><span class=\"start\">{}</span><span class=\"end\">{}</span></span>",
      html_text(name.substr(0, at)), html_text(name.substr(at)));
}

std::string state_mark(JobState state) {
  std::string word(name(state));
  std::ranges::replace(word, '_', ' ');
  return fmt::format("<span class=\"state {}\">{}</span>", name(state), word);
}

std::string progress_bar(const Job& job) {
  if (job.state != JobState::running) return "";
  const double percent = std::floor(100 * std::clamp(job.progress, 0.0, 1.0));
  return fmt::format(
      "<span class=\"doing\"><progress max=\"100\" value=\"{0:.0f}\" aria-label=\"Progress\">"
      "{0:.0f} %</progress><span class=\"percent\">{0:.0f} %</span> "
      "<span class=\"stage\">{1}</span></span>",
      percent, html_text(job.stage));
}

std::string cancel_button(const Job& job) {
  if (is_end(job.state)) return "";
  return fmt::format(
      "<button type=\"button\" class=\"quiet with-script\" data-cancel=\"{0}\" hidden>Cancel<span "
      "class=\"hidden\"> {1}</span></button>",
      html_text(job.id), html_text(job_title(job)));
}

std::string moment(std::int64_t unix_ms) {
  if (unix_ms == 0) return "";
  const std::tm time = fmt::gmtime(static_cast<std::time_t>(unix_ms / 1000));
  return fmt::format("<time datetime=\"{}\">{:%d %b, %H:%M} UTC</time>", time_text(unix_ms), time);
}

std::string duration_text(double seconds) {
  if (seconds < 9.95) return fmt::format("{:.1f} s", std::max(0.0, seconds));
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

std::string bytes_text(double bytes) {
  constexpr std::array<const char*, 5> kUnits{"bytes", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  while (bytes >= 999.5 && unit + 1 < kUnits.size()) {
    bytes /= 1000;
    ++unit;
  }
  return fmt::format("{:.{}f} {}", bytes, unit == 0 || bytes >= 99.95 ? 0 : 1, kUnits[unit]);
}

}  // namespace videogen::serve
