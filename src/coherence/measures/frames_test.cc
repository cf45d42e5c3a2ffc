// The measures of frames, and of plain differences, on series made by hand.
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coherence/measures/clip_for_test_internal.h"

namespace videogen::coherence {
namespace {

using ::testing::HasSubstr;

double value(const MeasureEntry& entry, const Series& series) {
  return measure_of(entry, series).value.value();
}

TEST(StepMeasures, AreMeansOverThePairs) {
  Series series = made_series(4);
  series.warp_errors = {9, 0.1F, 0.2F, 0.6F};  // the first frame has no pair
  series.full_differences = {9, 0, 51, 25.5};
  // By hand: (0.1 + 0.2 + 0.6) / 3; (1 + 0.8 + 0.9) / 3.
  EXPECT_NEAR(value(kWarpError, series), 0.3, 1e-7);
  EXPECT_NEAR(value(kTemporalFlickering, series), 0.9, 1e-12);
}

TEST(StepMeasures, NeedTwoFrames) {
  const Measure measure = measure_of(kWarpError, made_series(1));
  EXPECT_FALSE(measure.value);
  EXPECT_THAT(measure.absent, HasSubstr("no neighbour"));
}

TEST(Motion, IsInShorterSidesASecond) {
  Series series = made_series(3, 10);
  series.steps[1].motion = 18;  // pixels of 180
  series.steps[2].motion = 36;
  // By hand: a mean of 27 pixels in 0.1 s: 27 / 180 / 0.1.
  EXPECT_NEAR(value(kMotion, series), 1.5, 1e-6);
  Series still = made_series(3);
  for (auto& frame : still.frames) frame.time_s = 7;
  EXPECT_THAT(measure_of(kMotion, still).absent, HasSubstr("no times"));
}

TEST(Motion, IsThatOfAPan) {
  // 1.5 pixels of 120 a frame at 24 a second.
  const Series series = seen_of(12, [](int n) { return panned(n); });
  EXPECT_NEAR(value(kMotion, series) * 180 / 24, 1.5, 0.15);
}

TEST(RepeatedFrames, CountWhatAnEncoderLeavesOfARepeat) {
  Series series = made_series(5);
  const float busy[] = {0, 0.3F, 4, 0, 0.4F};
  for (std::size_t i = 0; i < 5; ++i) series.steps[i].busy_difference = busy[i];
  EXPECT_DOUBLE_EQ(value(kRepeatedFrames, series), 0.5);
}

TEST(Sharpness, IsTheLaplacianOfTheMiddleFrame) {
  Series series = made_series(3);
  const double laplacian[] = {2, 50, 10};
  for (std::size_t i = 0; i < 3; ++i)
    series.frames[i].facts.fine_texture = float(std::log(1 + laplacian[i]));
  EXPECT_NEAR(value(kSharpness, series), 10, 1e-4);
}

TEST(Sharpness, FallsWithBlurStepByStep) {
  double last = 1e9;
  for (const int passes : {0, 1, 3, 9}) {
    const Series series = seen_of(1, [&](int) {
      media::Image image = panned(0, 240, 180);
      for (int pass = 0; pass < passes; ++pass) {
        const media::Image before = image;
        for (int y = 1; y + 1 < image.height; ++y) {
          for (int x = 3; x < 3 * (image.width - 1); ++x)
            image.row(y)[x] =
                std::uint8_t((2 * before.row(y)[x] + before.row(y)[x - 3] + before.row(y)[x + 3] +
                              before.row(y - 1)[x] + before.row(y + 1)[x] + 3) /
                             6);
        }
      }
      return image;
    });
    EXPECT_LT(value(kSharpness, series), last) << passes;
    last = value(kSharpness, series);
  }
}

TEST(BlackAndBlank, AreSharesOfTheFrames) {
  Series series = made_series(4);
  const float brightest[] = {10, 200, 25.9F, 26};
  const float spread[] = {1, 60, 12, 1.9F};
  for (std::size_t i = 0; i < 4; ++i) {
    series.frames[i].facts.luma_p90 = brightest[i];
    series.frames[i].facts.spread = spread[i];
  }
  EXPECT_DOUBLE_EQ(value(kBlack, series), 0.5);
  EXPECT_DOUBLE_EQ(value(kBlank, series), 0.5);
  EXPECT_FALSE(measure_of(kBlack, made_series(0)).value);
}

TEST(BlackAndBlank, TellBlackFromGrey) {
  const auto flat = [](std::uint8_t level) {
    return seen_of(2, [=](int) {
      media::Image image(64, 48);
      std::ranges::fill(image.rgb, level);
      return image;
    });
  };
  EXPECT_DOUBLE_EQ(value(kBlack, flat(0)), 1);
  EXPECT_DOUBLE_EQ(value(kBlank, flat(0)), 1);
  EXPECT_DOUBLE_EQ(value(kBlack, flat(120)), 0);
  EXPECT_DOUBLE_EQ(value(kBlank, flat(120)), 1);
}

// Rows of bars above and below, columns at the left and the right.
Series boxed(int top, int bottom, int left, int right, int frames = 12) {
  return seen_of(frames, [=](int n) {
    media::Image image = panned(n, 200, 160);
    for (int y = 0; y < image.height; ++y) {
      for (int x = 0; x < image.width; ++x) {
        if (y >= top && y < image.height - bottom && x >= left && x < image.width - right) continue;
        for (int c = 0; c < 3; ++c) image.row(y)[3 * x + c] = 0;
      }
    }
    return image;
  });
}

TEST(Letterbox, IsTheShareThatBarsCover) {
  EXPECT_DOUBLE_EQ(value(kLetterbox, boxed(0, 0, 0, 0)), 0);
  // By hand: 40 of 160 rows; with 20 of 200 columns more 1 − 0.75 · 0.9.
  EXPECT_NEAR(value(kLetterbox, boxed(16, 24, 0, 0)), 0.25, 1e-6);
  EXPECT_NEAR(value(kLetterbox, boxed(16, 24, 12, 8)), 0.325, 1e-6);
  const Measure measure = measure_of(kLetterbox, boxed(16, 24, 0, 0));
  EXPECT_THAT(measure.detail,
              testing::Contains(testing::Pair("top", testing::DoubleNear(0.1, 1e-6))));
}

TEST(Letterbox, StaysForTheWholeClip) {
  // A sky that is black now and then, and ends here and there, is no bar.
  const Series night = seen_of(12, [](int n) {
    media::Image image = panned(n, 200, 160);
    for (int y = 0; y < 10 + 7 * (n % 5); ++y) std::fill_n(image.row(y), 600, std::uint8_t{0});
    return image;
  });
  EXPECT_DOUBLE_EQ(value(kLetterbox, night), 0);
  const Series black = seen_of(3, [](int) { return media::Image(64, 48); });
  EXPECT_FALSE(measure_of(kLetterbox, black).value);
}

}  // namespace
}  // namespace videogen::coherence
