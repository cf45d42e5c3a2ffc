#include "serve/report_file_internal.h"

#include <limits>
#include <string>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "coherence/report_html.h"
#include "coherence/report_json.h"

namespace videogen::serve {
namespace {

// Something in every field, numbers that no decimal of few digits holds among them.
coherence::Report full_report() {
  const double third = 1.0 / 3, tiny = 4.9406564584124654e-324;
  coherence::Report report;
  report.source = {"clip \"x\".mp4", "ab12", {}, 153};
  report.source.video = {"mov,mp4", "h264", "yuv420p", 720, 480, 90, 1, third, {{30000, 1001}}, 7};
  report.fps = third;
  report.sampling = coherence::Sampling::automatic;
  report.refined = {{0.1, third, 3, "flash"}};
  report.profile = coherence::Profile::full;
  report.multi_shot = true;
  report.embedder = {"clip", "m", "sha256:1", "bf16", 512};
  report.embedder_why = "--model";
  report.overall_coherence = third;
  report.min_coherence = -0.0;
  report.flagged_frames = {{2, 3, third}};
  report.frame_count = 4;
  report.validation_passed = false;
  report.threshold = 0.1;
  report.similarities = {third, std::nullopt, tiny};
  report.timestamps_s = {0, third, 1, 2};
  coherence::Analysis analysis;
  analysis.defects = {{"cut", third, ""}, {"flash", std::nullopt, "too short"}};
  analysis.events = {{"cut", 1, 1, 30, 30, third, {{"jump", third}}}};
  analysis.shots = {{0, 1}, {1, third}};
  coherence::Measure measure;
  measure.name = "prompt_adherence";
  measure.value = third;
  measure.unit = "cosine";
  measure.gate = 0.2;
  measure.passes = coherence::Measure::Passes::at_least;
  measure.least = -1;
  measure.most = 1;
  measure.label = "on twos";
  measure.detail = {{"a", third}};
  measure.curve = {{0, third}, {1, tiny}};
  measure.prompt = "a lighthouse";
  measure.moments = {{third, third}};
  measure.alternatives = {{"a boat", third, 0.5, std::nullopt}, {"a cow", 0, 0, third}};
  coherence::Measure absent;
  absent.name = "warp_error";
  absent.absent = "no frames";
  analysis.measures = {measure, absent};
  analysis.curves = {{"brightness", "0…255", {0, third}, {1, tiny}}};
  report.analysis = analysis;
  report.opinion = coherence::Opinion{"q", "s", "12", "frames", {third}, 7, {"i"}, "c", 5};
  report.verdict = coherence::Verdict::fail;
  report.reasons = {{"cut", "the scene changes", 1.0, std::nullopt}};
  report.notes = {"a note"};
  report.timing_s = {third, 2, 3, 4};
  return report;
}

TEST(ReportFile, GivesBackEveryFieldToTheLastBit) {
  const coherence::Report report = full_report();
  const std::string bytes = report_bytes(report);
  const auto back = report_of_bytes(bytes);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(report_bytes(*back), bytes);
  // What the list of fields forgot would be missing in what is made of them.
  const auto json = [](const coherence::Report& one) {
    return to_json(one, coherence::JsonLayout::one_line);
  };
  EXPECT_EQ(json(*back), json(report));
  EXPECT_EQ(coherence::to_html(*back, {}, {}), coherence::to_html(report, {}, {}));
  EXPECT_EQ(back->analysis->curves[0].values, report.analysis->curves[0].values);
  EXPECT_EQ(back->source.video.pixel_format, "yuv420p");
  EXPECT_EQ(back->source.video.rotation_degrees, 90);
  EXPECT_EQ(back->source.video.frames, 7);
  EXPECT_EQ(back->similarities[2], report.similarities[2]);
}

TEST(ReportFile, ReadsWhatAnOlderOrANewerProgramWrote) {
  auto json = nlohmann::json::from_cbor(report_bytes(full_report()));
  json.erase("multi_shot");
  json["later"] = 5;
  std::string bytes;
  nlohmann::json::to_cbor(json, bytes);
  const auto report = report_of_bytes(bytes);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_FALSE(report->multi_shot);
  EXPECT_EQ(report->frame_count, 4);
}

TEST(ReportFile, SaysWhatIsNoReport) {
  const std::string bytes = report_bytes(full_report());
  auto wrong = nlohmann::json::from_cbor(bytes);
  wrong["fps"] = "fast";
  std::string mistyped;
  nlohmann::json::to_cbor(wrong, mistyped);
  for (const std::string& text : {std::string(), std::string("{}"),
                                  bytes.substr(0, bytes.size() / 2), bytes + "x", mistyped}) {
    const auto report = report_of_bytes(text);
    ASSERT_FALSE(report) << text.size();
    EXPECT_EQ(report.error().code, ErrorCode::corrupt);
  }
}

}  // namespace
}  // namespace videogen::serve
