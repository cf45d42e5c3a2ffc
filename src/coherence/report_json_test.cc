#include "coherence/report_json.h"

#include <fstream>
#include <limits>
#include <set>
#include <stdexcept>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace videogen::coherence {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Report sample_report() {
  Report report;
  report.source.uri = "clip.mp4";
  report.source.sha256 = std::string(64, 'a');
  report.source.frames = 153;
  report.source.video.container = "mov,mp4,m4a,3gp,3g2,mj2";
  report.source.video.codec = "h264";
  report.source.video.width = 720;
  report.source.video.height = 480;
  report.source.video.duration_s = 6.125;
  report.source.video.frame_rate = media::Rational{30000, 1001};
  report.embedder = {"gist", "gist-512", "sha256:" + std::string(64, 'b'), "f32", 512};
  report.embedder_why = "no CLIP model found";
  report.overall_coherence = 0.1 + 0.2;
  report.min_coherence = 0.679;
  report.max_coherence = 0.991;
  report.flagged_frames = {{1, 2, 0.679}};
  report.frame_count = 3;
  report.validation_passed = true;
  report.similarities = {0.991, 0.679};
  report.timestamps_s = {0.48, 1.48, 2.48};
  report.verdict = Verdict::fail;
  report.reasons = {{"flagged_pair", "it changes", 1.48, 2.48}, {"other", "why", {}, {}}};
  return report;
}

std::vector<std::string> keys(const Json& json) {
  std::vector<std::string> names;
  for (const auto& [name, value] : json.items()) names.push_back(name);
  return names;
}

TEST(ReportJson, HasTheFieldsOfTheInterfaceInItsOrder) {
  const Json json = Json::parse(to_json(sample_report(), JsonLayout::one_line));
  EXPECT_THAT(
      keys(json),
      ElementsAre("schema", "source", "sampling", "embedder", "overall_coherence", "min_coherence",
                  "max_coherence", "flagged_frames", "frame_count", "validation_passed",
                  "threshold", "similarities", "timestamps_s", "multi_shot", "verdict", "reasons",
                  "defects", "events", "shots", "measures", "notes", "timing_s"));
  EXPECT_EQ(json["schema"], "videogen.report/1");
  EXPECT_EQ(json["flagged_frames"].dump(), "[[1,2,0.679]]");
  EXPECT_EQ(json["sampling"].dump(), R"({"fps":1.0,"profile":"full"})");
  EXPECT_TRUE(json["source"]["frames"].is_number_integer());
  EXPECT_TRUE(json["reasons"][1]["start_s"].is_null());
}

Report measured_report() {
  Report report = sample_report();
  Analysis analysis;
  analysis.defects = {{"cut", 0.96}, {"morph", std::nullopt, "the clip is too short"}};
  analysis.events = {{"cut", 1.52, 1.52, 38, 38, 0.96, {{"residual", 31.5}}}};
  analysis.shots = {{0, 1.52}, {1.52, 2.52}};
  analysis.measures = {
      {"warp_error", 0.0012, "mean squared RGB error, 0…1", 0.004, Measure::Passes::at_most, ""},
      {"motion", 1.5, "pixels a frame", std::nullopt, Measure::Passes::at_most, ""},
      {"prompt_adherence", std::nullopt, "cosine", 0.2, Measure::Passes::at_least,
       "no prompt was given"}};
  report.analysis = std::move(analysis);
  return report;
}

TEST(ReportJson, WritesWhatLookingAtEveryFrameFound) {
  const Json json = Json::parse(to_json(measured_report(), JsonLayout::one_line));
  EXPECT_THAT(keys(json["defects"]), ElementsAre("cut", "flash", "flicker", "freeze", "jump",
                                                 "corruption", "noise", "morph", "drift", "black"));
  EXPECT_EQ(json["defects"]["cut"], 0.96);
  EXPECT_TRUE(json["defects"]["flash"].is_null());
  EXPECT_EQ(json["events"].dump(),
            R"([{"kind":"cut","start_s":1.52,"end_s":1.52,"first_frame":38,"last_frame":38,)"
            R"("score":0.96,"detail":{"residual":31.5}}])");
  EXPECT_EQ(json["shots"][1].dump(), R"({"start_s":1.52,"end_s":2.52})");
  EXPECT_EQ(json["measures"]["warp_error"].dump(),
            R"({"value":0.0012,"unit":"mean squared RGB error, 0…1","gate":0.004,"passed":true})");
  EXPECT_EQ(json["measures"]["motion"].dump(),
            R"({"value":1.5,"unit":"pixels a frame","gate":null,"passed":null})");
}

// A measure with everything that one can have.
Measure full_measure() {
  Measure measure{"cadence", 12, "new pictures a second", 8, Measure::Passes::at_least, ""};
  measure.least = 0;
  measure.label = "on twos";
  measure.detail = {{"held_share", 0.5}};
  measure.curve = {{0.5, 12}};
  measure.prompt = "a cat";
  measure.moments = {{2.5, 0.1}};
  measure.alternatives = {{"a dog", 0.2, 0.25, std::nullopt}};
  return measure;
}

TEST(ReportJson, WritesWhatStandsBehindAMeasure) {
  Report report = measured_report();
  report.analysis->measures = {full_measure()};
  const Json json = Json::parse(to_json(report, JsonLayout::one_line));
  EXPECT_EQ(
      json["measures"]["cadence"].dump(),
      R"({"value":12.0,"unit":"new pictures a second","gate":8.0,"passed":true,)"
      R"("range":[0.0,null],"label":"on twos","detail":{"held_share":0.5},"curve":[[0.5,12.0]],"prompt":"a cat",)"
      R"("moments":[{"time_s":2.5,"value":0.1}],)"
      R"("alternatives":[{"text":"a dog","cosine":0.2,"wins":0.25,"probability":null}]})");
}

TEST(ReportJson, GivesTheReasonOfEachNull) {
  const Json json = Json::parse(to_json(measured_report(), JsonLayout::one_line));
  EXPECT_TRUE(json["measures"]["prompt_adherence"]["value"].is_null());
  EXPECT_TRUE(json["measures"]["prompt_adherence"]["passed"].is_null());
  EXPECT_THAT(json["notes"].get<std::vector<std::string>>(),
              ElementsAre("morph: the clip is too short", "prompt_adherence: no prompt was given"));
  Report quick = sample_report();
  quick.profile = Profile::quick;
  EXPECT_THAT(Json::parse(to_json(quick, JsonLayout::one_line))["notes"].dump(),
              HasSubstr("--profile quick measures only the similarity"));
}

TEST(ReportJson, WritesNumbersThatReadBackExactly) {
  const Json json = Json::parse(to_json(sample_report(), JsonLayout::one_line));
  EXPECT_EQ(json["overall_coherence"].get<double>(), 0.1 + 0.2);
  EXPECT_EQ(json["source"]["frame_rate"].get<double>(), 30000.0 / 1001);
  EXPECT_THAT(to_json(sample_report(), JsonLayout::one_line), HasSubstr("\"threshold\":0.85,"));
}

TEST(ReportJson, WritesNullForWhatIsAbsent) {
  const Json json = Json::parse(to_json(Report{}, JsonLayout::one_line));
  for (const char* field : {"overall_coherence", "min_coherence", "max_coherence",
                            "validation_passed", "defects", "events", "shots", "measures"})
    EXPECT_TRUE(json[field].is_null()) << field;
  EXPECT_TRUE(json["source"]["frames"].is_null());
  EXPECT_TRUE(json["source"]["duration_s"].is_null());
  EXPECT_EQ(json["verdict"], "unknown");
  EXPECT_FALSE(json["notes"].empty());  // why the measures are null
}

TEST(ReportJson, NeverWritesANumberThatIsNone) {
  Report report = sample_report();
  report.similarities[0] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW((void)to_json(report, JsonLayout::one_line), std::logic_error);
}

TEST(ReportJson, SurvivesNamesThatAreNotUtf8) {
  Report report = sample_report();
  report.source.uri = "caf\xe9\n\"quoted\".mp4";
  const std::string text = to_json(report, JsonLayout::one_line);
  EXPECT_THAT(text, Not(HasSubstr("\n")));
  EXPECT_EQ(Json::parse(text)["source"]["uri"], "caf\xef\xbf\xbd\n\"quoted\".mp4");
}

TEST(ReportJson, SaysWhatWentWrongInAReportsPlace) {
  const Json json = Json::parse(
      to_json(Error{ErrorCode::not_found, "no such file", {}}, "a.mp4", JsonLayout::indented));
  EXPECT_EQ(json["schema"], "videogen.error/1");
  EXPECT_EQ(json["source"]["uri"], "a.mp4");
  EXPECT_EQ(json["error"]["code"], "not_found");
  EXPECT_EQ(json["error"]["exit_code"], 4);
  EXPECT_EQ(json["error"]["message"], "no such file");
}

std::set<std::string> names_of(const Json& object) {
  std::set<std::string> names;
  for (const auto& [name, value] : object.items()) names.insert(name);
  return names;
}

// The schema is strict: what it lists and what is written must be the same names.
void expect_same_names(const Json& schema, const Json& value, const std::string& place) {
  if (!schema.contains("properties") || !value.is_object()) return;
  EXPECT_EQ(names_of(schema["properties"]), names_of(value)) << place;
  EXPECT_EQ(schema["additionalProperties"], false) << place;
  for (const auto& [name, property] : schema["properties"].items()) {
    if (!value.contains(name)) continue;
    expect_same_names(property, value[name], place + "." + name);
    if (property.contains("items") && value[name].is_array() && !value[name].empty())
      expect_same_names(property["items"], value[name][0], place + "." + name + "[0]");
  }
}

TEST(ReportJson, HasAnOpinionOnlyWhereOneWasAsked) {
  Report report = sample_report();
  report.verdict = Verdict::pass;
  report.reasons.clear();
  EXPECT_FALSE(Json::parse(to_json(report, JsonLayout::one_line)).contains("opinion"));
  Opinion opinion;
  opinion.model = "qwen";
  opinion.score = 3;
  take_opinion(report, opinion);
  EXPECT_EQ(report.verdict, Verdict::pass) << "without a gate it decides nothing";
  const Json json = Json::parse(to_json(report, JsonLayout::one_line));
  EXPECT_EQ(json["opinion"]["score"], 3.0);
  EXPECT_TRUE(json["opinion"]["passed"].is_null());

  opinion.gate = 3;
  take_opinion(report, opinion);
  EXPECT_EQ(report.verdict, Verdict::pass) << "equal passes";
  opinion.gate = 3.5;
  take_opinion(report, opinion);
  EXPECT_EQ(report.verdict, Verdict::fail);
  ASSERT_EQ(report.reasons.size(), 1u);
  EXPECT_EQ(report.reasons[0].message, "qwen gives it 3 of 10, and the judge's gate is 3.5");
  report.verdict = Verdict::unknown;
  take_opinion(report, opinion);
  EXPECT_EQ(report.verdict, Verdict::unknown) << "nothing was measured, and nothing is";
}

TEST(ReportJson, HasTheNamesThatTheSchemaLists) {
  std::ifstream file(VIDEOGEN_SOURCE_DIR "/docs/report.schema.json");
  const Json schema = Json::parse(file);
  Report written = measured_report();
  written.analysis->measures.push_back(full_measure());
  written.sampling = Sampling::automatic;
  written.refined = {{1, 2, 3, "motion"}};
  Opinion opinion;
  opinion.score = 7.5;
  opinion.times_s = {0.5};
  take_opinion(written, opinion);
  const Json report = Json::parse(to_json(written, JsonLayout::one_line));
  expect_same_names(schema, report, "report");
  EXPECT_EQ(report["sampling"]["refined"].dump(),
            R"([{"start_s":1.0,"end_s":2.0,"samples":3,"why":"motion"}])");
  const Json& measure = schema["properties"]["measures"]["additionalProperties"];
  EXPECT_EQ(names_of(measure["properties"]), names_of(report["measures"]["cadence"]));
  expect_same_names(
      schema["$defs"]["error"],
      Json::parse(to_json(Error{ErrorCode::usage, "m", {}}, "u", JsonLayout::one_line)), "error");
}

}  // namespace
}  // namespace videogen::coherence
