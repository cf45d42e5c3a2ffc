// The rules of the detectors on series written by hand, each number checked against arithmetic.
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coherence/detectors.h"
#include "coherence/events.h"

namespace videogen::coherence {
namespace {

// `count` frames at 24 a second in which nothing is wrong.
Series quiet(std::size_t count) {
  Series series;
  for (std::size_t i = 0; i < count; ++i) {
    series.frames.push_back({std::int64_t(i), double(i) / 24, {}});
    series.frames.back().facts.luma = 120;
    series.frames.back().facts.luma_p90 = 200;
  }
  series.steps.resize(count);
  series.top_blocks.resize(count, 6);
  series.warp_errors.resize(count, 0);
  series.full_differences.resize(count, 0);
  return series;
}

double strongest(const Findings& findings) {
  double most = -100;
  for (const Finding& finding : findings) most = std::max(most, finding.raw);
  return most;
}

TEST(DriftRule, BeginsAtTheStepFromWhichItLeaves) {
  Series series = quiet(120);
  for (std::size_t t = 30; t < 120; ++t) series.steps[t].luma_shift = -0.01F;
  const Findings found = detect_drift(series);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].first, 30U);
  EXPECT_EQ(found[0].last, 119U);
}

TEST(DriftRule, HoldsWhatTheBlocksDisagreeAboutAgainstBrightness) {
  Series series = quiet(120);
  for (auto& step : series.steps) step.luma_shift = -0.01F;
  const double agreed = strongest(detect_drift(series));
  // 9 half seconds of 12 steps: 1.08 over 0.04.
  EXPECT_NEAR(agreed, std::log(1.08 / 0.04), 1e-3);
  for (auto& step : series.steps) step.luma_scatter = 0.05F;
  // And 0.05 · 0.05 · 108 more.
  EXPECT_NEAR(strongest(detect_drift(series)), std::log(1.08 / (0.04 + 0.27)), 1e-3);
}

TEST(FreezeRule, FindsAStandstillAfterSomethingQuick) {
  Series series = quiet(120);
  for (std::size_t t = 1; t < 120; ++t) {
    series.steps[t].busy_difference = t < 61    ? 46
                                      : t < 71  ? 5
                                      : t < 79  ? 0.1F
                                      : t == 79 ? 22
                                                : 4.2F;
  }
  const Findings found = detect_freeze(series);
  const auto best = std::ranges::max_element(found, {}, &Finding::raw);
  ASSERT_NE(best, found.end());
  EXPECT_EQ(best->first, 71U);
  EXPECT_EQ(best->last, 78U);
  EXPECT_NEAR(best->raw, std::log((4.2 + 0.35) / (0.1 + 0.35)), 1e-5);
}

TEST(NoiseRule, CountsBlurThatComesAtOnceInFullAndBlurThatGrowsInPart) {
  Series at_once = quiet(96);
  Series grows = quiet(96);
  for (std::size_t t = 0; t < 96; ++t) {
    const double apart = std::fabs(double(t) - 44);
    at_once.frames[t].facts.fine_texture = apart <= 4 ? 0.8F : 2;
    grows.frames[t].facts.fine_texture = float(2 - 1.2 * std::max(0.0, 1 - apart / 12));
  }
  EXPECT_NEAR(strongest(detect_noise(at_once)), std::log(1.2 / 0.15), 1e-5);
  EXPECT_LT(strongest(detect_noise(grows)), std::log(1.2 / 0.15) - 0.2);
}

Series leap(float raw_residual, float residual) {
  Series series = quiet(48);
  for (auto& step : series.steps) {
    step.difference = 17;
    step.residual = step.raw_residual = 5;
    step.motion_p90 = 7;
  }
  for (std::size_t t = 24; t < 48; ++t) series.frames[t].facts.luma = 100;
  series.steps[24].difference = 54;
  series.steps[24].residual = residual;
  series.steps[24].raw_residual = raw_residual;
  return series;
}

TEST(JumpRule, TellsALeapIntoTheShadeFromLight) {
  const Findings found = detect_jump(leap(40, 38));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].first, 24U);
  EXPECT_NEAR(found[0].raw, std::log(55.0 / 18) + 0.5 * std::log(39.0 / 6), 1e-5);
  EXPECT_TRUE(detect_jump(leap(40, 6)).empty());  // a fit of gain explains it
}

TEST(CorruptionRule, SeesBlocksThatStayForLongerThanAFlash) {
  Series series = quiet(96);
  series.bridges[40][5] = Bridge{.block_return = 150};
  const Findings found = detect_corruption(series);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].first, 40U);
  EXPECT_EQ(found[0].last, 45U);
  EXPECT_NEAR(found[0].raw, std::log(150 / (20 + 0.5 * 6)), 1e-5);
}

TEST(CorruptionRule, HoldsAgainstItWhatWasOnItsWay) {
  Series series = quiet(96);
  series.bridges[40][0] = Bridge{.block_return = 45};
  const double sudden = strongest(detect_corruption(series));
  series.top_blocks[38] = 46;
  EXPECT_NEAR(sudden, std::log(45 / (20 + 0.5 * 6)), 1e-5);
  EXPECT_NEAR(strongest(detect_corruption(series)), std::log(45 / (20 + 0.5 * 46)), 1e-5);
}

// Pairs of frames 0.4 s apart, a tenth of a second from each other.
std::vector<Change> changes(std::size_t count, float logit, float failing = 0) {
  std::vector<Change> all;
  for (std::size_t i = 0; i < count; ++i) {
    const auto first = std::size_t(2.4 * double(i));
    all.push_back(
        {.first = first, .last = first + 10, .column = 0.5F, .row = 0.5F, .logit = logit});
    all.back().support = logit;
    all.back().residual = 20;
    all.back().failing = failing;
  }
  return all;
}

TEST(MorphRule, WeighsAPlaceAgainstTheRestOfTheClip) {
  Series series = quiet(120);
  series.changes = changes(40, -2);
  series.changes[20].logit = series.changes[20].support = 18;
  EXPECT_NEAR(strongest(detect_morph(series)), 18, 1e-5);
  series.changes = changes(40, 6);
  EXPECT_NEAR(strongest(detect_morph(series)), 0, 1e-5);
  series.changes[20].logit = series.changes[20].support = 18;
  EXPECT_NEAR(strongest(detect_morph(series)), 12, 1e-5);
  series.changes[20].residual = 0;  // outside of the picture
  EXPECT_NEAR(strongest(detect_morph(series)), 0, 1e-5);
}

TEST(MorphRule, IsExplainedByACutAsFarAsAPairReaches) {
  Series series = quiet(120);
  series.changes = changes(40, -20);
  series.changes[20].logit = series.changes[20].support = 40;  // frames 48 to 58
  const auto has = [](const Verdicts& verdicts, std::string_view kind) {
    return std::ranges::any_of(verdicts.events, [&](const Event& e) { return e.kind == kind; });
  };
  EXPECT_TRUE(has(find_events(series), "morph"));
  series.steps[42].residual = 60;
  series.steps[42].correlation = 0;
  series.bridges[42] = {};
  const Verdicts found = find_events(series);
  EXPECT_TRUE(has(found, "cut"));
  EXPECT_FALSE(has(found, "morph"));
}

TEST(MeltingRule, NeedsAShareOfThePictureInThreeOfFourPairs) {
  Series series = quiet(120);
  series.changes = changes(40, -20, 0.5F);
  EXPECT_NEAR(strongest(detect_widespread_morph(series)), std::log(0.51), 1e-5);
  for (std::size_t i = 0; i < 40; i += 3) series.changes[i].failing = 0.1F;  // one of three
  EXPECT_NEAR(strongest(detect_widespread_morph(series)), std::log(0.11), 1e-5);
  series.changes.resize(5);
  EXPECT_TRUE(detect_widespread_morph(series).empty());
}

TEST(MeltingRule, SaysHowMuchAndPointsToTheWorst) {
  Series series = quiet(120);
  series.changes = changes(12, -20, 0.45F);
  for (std::size_t i = 5; i < 8; ++i) series.changes[i].failing = 0.62F;
  const Verdicts found = find_events(series);
  const auto morph = std::ranges::find(found.events, "morph", &Event::kind);
  ASSERT_NE(morph, found.events.end());
  EXPECT_EQ(morph->first_frame, 12);
  EXPECT_EQ(morph->last_frame, 16 + 10);
  EXPECT_EQ(sentence(*morph),
            "62 % of the picture melts into something else from 0.5 s to 1.083 s");
}

}  // namespace
}  // namespace videogen::coherence
