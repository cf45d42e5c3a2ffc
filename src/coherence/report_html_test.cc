#include "coherence/report_html.h"

#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "coherence/html_text_internal.h"
#include "coherence/page_files_internal.h"

namespace videogen::coherence {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Report quick_report() {
  Report report;
  report.source.uri = "clips/clip.mp4";
  report.source.video.container = "mov,mp4,m4a,3gp,3g2,mj2";
  report.source.video.codec = "h264";
  report.source.video.width = 720;
  report.source.video.height = 480;
  report.source.video.duration_s = 3;
  report.profile = Profile::quick;
  report.embedder = {"gist", "gist-512", "sha256:abc", "f32", 512};
  report.embedder_why = "no CLIP model found";
  report.overall_coherence = 0.84;
  report.min_coherence = 0.7;
  report.max_coherence = 0.98;
  report.validation_passed = false;
  report.similarities = {0.98, 0.7};
  report.timestamps_s = {0.48, 1.48, 2.48};
  report.frame_count = 3;
  report.flagged_frames = {{1, 2, 0.7}};
  report.verdict = Verdict::fail;
  report.reasons = {{"flagged_pair", "the picture changes (if meant: --multi-shot)", 1.48, 2.48}};
  return report;
}

Report full_report() {
  Report report = quick_report();
  report.profile = Profile::full;
  report.reasons = {{"cut", "the scene changes at 2 s", 2, 2}};
  Analysis analysis;
  analysis.defects = {{"cut", 0.96}, {"morph", std::nullopt, "the clip is too short"}};
  analysis.events = {{"cut", 2, 2, 50, 50, 0.96, {{"residual_level", 31.5}}}};
  analysis.shots = {{0, 2}, {2, 3}};
  analysis.measures = {
      {"warp_error", 0.0052, "error", 0.004, Measure::Passes::at_most, ""},
      {"prompt_adherence", std::nullopt, "cosine", {}, Measure::Passes::at_least, "no prompt"}};
  analysis.curves = {{"frame_difference", "0…255", {0, 1, 2}, {1, 30, 2}}};
  report.analysis = std::move(analysis);
  return report;
}

HtmlOptions linked() {
  HtmlOptions options;
  options.clip = {ClipLink::Player::video, "./clip.mp4", "video/mp4", ""};
  options.versions = {{"videogen", "1.2.3"}};
  return options;
}

TEST(ReportHtml, SaysTheVerdictAndItsReasons) {
  const std::string page = to_html(quick_report(), {}, linked());
  EXPECT_THAT(page, HasSubstr("<body class=\"fail\">"));
  EXPECT_THAT(page, HasSubstr("<title>fail: clips/clip.mp4</title>"));
  EXPECT_THAT(
      page, HasSubstr("the picture changes (if meant: <code class=\"flag\">--multi-shot</code>)"));
  EXPECT_THAT(page, HasSubstr("href=\"./clip.mp4#t=1.48\" data-t=\"1.48\""));
}

TEST(ReportHtml, ShowsWhatLookingAtEveryFrameFound) {
  const std::string page = to_html(full_report(), {}, linked());
  EXPECT_THAT(page, HasSubstr("<h3>cut</h3>"));
  EXPECT_THAT(page, HasSubstr("residual level"));
  EXPECT_THAT(page, HasSubstr("the clip is too short"));
  EXPECT_THAT(page, HasSubstr("≤ 0.004"));
  EXPECT_THAT(page, HasSubstr("<b>fails</b>"));
  EXPECT_THAT(page, HasSubstr("no prompt"));
  EXPECT_THAT(page, HasSubstr("frame difference over time, from 1 to 30"));
  EXPECT_THAT(page, HasSubstr("1.2.3"));
}

TEST(ReportHtml, SaysThatOnlySimilarityWasMeasured) {
  const std::string page = to_html(quick_report(), {}, linked());
  EXPECT_THAT(page, HasSubstr("Only the similarity of neighbouring samples was measured"));
  EXPECT_THAT(page, AllOf(Not(HasSubstr("id=\"measures\"")), Not(HasSubstr("class=\"evidence\""))));
}

TEST(ReportHtml, ShowsPicturesAndSaysWhereThereAreNone) {
  EXPECT_THAT(to_html(quick_report(), {}, linked()), HasSubstr("No pictures were taken."));
  Pictures pictures;
  pictures.samples = {{1, {1.48, 320, 180, "sample"}}, {2, {2.48, 320, 180, "next"}}};
  pictures.moments = {{std::string(kFlaggedPair), 1, Thumbnail{1.48, 320, 180, "first"},
                       Thumbnail{2.48, 320, 180, "second"}, std::nullopt,
                       Thumbnail{0, 320, 180, "difference"}, 4, std::nullopt}};
  const std::string page = to_html(quick_report(), pictures, linked());
  for (const char* picture : {"sample", "next", "first", "second", "difference"})
    EXPECT_THAT(page, HasSubstr("data:image/jpeg;base64," + base64(picture)));
  EXPECT_THAT(page, HasSubstr("difference × 4"));
  EXPECT_THAT(page, HasSubstr("2 of 3 samples, evenly spaced"));
}

TEST(ReportHtml, PlaysWhatItCan) {
  HtmlOptions options = linked();
  EXPECT_THAT(to_html(quick_report(), {}, options), HasSubstr("src=\"./clip.mp4\""));
  options.clip.url = "data:video/mp4;base64,AAAA";
  // No link can lead into a data: URL.
  EXPECT_THAT(to_html(quick_report(), {}, options),
              AllOf(HasSubstr("src=\"data:video/mp4;base64,AAAA\""),
                    HasSubstr("href=\"#player\" data-t=\"1.48\"")));
  options.clip = {ClipLink::Player::picture, "./clip.gif", "image/gif", ""};
  EXPECT_THAT(
      to_html(quick_report(), {}, options),
      AllOf(HasSubstr("<img class=\"screen\" src=\"./clip.gif\""), Not(HasSubstr("data-t="))));
  options.clip = {ClipLink::Player::none, "", "", "it came through a pipe"};
  EXPECT_THAT(to_html(quick_report(), {}, options),
              AllOf(HasSubstr("No player: it came through a pipe."), Not(HasSubstr("<video"))));
}

TEST(ReportHtml, LetsNoTextOfOthersBecomeMarkup) {
  const std::string hostile = "<script>alert(1)</script>\"'&{{css}}";
  Report report = full_report();
  report.source.uri = hostile;
  report.source.sha256 = hostile;
  report.source.video.container = report.source.video.codec = hostile;
  report.embedder = {hostile, hostile, hostile, hostile, 512};
  report.embedder_why = hostile;
  report.notes = {hostile};
  report.reasons = {{hostile, hostile, 2, 2}};
  report.analysis->defects[1].absent = hostile;
  report.analysis->events[0].kind = hostile;
  report.analysis->events[0].detail = {{hostile, 1}};
  report.analysis->measures[1] = {hostile, {}, hostile, {}, Measure::Passes::at_most, hostile};
  report.analysis->curves[0].name = report.analysis->curves[0].unit = hostile;
  HtmlOptions options = linked();
  options.clip = {ClipLink::Player::none, "", "", hostile};
  options.versions = {{hostile, hostile}};
  EXPECT_THAT(to_html(report, {}, options),
              AllOf(Not(HasSubstr("<script>alert")), HasSubstr("&lt;script&gt;alert(1)")));
}

// The hashes of the page's policy must be those of what the page holds, or nothing runs.
TEST(ReportHtml, AllowsItsOwnScriptsAndStyleAndNothingFromElsewhere) {
  const std::string page = to_html(full_report(), {}, linked());
  const auto inside = [&](std::string_view open, std::string_view close) {
    std::vector<std::string> found;
    for (std::size_t at = page.find(open); at != std::string::npos; at = page.find(open, at + 1)) {
      const std::size_t begin = at + open.size();
      found.push_back(page.substr(begin, page.find(close, begin) - begin));
    }
    return found;
  };
  const std::string policy =
      inside("http-equiv=\"Content-Security-Policy\" content=\"", "\"").at(0);
  const auto scripts = inside("<script>", "</script>");
  ASSERT_EQ(scripts.size(), 2u);
  for (const std::string& script : scripts) EXPECT_THAT(policy, HasSubstr(policy_hash(script)));
  EXPECT_THAT(policy, HasSubstr(policy_hash(inside("<style>", "</style>").at(0))));
  EXPECT_THAT(policy, AllOf(HasSubstr("default-src 'none'"), Not(HasSubstr("http")),
                            Not(HasSubstr("unsafe"))));
  // What the policy would block is not there in the first place.
  EXPECT_THAT(page, AllOf(Not(HasSubstr(" style=\"")), Not(HasSubstr(" onclick="))));
}

TEST(ReportHtml, HasItsNumbersForTheScriptAsJson) {
  const std::string page = to_html(full_report(), {}, linked());
  const std::string open = "<script type=\"application/json\" id=\"data\">";
  const std::size_t begin = page.find(open) + open.size();
  const auto data =
      nlohmann::json::parse(page.substr(begin, page.find("</script>", begin) - begin));
  EXPECT_EQ(data["end"], 3);
  ASSERT_EQ(data["plots"].size(), 2u);
  EXPECT_EQ(data["plots"][0]["t"].dump(), "[1.48,2.48]");
  EXPECT_EQ(data["plots"][1]["v"].dump(), "[1.0,30.0,2.0]");
}

TEST(ReportHtml, WritesAPageForAReportOfNothing) {
  const std::string page = to_html(Report{}, {}, {});
  EXPECT_THAT(page, AllOf(HasSubstr("<body class=\"unknown\">"), Not(HasSubstr("{{"))));
}

TEST(ReportHtml, GivesEachIdOnce) {
  const std::string page = to_html(full_report(), {}, linked());
  std::set<std::string> ids;
  for (std::size_t at = page.find(" id=\""); at != std::string::npos;
       at = page.find(" id=\"", at + 1)) {
    const std::string id = page.substr(at + 5, page.find('"', at + 5) - at - 5);
    EXPECT_TRUE(ids.insert(id).second) << id;
  }
  for (const char* label : {"timeline-title", "findings-title", "measures-title", "scrub"})
    EXPECT_TRUE(ids.contains(label)) << label;
}

TEST(IsReportPage, KnowsItsOwn) {
  EXPECT_TRUE(is_report_page(to_html(Report{}, {}, {}).substr(0, 1024)));
  EXPECT_FALSE(is_report_page("<!doctype html><title>another page</title>"));
  EXPECT_FALSE(is_report_page(""));
}

}  // namespace
}  // namespace videogen::coherence
