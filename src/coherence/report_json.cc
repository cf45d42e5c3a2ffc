#include "coherence/report_json.h"

#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace videogen::coherence {
namespace {

using Json = nlohmann::ordered_json;  // keeps the order of INTERFACE

Json number(double value) {
  VIDEOGEN_CHECK(std::isfinite(value), "no report holds a number that is none");
  return value;
}

template <class T>
Json number(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json number(const std::optional<double>& value) { return value ? number(*value) : Json(nullptr); }

Json source_json(const Report::Source& source) {
  const media::VideoInfo& video = source.video;
  std::optional<double> rate;
  if (video.frame_rate && video.frame_rate->den != 0) rate = video.frame_rate->value();
  return {{"uri", source.uri},
          {"sha256", source.sha256.empty() ? Json(nullptr) : Json(source.sha256)},
          {"container", video.container},
          {"codec", video.codec},
          {"width", video.width},
          {"height", video.height},
          {"duration_s", number(video.duration_s)},
          {"frame_rate", number(rate)},
          {"frames", number(source.frames)},
          {"stream_index", video.stream_index}};
}

Json sampling_json(const Report& report) {
  Json sampling{{"fps", number(report.fps)}, {"profile", name(report.profile)}};
  if (report.sampling == Sampling::fixed) return sampling;
  sampling["mode"] = "auto";
  sampling["refined"] = Json::array();
  for (const Report::Refined& refined : report.refined)
    sampling["refined"].push_back({{"start_s", number(refined.start_s)},
                                   {"end_s", number(refined.end_s)},
                                   {"samples", refined.samples},
                                   {"why", refined.why}});
  return sampling;
}

Json embedder_json(const Report& report) {
  const embed::Identity& identity = report.embedder;
  return {{"name", identity.name},
          {"model", identity.model},
          {"digest", identity.digest},
          {"precision", identity.precision},
          {"dimensions", identity.dimensions},
          {"why", report.embedder_why}};
}

void add_original_fields(Json& json, const Report& report) {
  json["overall_coherence"] = number(report.overall_coherence);
  json["min_coherence"] = number(report.min_coherence);
  json["max_coherence"] = number(report.max_coherence);
  json["flagged_frames"] = Json::array();
  for (const FlaggedPair& pair : report.flagged_frames)
    json["flagged_frames"].push_back(
        Json::array({pair.first, pair.second, number(pair.similarity)}));
  json["frame_count"] = report.frame_count;
  json["validation_passed"] = number(report.validation_passed);
  json["threshold"] = number(report.threshold);
  json["similarities"] = Json::array();
  for (const auto& similarity : report.similarities)
    json["similarities"].push_back(number(similarity));
  json["timestamps_s"] = Json::array();
  for (const double time : report.timestamps_s) json["timestamps_s"].push_back(number(time));
}

Json reasons_json(const Report& report) {
  Json reasons = Json::array();
  for (const Reason& reason : report.reasons)
    reasons.push_back({{"kind", reason.kind},
                       {"message", reason.message},
                       {"start_s", number(reason.start_s)},
                       {"end_s", number(reason.end_s)}});
  return reasons;
}

Json defects_json(const Analysis& analysis) {
  Json defects = Json::object();
  for (const std::string_view kind : kDefectKinds) defects[std::string(kind)] = nullptr;
  for (const Analysis::Evidence& evidence : analysis.defects) {
    VIDEOGEN_CHECK(defects.contains(evidence.kind), "evidence is of a known kind");
    defects[evidence.kind] = number(evidence.score);
  }
  return defects;
}

Json detail_json(const std::vector<std::pair<std::string, double>>& numbers) {
  Json detail = Json::object();
  for (const auto& [name, value] : numbers) detail[name] = number(value);
  return detail;
}

Json events_json(const Analysis& analysis) {
  Json events = Json::array();
  for (const Event& event : analysis.events) {
    events.push_back({{"kind", event.kind},
                      {"start_s", number(event.start_s)},
                      {"end_s", number(event.end_s)},
                      {"first_frame", event.first_frame},
                      {"last_frame", event.last_frame},
                      {"score", number(event.score)},
                      {"detail", detail_json(event.detail)}});
  }
  return events;
}

Json shots_json(const Analysis& analysis) {
  Json shots = Json::array();
  for (const Shot& shot : analysis.shots)
    shots.push_back({{"start_s", number(shot.start_s)}, {"end_s", number(shot.end_s)}});
  return shots;
}

Json curve_json(const std::vector<std::pair<double, double>>& points) {
  Json curve = Json::array();
  for (const auto& [seconds, value] : points)
    curve.push_back(Json::array({number(seconds), number(value)}));
  return curve;
}

void add_prompt(Json& json, const Measure& measure) {
  json["prompt"] = measure.prompt;
  json["moments"] = Json::array();
  for (const Measure::Moment& moment : measure.moments)
    json["moments"].push_back({{"time_s", number(moment.time_s)}, {"value", number(moment.value)}});
  json["alternatives"] = Json::array();
  for (const Measure::Alternative& other : measure.alternatives)
    json["alternatives"].push_back({{"text", other.text},
                                    {"cosine", number(other.cosine)},
                                    {"wins", number(other.wins)},
                                    {"probability", number(other.probability)}});
}

Json measure_json(const Measure& measure) {
  Json json{{"value", number(measure.value)},
            {"unit", measure.unit},
            {"gate", number(measure.gate)},
            {"passed", number(measure.passed())}};
  if (measure.least || measure.most)
    json["range"] = Json::array({number(measure.least), number(measure.most)});
  if (!measure.label.empty()) json["label"] = measure.label;
  if (!measure.detail.empty()) json["detail"] = detail_json(measure.detail);
  if (!measure.curve.empty()) json["curve"] = curve_json(measure.curve);
  if (!measure.prompt.empty()) add_prompt(json, measure);
  return json;
}

Json measures_json(const Analysis& analysis) {
  Json measures = Json::object();
  for (const Measure& measure : analysis.measures) measures[measure.name] = measure_json(measure);
  return measures;
}

// What the report notes, and the reason of every null that has one.
Json notes_json(const Report& report) {
  Json notes = report.notes;
  if (!report.analysis) {
    notes.push_back(fmt::format(
        "defects, events, shots and measures are null: --profile {} measures only the similarity "
        "of neighbouring samples",
        name(report.profile)));
    return notes;
  }
  for (const Analysis::Evidence& evidence : report.analysis->defects)
    if (!evidence.score && !evidence.absent.empty())
      notes.push_back(fmt::format("{}: {}", evidence.kind, evidence.absent));
  for (const Measure& measure : report.analysis->measures)
    if (!measure.value) notes.push_back(fmt::format("{}: {}", measure.name, measure.absent));
  return notes;
}

Json opinion_json(const Opinion& opinion) {
  Json times = Json::array();
  for (const double time : opinion.times_s) times.push_back(number(time));
  return {{"model", opinion.model},
          {"server", opinion.server},
          {"instruction_sha256", opinion.instruction_sha256},
          {"layout", opinion.layout},
          {"times_s", std::move(times)},
          {"score", number(opinion.score)},
          {"issues", opinion.issues},
          {"comment", opinion.comment},
          {"gate", number(opinion.gate)},
          {"passed", number(opinion.passed())}};
}

void add_analysis(Json& json, const std::optional<Analysis>& analysis) {
  json["defects"] = analysis ? defects_json(*analysis) : Json(nullptr);
  json["events"] = analysis ? events_json(*analysis) : Json(nullptr);
  json["shots"] = analysis ? shots_json(*analysis) : Json(nullptr);
  json["measures"] = analysis ? measures_json(*analysis) : Json(nullptr);
}

std::string text(const Json& json, JsonLayout layout) {
  return json.dump(layout == JsonLayout::indented ? 2 : -1, ' ', false,
                   Json::error_handler_t::replace);
}

}  // namespace

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return "pass";
    case Verdict::fail:
      return "fail";
    case Verdict::unknown:
      break;
  }
  return "unknown";
}

std::string_view name(Profile profile) { return profile == Profile::quick ? "quick" : "full"; }

std::string to_json(const Report& report, JsonLayout layout) {
  Json json;
  json["schema"] = "videogen.report/1";
  json["source"] = source_json(report.source);
  json["sampling"] = sampling_json(report);
  json["embedder"] = embedder_json(report);
  add_original_fields(json, report);
  json["multi_shot"] = report.multi_shot;
  json["verdict"] = name(report.verdict);
  json["reasons"] = reasons_json(report);
  add_analysis(json, report.analysis);
  if (report.opinion) json["opinion"] = opinion_json(*report.opinion);
  json["notes"] = notes_json(report);
  json["timing_s"] = {{"decode", number(report.timing_s.decode)},
                      {"embed", number(report.timing_s.embed)},
                      {"analyse", number(report.timing_s.analyse)},
                      {"total", number(report.timing_s.total)}};
  return text(json, layout);
}

std::string to_json(const Opinion& opinion) {
  return text(opinion_json(opinion), JsonLayout::one_line);
}

std::string to_json(const Error& error, std::string_view uri, JsonLayout layout) {
  const Json json{{"schema", "videogen.error/1"},
                  {"source", {{"uri", uri}}},
                  {"error",
                   {{"code", name(error.code)},
                    {"message", error.message},
                    {"exit_code", exit_status(error.code)}}}};
  return text(json, layout);
}

}  // namespace videogen::coherence
