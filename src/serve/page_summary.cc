#include "serve/page_summary_internal.h"

#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace videogen::serve {
namespace {

using nlohmann::json;

constexpr std::size_t kMostPlaces = 100;

const json& member(const json& object, const char* name) {
  static const json null;
  if (!object.is_object()) return null;
  const auto at = object.find(name);
  return at == object.end() ? null : *at;
}

std::string text(const json& value) { return value.is_string() ? value.get<std::string>() : ""; }

double number(const json& value) { return value.is_number() ? value.get<double>() : 0; }

std::string facts_of(const json& source) {
  const double width = number(member(source, "width")), height = number(member(source, "height"));
  const double duration_s = number(member(source, "duration_s"));
  const double rate = number(member(source, "frame_rate"));
  std::string facts;
  if (width > 0 && height > 0) facts = fmt::format("{:.0f} × {:.0f}", width, height);
  if (duration_s > 0) facts += fmt::format("{}{:.4g} s", facts.empty() ? "" : ", ", duration_s);
  if (rate > 0) facts += fmt::format("{}{:.4g} frames/s", facts.empty() ? "" : ", ", rate);
  return facts;
}

std::string order_of(const json& generation) {
  std::string order = text(member(generation, "model"));
  const json& attempts = member(generation, "attempts");
  if (!attempts.is_array() || attempts.empty()) return order;
  order += fmt::format("{}{} clip{} ordered", order.empty() ? "" : ", ", attempts.size(),
                       attempts.size() == 1 ? "" : "s");
  const json& cost = member(generation, "cost_estimate_usd");
  if (cost.is_number()) order += fmt::format(", about {:.2f} USD", cost.get<double>());
  return order;
}

}  // namespace

Summary summary_of(const Job& job) {
  Summary summary;
  if (job.result.empty()) return summary;
  const json result = json::parse(job.result, nullptr, false);
  if (job.skill == Skill::generate) summary.order = order_of(result);
  const json& inner = member(result, "report");
  const json& report = inner.is_object() ? inner : result;
  summary.verdict = text(member(report, "verdict"));
  const bool known =
      summary.verdict == "pass" || summary.verdict == "fail" || summary.verdict == "unknown";
  if (!known) summary.verdict.clear();
  const json& mean = member(report, "overall_coherence");
  if (mean.is_number()) summary.coherence = mean.get<double>();
  const json& reasons = member(report, "reasons");
  if (reasons.is_array() && !reasons.empty()) {
    summary.reasons = reasons.size();
    summary.reason = text(member(reasons.front(), "message"));
  }
  const json& source = member(report, "source");
  summary.facts = facts_of(source);
  const double rate = number(member(source, "frame_rate"));
  if (rate > 0) summary.frame_s = 1 / rate;
  const json& events = member(report, "events");
  if (!events.is_array()) return summary;
  for (const json& event : events) {
    if (summary.places.size() == kMostPlaces) break;
    const json& start = member(event, "start_s");
    if (start.is_number())
      summary.places.push_back({text(member(event, "kind")), start.get<double>()});
  }
  return summary;
}

Summary SummaryCache::of(const Job& job) {
  if (!is_end(job.state)) return summary_of(job);
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = known_.find(job.id); found != known_.end()) return found->second;
  }
  Summary summary = summary_of(job);
  const std::lock_guard lock(mutex_);
  // Ids are random, so any one is as good to forget as another.
  if (known_.size() >= most_) known_.erase(known_.begin());
  known_.emplace(job.id, summary);
  return summary;
}

}  // namespace videogen::serve
