#include "coherence/report_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coherence/judge.h"

namespace videogen::coherence {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Report clip(std::vector<std::optional<double>> similarities) {
  Report report;
  report.source.uri = "clip.mp4";
  report.source.frames = 150;
  report.source.video.frame_rate = media::Rational{25, 1};
  report.embedder = {"gist", "gist-512", "sha256:0", "f32", 512};
  report.embedder_why = "no CLIP model found";
  report.similarities = std::move(similarities);
  for (std::size_t i = 0; i <= report.similarities.size(); ++i)
    report.timestamps_s.push_back(static_cast<double>(i) + 0.48);
  judge(report);
  return report;
}

constexpr TextStyle kAscii{.colour = false, .unicode = false, .columns = 80};

TEST(ReportText, SaysTheVerdictThenWhyThenThePairs) {
  EXPECT_EQ(to_text(clip({0.991, 0.985, 0.679, 0.988, 0.987}), {}),
            "FAIL  clip.mp4\n"
            "  1 of 5 pairs of neighbouring samples is under 0.85 (if a cut is meant: "
            "--multi-shot)\n"
            "    2.48 s → 3.48 s       0.679\n"
            "  mean 0.926   lowest 0.679   highest 0.991   threshold 0.85\n"
            "  ██▁██  0.48 s … 5.48 s\n"
            "  6 samples at 1 a second, judged by gist-512: no CLIP model found\n");
}

TEST(ReportText, SaysAPassInThreeLines) {
  EXPECT_EQ(to_text(clip({0.9, 0.95}), kAscii),
            "PASS  clip.mp4\n"
            "  mean 0.925   lowest 0.900   highest 0.950   threshold 0.85\n"
            "  3 samples at 1 a second, judged by gist-512: no CLIP model found\n");
}

TEST(ReportText, KeepsToAsciiWhereTheTerminalShowsNoMore) {
  for (const unsigned char c : to_text(clip({0.991, 0.2, 0.3}), kAscii)) EXPECT_LT(c, 0x80);
}

TEST(ReportText, ColoursOnlyWhenAsked) {
  EXPECT_THAT(to_text(clip({0.2}), {.colour = true}), StartsWith("\x1b[1;31mFAIL\x1b[0m"));
  EXPECT_THAT(to_text(clip({0.2}), {}), Not(HasSubstr("\x1b")));
}

TEST(ReportText, ListsAtMostAScreenOfPairs) {
  const std::string text = to_text(clip(std::vector<std::optional<double>>(100, 0.5)), kAscii);
  EXPECT_THAT(text, AllOf(HasSubstr("19.48 s to 20.48 s"), Not(HasSubstr("20.48 s to 21.48 s")),
                          HasSubstr("and 80 more")));
}

TEST(ReportText, NeverWidensTheSparklineBeyondTheTerminal) {
  const std::string text =
      to_text(clip(std::vector<std::optional<double>>(1000, 0.99)), {.columns = 40});
  std::size_t blocks = 0;
  for (std::size_t at = text.find("█"); at != std::string::npos; at = text.find("█", at + 1))
    ++blocks;
  EXPECT_LE(blocks, 40u);
  EXPECT_GE(blocks, 8u);
}

TEST(ReportText, MakesHostileNamesHarmless) {
  Report report = clip({0.9});
  report.source.uri = "a\x1b[2J\n.mp4";
  EXPECT_THAT(to_text(report, kAscii), StartsWith("PASS  a\\x1b[2J\\x0a.mp4\n"));
  EXPECT_THAT(to_line(report, kAscii), StartsWith("PASS  a\\x1b[2J\\x0a.mp4: "));
}

TEST(ReportText, SaysEachOfManyClipsInOneLine) {
  EXPECT_EQ(to_line(clip({0.9, 0.95}), kAscii), "PASS  clip.mp4: mean 0.925, lowest 0.900\n");
  EXPECT_EQ(to_line(clip({0.99, 0.6}), kAscii),
            "FAIL  clip.mp4: 1 of 2 pairs of neighbouring samples is under 0.85; "
            "mean 0.795, lowest 0.600 between 1.48 s and 2.48 s\n");
  EXPECT_THAT(to_line(clip({}), kAscii),
              StartsWith("UNKNOWN  clip.mp4: 1 sample at 1 a second leaves nothing to compare"));
}

// A clip with a cut and a flash, as looking at every frame would find them.
Report broken_clip() {
  Report report = clip({0.991, 0.985, 0.679, 0.988, 0.987});
  report.verdict = Verdict::fail;
  report.reasons = {
      {"flash", "a foreign picture stands at 2.28 s", 2.28, 2.28},
      {"cut", "the scene changes at 3.04 s (if that is meant: --multi-shot)", 3.04, 3.04}};
  Analysis analysis;
  for (const std::string_view kind : kDefectKinds)
    analysis.defects.push_back({std::string(kind), 0.02});
  analysis.defects[0].score = 0.96;
  analysis.defects[1].score = 0.9;
  analysis.defects[4].score = 0.3;
  analysis.events = {{"flash", 2.28, 2.28, 57, 57, 0.9, {}}, {"cut", 3.04, 3.04, 76, 76, 0.96, {}}};
  analysis.measures = {
      {"motion", 1.53, "pixels a frame", std::nullopt, Measure::Passes::at_most, ""},
      {"warp_error", 0.0052, "error", 0.004, Measure::Passes::at_most, ""},
      {"prompt_adherence", std::nullopt, "cosine", 0.2, Measure::Passes::at_least, "no prompt"}};
  report.analysis = std::move(analysis);
  return report;
}

TEST(ReportText, SaysWhatLookingAtEveryFrameFound) {
  EXPECT_EQ(to_text(broken_clip(), {}),
            "FAIL  clip.mp4\n"
            "  a foreign picture stands at 2.28 s\n"
            "  the scene changes at 3.04 s (if that is meant: --multi-shot)\n"
            "  1 of 5 pairs of neighbouring samples is under 0.85\n"
            "    2.48 s → 3.48 s       0.679\n"
            "  mean 0.926   lowest 0.679   highest 0.991   threshold 0.85\n"
            "  ██▁██  0.48 s … 5.48 s\n"
            "  evidence  cut 0.96   flash 0.90   jump 0.30   in 150 frames\n"
            "  measures  warp error 0.0052 (at most 0.004)   motion 1.53\n"
            "  prompt    not measured: no prompt\n"
            "  6 samples at 1 a second, judged by gist-512: no CLIP model found\n");
}

TEST(ReportText, SaysThatNothingWasFoundAndWhatWasNotLookedFor) {
  Report report = clip({0.9, 0.95});
  report.analysis = Analysis{};
  report.analysis->defects = {{"cut", 0.1}, {"morph", std::nullopt, "too short"}};
  EXPECT_THAT(to_text(report, kAscii),
              AllOf(HasSubstr("  no defect found in 150 frames\n  not looked for: morph\n"),
                    Not(HasSubstr("measures"))));
}

TEST(ReportText, KeepsTheMeasuresToTwoLinesOfTheTerminal) {
  Report report = broken_clip();
  for (int i = 0; i < 100; ++i)
    report.analysis->measures.push_back({"measure_" + std::to_string(i), 0.5, "", {}, {}, ""});
  const std::string text = to_text(report, {.columns = 60});
  const std::string measures = text.substr(text.find("  measures"));
  EXPECT_THAT(measures, Not(HasSubstr("measure 20")));
  for (std::size_t at = 0; at < measures.size(); at = measures.find('\n', at) + 1)
    EXPECT_LE(measures.find("\n", at) - at, 66u) << measures.substr(at);
}

TEST(ReportText, SaysTheStrongestReasonFirstWhereAClipGetsOneLine) {
  EXPECT_EQ(to_line(broken_clip(), kAscii),
            "FAIL  clip.mp4: the scene changes at 3.04 s (if that is meant: --multi-shot)"
            ", and 1 more; mean 0.926, lowest 0.679 between 2.48 s and 3.48 s\n");
}

}  // namespace
}  // namespace videogen::coherence
