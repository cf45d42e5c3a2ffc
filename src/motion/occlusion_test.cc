#include "motion/occlusion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace videogen::motion {
namespace {

TEST(Occlusion, TrustsAFlowThatLeadsBack) {
  Flow forward(8, 8, 2);
  Flow backward(8, 8, 2);
  for (std::size_t i = 0; i < forward.values.size(); i += 2) {
    forward.values[i] = 2;
    backward.values[i] = -2;
  }
  EXPECT_THAT(trusted(forward, backward), testing::Each(1));
  // By hand: |B + F|² = 1 against 0.01 · (1 + 4) + 0.5 = 0.55.
  for (std::size_t i = 0; i < backward.values.size(); i += 2) backward.values[i] = -1;
  EXPECT_THAT(trusted(forward, backward), testing::Each(0));
  EXPECT_THAT(consistent(forward, backward), testing::Each(0));
}

TEST(Occlusion, MasksTheEdgesOfMotion) {
  Flow forward(4, 1, 2);
  forward.values = {0, 0, 0, 0, 0.1F, 0, 0.1F, 0};
  Flow backward(4, 1, 2);
  // By hand, at the second pixel: 0.1² = 0.01 > 0.01 · 0 + 0.002.
  EXPECT_THAT(trusted(forward, backward), testing::ElementsAre(1, 0, 1, 1));
  EXPECT_THAT(consistent(forward, backward), testing::Each(1));
}

}  // namespace
}  // namespace videogen::motion
