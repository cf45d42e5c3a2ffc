#include "coherence/transitions.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coherence/events.h"
#include "coherence/frame_analyser.h"

namespace videogen::coherence {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int kWidth = 160, kHeight = 120, kFrames = 72;  // three seconds

// Two unlike textures, each panning slowly its own way.
double shot(int which, int x, int y, int frame) {
  const double u = which == 0 ? x + 0.2 * frame : 0.9 * x + 0.8 * y - 0.25 * frame + 400;
  const double v = which == 0 ? y : 0.7 * x - y + 90;
  return 125 + 35 * std::sin(0.21 * u + 0.05 * v) + 30 * std::sin(0.17 * v + 0.003 * u) +
         25 * std::sin(0.09 * u - 0.13 * v);
}

Series film(const std::function<double(int x, int y, int frame)>& level) {
  FrameAnalyser analyser({.threads = 2});
  for (int n = 0; n < kFrames; ++n) {
    media::Image image(kWidth, kHeight);
    for (int y = 0; y < kHeight; ++y) {
      for (int x = 0; x < kWidth; ++x) {
        const double value = std::clamp(level(x, y, n), 0.0, 255.0);
        for (int c = 0; c < 3; ++c)
          image.row(y)[3 * x + c] = static_cast<std::uint8_t>(std::lround(value));
      }
    }
    EXPECT_TRUE(analyser.push(image, n, n / 24.0, {}));
  }
  return analyser.finish({}).value();
}

double ramp(int frame, int begin, int end) {
  return std::clamp(double(frame - begin) / (end - begin), 0.0, 1.0);
}

TEST(Transitions, NameADissolveAndItsTimes) {
  const Series series = film([](int x, int y, int n) {
    const double way = ramp(n, 30, 54);
    return (1 - way) * shot(0, x, y, n) + way * shot(1, x, y, n);
  });
  const auto found = find_transitions(series);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].kind, "dissolve");
  EXPECT_NEAR(series.frames[found[0].first].time_s, 30 / 24.0, 0.25);
  EXPECT_NEAR(series.frames[found[0].last].time_s, 54 / 24.0, 0.25);
  EXPECT_GT(found[0].score, 0.5);
  // It is one thing, not a melt, a cut and a jump as well.
  const Verdicts verdicts = find_events(series);
  ASSERT_THAT(verdicts.events, SizeIs(1));
  EXPECT_EQ(sentence(verdicts.events[0]).substr(0, 32), "the scene dissolves into another");
}

TEST(Transitions, AreNotSeenInPansCutsOrLight) {
  EXPECT_THAT(find_transitions(film([](int x, int y, int n) { return shot(0, x, y, n); })),
              IsEmpty());
  EXPECT_THAT(find_transitions(film([](int x, int y, int n) { return shot(n < 40, x, y, n); })),
              IsEmpty());
  EXPECT_THAT(find_transitions(film([](int x, int y, int n) {
                return shot(0, x, y, n) * (0.5 + 0.5 * ramp(n, 20, 50));
              })),
              IsEmpty());
}

TEST(Transitions, NameFadesInAndOut) {
  const auto found = find_transitions(film([](int x, int y, int n) {
    return shot(0, x, y, n) * std::min(ramp(n, 2, 18), 1 - ramp(n, 50, 68));
  }));
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].kind, "fade");
  EXPECT_EQ(found[0].detail[0].first, "in");
  EXPECT_NEAR(double(found[0].last), 18, 2);
  EXPECT_EQ(found[1].kind, "fade");
  EXPECT_EQ(found[1].detail[0].first, "out");
  EXPECT_NEAR(double(found[1].first), 50, 2);
}

}  // namespace
}  // namespace videogen::coherence
