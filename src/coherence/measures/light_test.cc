// Gain and chroma jumps, and slow drifts.
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coherence/measures/clip_for_test_internal.h"

namespace videogen::coherence {
namespace {

double value(const MeasureEntry& entry, const Series& series) {
  return measure_of(entry, series).value.value();
}

TEST(GainJumps, AreExcursionsFromTheRunningMedian) {
  Series series = made_series(48);
  series.steps[20].luma_shift = 0.3F;
  series.steps[22].luma_shift = -0.3F;
  const Measure measure = measure_of(kGainJumps, series);
  EXPECT_NEAR(*measure.value, std::expm1(0.3), 1e-6);  // by hand: 35 % for two frames
  EXPECT_THAT(measure.detail, testing::ElementsAre(testing::Pair("at_s", 20 / 24.0)));
}

TEST(GainJumps, LetALampBeSwitchedOn) {
  Series series = made_series(48);
  series.steps[20].luma_shift = 0.5F;
  EXPECT_NEAR(value(kGainJumps, series), 0, 1e-6);
}

TEST(GainJumps, GrowWithTheDamageAndFindItsSize) {
  const auto flickering = [](double gain) {
    return seen_of(30, [=](int n) {
      media::Image image = panned(n);
      if (n == 15) amplify(image, gain);
      return image;
    });
  };
  const double none = value(kGainJumps, flickering(1));
  const double light = value(kGainJumps, flickering(1.05));
  const double heavy = value(kGainJumps, flickering(1.2));
  EXPECT_LT(none, 0.01);
  EXPECT_NEAR(light, 0.05, 0.01);
  EXPECT_NEAR(heavy, 0.2, 0.02);  // 8 levels above black weigh a little less
  EXPECT_FALSE(measure_of(kGainJumps, made_series(4)).value);
}

TEST(ChromaJumps, AreThoseOfEitherColour) {
  Series series = made_series(48);
  series.steps[10].cb_shift = -7;
  series.steps[11].cb_shift = 7;
  series.steps[30].cr_shift = 4;
  series.steps[31].cr_shift = -4;
  EXPECT_NEAR(value(kChromaJumps, series), 7, 1e-5);
  EXPECT_NEAR(value(kGainJumps, series), 0, 1e-6);
}

TEST(ChromaJumps, FindAFrameThatTurnsBlue) {
  const auto blue = [](int levels) {
    return seen_of(30, [=](int n) {
      media::Image image = panned(n);
      if (n != 15) return image;
      for (std::size_t i = 2; i < image.rgb.size(); i += 3)
        image.rgb[i] = std::uint8_t(std::min(255, image.rgb[i] + levels));
      return image;
    });
  };
  // Cb = 0.5 · B + …: half of what blue gains.
  EXPECT_NEAR(value(kChromaJumps, blue(12)), 6, 1);
  EXPECT_NEAR(value(kChromaJumps, blue(0)), 0, 0.5);
}

TEST(ExposureDrift, IsTheMedianHalfSecondTimesTheirNumber) {
  Series series = made_series(49);  // 48 steps: four half seconds
  for (std::size_t i = 1; i < 49; ++i) series.steps[i].luma_shift = 0.01F;
  EXPECT_NEAR(value(kExposureDrift, series), std::expm1(0.48), 1e-5);
  for (std::size_t i = 1; i < 49; ++i) series.steps[i].luma_shift = -0.01F;
  EXPECT_NEAR(value(kExposureDrift, series), std::expm1(0.48), 1e-5);  // either way
}

TEST(ExposureDrift, LetsWhatJumpsOnceBe) {
  Series series = made_series(121);
  series.steps[30].luma_shift = 2;
  EXPECT_NEAR(value(kExposureDrift, series), 0, 1e-6);
  EXPECT_FALSE(measure_of(kExposureDrift, made_series(20)).value);
}

TEST(Drifts, GrowWithTheDamage) {
  const auto fading = [](double loss, bool blue_only) {
    return seen_of(49, [=](int n) {
      media::Image image = panned(n);
      const double gain = 1 - loss * n / 48;
      for (std::size_t i = 0; i < image.rgb.size(); ++i)
        if (!blue_only || i % 3 == 2) image.rgb[i] = std::uint8_t(std::lround(image.rgb[i] * gain));
      return image;
    });
  };
  const double light = value(kExposureDrift, fading(0.1, false));
  const double heavy = value(kExposureDrift, fading(0.3, false));
  EXPECT_GT(light, 0.05);
  EXPECT_LT(light, 0.15);
  EXPECT_GT(heavy, 2 * light);
  const double none = value(kColourDrift, fading(0, true));
  const double bluish = value(kColourDrift, fading(0.2, true));
  EXPECT_LT(none, 1);
  EXPECT_GT(bluish, 8);  // a fifth of about 130 levels of blue, half of it in Cb
}

}  // namespace
}  // namespace videogen::coherence
