#include "generate/generation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace videogen::generate {
namespace {

using Json = nlohmann::ordered_json;
using coherence::Report;
using coherence::Verdict;
using AttemptState = Attempt::State;

constexpr std::array<std::pair<AttemptState, std::string_view>, 9> kStates{
    {{AttemptState::running, "running"},
     {AttemptState::passed, "passed"},
     {AttemptState::rejected, "rejected"},
     {AttemptState::damaged, "damaged"},
     {AttemptState::filtered, "filtered"},
     {AttemptState::failed, "failed"},
     {AttemptState::gone, "gone"},
     {AttemptState::refused, "refused"},
     {AttemptState::lost, "lost"}}};

std::string_view word(Generation::Status status) {
  switch (status) {
    case Generation::Status::completed:
      return "completed";
    case Generation::Status::rejected:
      return "rejected";
    case Generation::Status::failed:
      break;
  }
  return "failed";
}

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}
Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json as_json(const Error& error) {
  return {{"code", videogen::name(error.code)},
          {"message", error.message},
          {"exit_code", videogen::exit_status(error.code)}};
}

Json as_json(const Candidate& candidate) {
  Json json{{"rank", candidate.rank > 0 ? Json(candidate.rank) : Json()}};
  const Report* report = candidate.report ? &*candidate.report : nullptr;
  json["verdict"] = report != nullptr ? Json(coherence::name(report->verdict)) : Json();
  json["overall_coherence"] = report != nullptr ? or_null(report->overall_coherence) : Json();
  json["reasons"] = Json::array();
  if (report != nullptr)
    for (const auto& reason : report->reasons) json["reasons"].push_back(reason.message);
  json["sha256"] = report != nullptr ? text_or_null(report->source.sha256) : Json();
  json["error"] = candidate.error ? Json(candidate.error->message) : Json();
  return json;
}

Json as_json(const Attempt& attempt) {
  Json json{{"number", attempt.number},
            {"status", name(attempt.state)},
            {"operation", text_or_null(attempt.operation)},
            {"model", attempt.model},
            {"seed", or_null(attempt.seed)},
            {"prompt", attempt.prompt},
            {"change", text_or_null(attempt.change)},
            {"extension", attempt.extended},
            {"cost_estimate_usd", attempt.cost_usd},
            {"seconds", attempt.seconds},
            {"error", text_or_null(attempt.error)},
            {"support_codes", attempt.support_codes},
            {"clips", Json::array()}};
  for (const Candidate& candidate : attempt.candidates) json["clips"].push_back(as_json(candidate));
  return json;
}

// The strongest evidence of any defect.
double worst_evidence(const Report& report) {
  double worst = 0;
  if (report.analysis)
    for (const auto& defect : report.analysis->defects)
      worst = std::max(worst, defect.score.value_or(0));
  return worst;
}

int order_of(Verdict verdict) {
  return verdict == Verdict::pass ? 0 : verdict == Verdict::unknown ? 1 : 2;
}

std::string line_of(const Attempt& attempt) {
  std::string line = fmt::format("  {}  {}", attempt.number, name(attempt.state));
  if (!attempt.error.empty()) line += ": " + attempt.error;
  for (const Candidate& candidate : attempt.candidates) {
    if (candidate.report && !candidate.report->reasons.empty() && attempt.error.empty())
      line += ": " + candidate.report->reasons.front().message;
    break;
  }
  if (!attempt.change.empty()) line += fmt::format(" [{}]", attempt.change);
  return line + "\n";
}

}  // namespace

std::string_view name(Attempt::State state) {
  for (const auto& [known, text] : kStates)
    if (known == state) return text;
  return "";
}

Attempt::State attempt_state(std::string_view text) {
  for (const auto& [state, known] : kStates)
    if (known == text) return state;
  return Attempt::State::failed;
}

double Generation::cost_usd() const {
  constexpr double kParts = 1e6;  // sums of cents stay readable
  double sum = 0;
  for (const Attempt& attempt : attempts) sum += attempt.cost_usd;
  return std::round(sum * kParts) / kParts;
}

int exit_status(const Generation& generation) {
  switch (generation.status) {
    case Generation::Status::completed:
      return 0;
    case Generation::Status::rejected:
      return 1;
    case Generation::Status::failed:
      break;
  }
  return videogen::exit_status(generation.error ? generation.error->code : ErrorCode::internal);
}

std::string to_json(const Generation& generation, coherence::JsonLayout layout) {
  const Report* report = generation.report ? &*generation.report : nullptr;
  Json json{{"schema", "videogen.generation/1"},
            {"status", word(generation.status)},
            {"output", generation.output ? Json(generation.output->string()) : Json()},
            {"copied_to", generation.copied_to.empty() ? Json() : Json(generation.copied_to)},
            {"backend", generation.backend},
            {"model", generation.model},
            {"operation", text_or_null(generation.operation)},
            {"attempts", Json::array()},
            {"cost_estimate_usd", generation.price_known ? Json(generation.cost_usd()) : Json()},
            {"quality_metrics", nullptr},
            {"report", nullptr},
            {"error", generation.error ? as_json(*generation.error) : Json()},
            {"notes", generation.notes}};
  for (const Attempt& attempt : generation.attempts) {
    json["attempts"].push_back(as_json(attempt));
    if (!generation.price_known) json["attempts"].back()["cost_estimate_usd"] = nullptr;
  }
  if (!generation.price_known)
    json["notes"].push_back("no cost estimate: the price of this model is not known");
  if (report != nullptr) {
    json["quality_metrics"] = {{"frame_coherence_score", or_null(report->overall_coherence)},
                               {"frame_coherence_min", or_null(report->min_coherence)},
                               {"frame_coherence_max", or_null(report->max_coherence)},
                               {"flagged_frames_count", report->flagged_frames.size()},
                               {"validation_passed", or_null(report->validation_passed)}};
    json["report"] = Json::parse(coherence::to_json(*report, coherence::JsonLayout::one_line));
  }
  return json.dump(layout == coherence::JsonLayout::one_line ? -1 : 2, ' ', false,
                   Json::error_handler_t::replace);
}

std::string to_text(const Generation& generation) {
  std::string text = std::string(word(generation.status));
  if (generation.output) text += ": " + printable(generation.output->string());
  if (!generation.copied_to.empty()) text += ", " + printable(generation.copied_to);
  text += fmt::format("  {} {}", generation.backend, generation.model);
  const double cost = generation.cost_usd();
  text += cost > 0 ? fmt::format("  about {:.2f} USD\n", cost) : "\n";
  if (!generation.operation.empty()) text += fmt::format("operation {}\n", generation.operation);
  if (generation.attempts.size() > 1 || generation.status != Generation::Status::completed) {
    if (!generation.attempts.empty()) text += "attempts\n";
    for (const Attempt& attempt : generation.attempts) text += line_of(attempt);
  }
  for (const std::string& note : generation.notes) text += fmt::format("note: {}\n", note);
  return text;
}

bool better(const Candidate& a, const Candidate& b) {
  const auto links = [](const Candidate& candidate) {
    return candidate.report->verdict == Verdict::pass ? candidate.extended : -1;
  };
  if (links(a) != links(b)) return links(a) > links(b);
  return better(*a.report, *b.report);
}

bool better(const Report& a, const Report& b) {
  const auto key = [](const Report& report) {
    return std::make_tuple(order_of(report.verdict), report.reasons.size(), worst_evidence(report),
                           -report.overall_coherence.value_or(-1));
  };
  return key(a) < key(b);
}

}  // namespace videogen::generate
