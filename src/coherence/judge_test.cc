#include "coherence/judge.h"

#include <cmath>
#include <stdexcept>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace videogen::coherence {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Similarities = std::vector<std::optional<double>>;

// A clip of one second a sample, the first at 0.5 s.
Report clip(Similarities similarities, std::size_t samples) {
  Report report;
  report.source.frames = 25 * static_cast<std::int64_t>(samples);
  report.source.video.frame_rate = media::Rational{25, 1};
  report.embedder.name = "gist";
  report.similarities = std::move(similarities);
  for (std::size_t i = 0; i < samples; ++i)
    report.timestamps_s.push_back(static_cast<double>(i) + 0.5);
  return report;
}

Report judged(Similarities similarities, bool multi_shot = false) {
  Report report = clip(similarities, similarities.size() + 1);
  report.multi_shot = multi_shot;
  judge(report);
  return report;
}

TEST(Judge, PassesAClipWhosePairsAllReachTheThreshold) {
  const Report report = judged({0.99, 0.9, 0.96});
  EXPECT_EQ(report.verdict, Verdict::pass);
  EXPECT_THAT(report.reasons, IsEmpty());
  EXPECT_THAT(report.flagged_frames, IsEmpty());
  EXPECT_EQ(report.frame_count, 4);
  EXPECT_DOUBLE_EQ(report.overall_coherence.value(), 0.95);
  EXPECT_EQ(report.min_coherence, 0.9);
  EXPECT_EQ(report.max_coherence, 0.99);
  EXPECT_EQ(report.validation_passed, true);
}

TEST(Judge, FailsOnOneFlaggedPairThoughTheMeanPasses) {
  const Report report = judged({0.991, 0.985, 0.679, 0.988, 0.987});
  EXPECT_EQ(report.validation_passed, true);
  EXPECT_EQ(report.verdict, Verdict::fail);
  ASSERT_THAT(report.flagged_frames, SizeIs(1));
  EXPECT_EQ(report.flagged_frames[0].first, 2);
  EXPECT_EQ(report.flagged_frames[0].second, 3);
  EXPECT_EQ(report.flagged_frames[0].similarity, 0.679);
  ASSERT_THAT(report.reasons, SizeIs(1));
  EXPECT_EQ(report.reasons[0].kind, "flagged_pair");
  EXPECT_EQ(report.reasons[0].start_s, 2.5);
  EXPECT_EQ(report.reasons[0].end_s, 3.5);
  EXPECT_THAT(report.reasons[0].message, HasSubstr("--multi-shot"));
}

TEST(Judge, FailsWhenTheMeanIsUnderTheThreshold) {
  const Report report = judged({0.9, 0.2});
  EXPECT_EQ(report.validation_passed, false);
  EXPECT_EQ(report.verdict, Verdict::fail);
  ASSERT_THAT(report.reasons, SizeIs(2));
  EXPECT_EQ(report.reasons[0].kind, "coherence");
  EXPECT_EQ(report.reasons[1].kind, "flagged_pair");
}

TEST(Judge, LetsAPairExactlyAtTheThresholdPass) {
  const Report report = judged({0.85, 0.85});
  EXPECT_EQ(report.verdict, Verdict::pass);
  EXPECT_EQ(report.validation_passed, true);
  EXPECT_EQ(judged({0.85, std::nextafter(0.85, 0.0)}).verdict, Verdict::fail);
}

TEST(Judge, KnowsNothingOfAClipWithOneSampleOrNone) {
  for (const std::size_t samples : {std::size_t{0}, std::size_t{1}}) {
    Report report = clip({}, samples);
    report.source.frames = 9;  // 0.36 s
    judge(report);
    EXPECT_EQ(report.verdict, Verdict::unknown);
    EXPECT_EQ(report.frame_count, static_cast<std::int64_t>(samples));
    EXPECT_FALSE(report.overall_coherence);
    EXPECT_FALSE(report.min_coherence);
    EXPECT_FALSE(report.max_coherence);
    EXPECT_FALSE(report.validation_passed);
    ASSERT_THAT(report.reasons, SizeIs(1));
    EXPECT_EQ(report.reasons[0].kind, "too_few_samples");
    EXPECT_THAT(report.reasons[0].message, HasSubstr("0.36 s, so try --fps 6"));
  }
}

TEST(Judge, GivesNoAdviceThatCannotHelp) {
  Report single = clip({}, 1);
  single.source.frames = 1;
  judge(single);
  EXPECT_THAT(single.reasons[0].message, HasSubstr("a single frame"));

  Report short_clip = clip({}, 0);
  short_clip.source.frames = 2;
  short_clip.source.video.frame_rate = media::Rational{10000, 1};
  judge(short_clip);
  EXPECT_THAT(short_clip.reasons[0].message, HasSubstr("too short for any --fps"));

  Report unknown_length = clip({}, 0);
  unknown_length.source.frames.reset();
  unknown_length.source.video.frame_rate.reset();
  judge(unknown_length);
  EXPECT_THAT(unknown_length.reasons[0].message, HasSubstr("a higher --fps"));
}

TEST(Judge, LeavesPairsWithoutADescriptorOutAndSaysSo) {
  const Report report = judged({std::nullopt, std::nullopt, 0.9});
  EXPECT_EQ(report.verdict, Verdict::pass);
  EXPECT_EQ(report.overall_coherence, 0.9);
  EXPECT_THAT(report.notes, ElementsAre(HasSubstr("2 of 3 pairs could not be compared, the first "
                                                  "between 0.5 s and 1.5 s")));
}

TEST(Judge, KnowsNothingWhereNoPairCanBeCompared) {
  const Report report = judged({std::nullopt, std::nullopt});
  EXPECT_EQ(report.verdict, Verdict::unknown);
  EXPECT_FALSE(report.overall_coherence);
  ASSERT_THAT(report.reasons, SizeIs(1));
  EXPECT_EQ(report.reasons[0].kind, "not_comparable");
}

TEST(Judge, TakesALoneDropForACutInMultiShot) {
  const Report report = judged({0.99, 0.3, 0.98}, true);
  EXPECT_EQ(report.verdict, Verdict::pass);
  EXPECT_THAT(report.flagged_frames, IsEmpty());
  EXPECT_DOUBLE_EQ(report.overall_coherence.value(), 0.985);
  EXPECT_EQ(report.min_coherence, 0.98);
  EXPECT_EQ(report.similarities[1], 0.3);  // what was measured stays
  EXPECT_THAT(report.notes, ElementsAre(HasSubstr("taken for a cut")));
}

TEST(Judge, CountsTwoDropsInARowEvenInMultiShot) {
  const Report report = judged({0.99, 0.3, 0.4, 0.98}, true);
  EXPECT_EQ(report.verdict, Verdict::fail);
  EXPECT_THAT(report.flagged_frames, SizeIs(2));
  EXPECT_THAT(report.notes, IsEmpty());
}

TEST(Judge, KnowsNothingWhenTheOnlyPairIsTakenForACut) {
  const Report report = judged({0.3}, true);
  EXPECT_EQ(report.verdict, Verdict::unknown);
  EXPECT_FALSE(report.overall_coherence);
  EXPECT_THAT(report.notes, SizeIs(1));
}

TEST(Judge, RefusesSimilaritiesThatDoNotFitTheSamples) {
  Report report = clip({0.9}, 3);
  EXPECT_THROW(judge(report), std::logic_error);
}

TEST(Judge, TakesADissolveForAChangeOfShots) {
  for (const bool multi_shot : {false, true}) {
    Report report = clip({0.99, 0.6, 0.99}, 4);
    report.multi_shot = multi_shot;
    report.analysis.emplace();
    report.analysis->defects = {{"cut", 0}};
    report.analysis->events = {{"dissolve", 1.6, 2.3, 40, 57, 0.8, {}},
                               {"fade", 3.2, 3.5, 80, 87, 1, {}}};
    judge(report);
    EXPECT_EQ(report.verdict, multi_shot ? Verdict::pass : Verdict::fail);
    if (multi_shot) {
      EXPECT_DOUBLE_EQ(report.overall_coherence.value(), 0.99);
    } else {
      ASSERT_FALSE(report.reasons.empty());
      EXPECT_EQ(report.reasons[0].kind, "dissolve");
      EXPECT_THAT(report.reasons[0].message, HasSubstr("--multi-shot"));
    }
  }
}

}  // namespace
}  // namespace videogen::coherence
