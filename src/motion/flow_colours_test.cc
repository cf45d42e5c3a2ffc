#include "motion/flow_colours.h"

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace videogen::motion {
namespace {

using ::testing::ElementsAre;

// From flow_vis 0.1 (PyPI), flow_uv_to_colors(u, v): an implementation of its own of the same
// wheel. It rounds in double precision, hence ±1.
TEST(FlowColours, AreThoseOfTheMiddleburyWheel) {
  struct Case {
    float u, v;
    std::array<int, 3> rgb;
  };
  constexpr std::array<Case, 12> kCases{{
      {0, 0, {255, 255, 255}},
      {1, 0, {255, 0, 0}},
      {0, 1, {255, 229, 0}},
      {-1, 0, {0, 209, 255}},
      {0, -1, {88, 0, 255}},
      {0.5F, 0, {255, 127, 127}},
      {0, 0.25F, {255, 248, 191}},
      {-0.3F, 0.4F, {169, 255, 127}},
      {0.6F, -0.6F, {225, 38, 255}},
      {2, 0, {191, 0, 0}},
      {-1.5F, -1.5F, {0, 39, 191}},
      {0.1F, -0.02F, {255, 228, 240}},
  }};
  constexpr float kFull = 8;
  for (const Case& c : kCases) {
    Flow flow(1, 1, 2);
    flow.values = {c.u * kFull, c.v * kFull};
    const media::Image picture = colours_of(flow, kFull);
    for (std::size_t channel = 0; channel < 3; ++channel)
      EXPECT_NEAR(picture.rgb[channel], c.rgb[channel], 1) << c.u << ' ' << c.v;
  }
}

TEST(FlowColours, AreBlackWhereNothingIsKnown) {
  Flow flow(2, 1, 2);
  flow.values = {1, 0, 1, 0};
  EXPECT_THAT(colours_of(flow, 1, std::array<std::uint8_t, 2>{0, 1}).rgb,
              ElementsAre(0, 0, 0, 255, 0, 0));
}

}  // namespace
}  // namespace videogen::motion
