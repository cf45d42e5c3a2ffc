#include "coherence/frame_analyser.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

namespace videogen::coherence {
namespace {

// Stripes that move; at frame 20 they turn.
media::Image picture(int frame) {
  media::Image image(96, 64);
  const double angle = frame >= 20 ? 1.5 : 0.2;
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      const double along = std::cos(angle) * x + std::sin(angle) * y + frame;
      std::fill_n(image.row(y) + std::ptrdiff_t{3} * x, 3,
                  static_cast<std::uint8_t>(128 + 100 * std::sin(along / 3)));
    }
  }
  return image;
}

void push(FrameAnalyser& analyser, int begin, int end) {
  for (int i = begin; i < end; ++i) ASSERT_TRUE(analyser.push(picture(i), i, i / 25.0, {}));
}

void expect_same_frames(const Series& a, std::size_t a_first, const Series& b, std::size_t count) {
  ASSERT_GE(a.size(), a_first + count);
  ASSERT_GE(b.size(), count);
  for (std::size_t i = 0; i < count; ++i) {
    SCOPED_TRACE(i);
    const std::size_t k = a_first + i;
    EXPECT_EQ(a.frames[k].time_s, b.frames[i].time_s);
    EXPECT_EQ(a.frames[k].facts.luma, b.frames[i].facts.luma);
    EXPECT_EQ(a.steps[k].residual, b.steps[i].residual);
    EXPECT_EQ(a.top_blocks[k], b.top_blocks[i]);
    EXPECT_EQ(a.warp_errors[k], b.warp_errors[i]);
    EXPECT_EQ(a.full_differences[k], b.full_differences[i]);
  }
}

TEST(FrameAnalyser, GivesTheLastPartWhileItGoesOn) {
  FrameAnalyser analyser({.threads = 3});
  push(analyser, 0, 40);
  const auto window = analyser.window(0.799, {});  // frames 20 to 39
  ASSERT_TRUE(window);
  EXPECT_EQ(window->first, 20u);
  ASSERT_EQ(window->series.size(), 20u);
  const auto longer = analyser.window(60, {});
  ASSERT_TRUE(longer);
  EXPECT_EQ(longer->first, 0u);
  EXPECT_EQ(longer->series.size(), 40u);
  push(analyser, 40, 60);
  const auto whole = analyser.finish({});
  ASSERT_TRUE(whole);
  expect_same_frames(*whole, 20, window->series, 20);
  expect_same_frames(*whole, 0, longer->series, 40);
  // The turn stands out, and is bridged long before the window's end.
  ASSERT_TRUE(whole->bridges.contains(20));
  ASSERT_TRUE(longer->series.bridges.contains(20));
  EXPECT_EQ(whole->bridges.at(20)[3]->residual, longer->series.bridges.at(20)[3]->residual);
  EXPECT_FALSE(window->series.bridges.contains(0));  // leads into the window
}

TEST(FrameAnalyser, GivesTheSameWindowWhateverTheThreads) {
  FrameAnalyser one({.threads = 1});
  FrameAnalyser many({.threads = 4});
  push(one, 0, 30);
  push(many, 0, 30);
  const auto a = one.window(10, {});
  const auto b = many.window(10, {});
  ASSERT_TRUE(a && b);
  expect_same_frames(a->series, 0, b->series, 30);
  EXPECT_EQ(a->series.changes, b->series.changes);
}

TEST(FrameAnalyser, GivesAnEmptyWindowOfNothing) {
  FrameAnalyser analyser({.threads = 2});
  const auto empty = analyser.window(10, {});
  ASSERT_TRUE(empty);
  EXPECT_EQ(empty->series.size(), 0u);
}

}  // namespace
}  // namespace videogen::coherence
