#include "coherence/change_network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace videogen::coherence {
namespace {

using ::testing::ElementsAre;

TEST(ChangeNetwork, NormalisesItsPlanes) {
  ChangeNetwork network{.mean = {1, 10}, .deviation = {2, 5}, .members = {}};
  network.members = {{{.side = 1, .inputs = 2, .outputs = 1, .weights = {3, 1}, .biases = {0.5F}}}};
  // 3 · (5 − 1) / 2 + (0 − 10) / 5 + ½; then (101 − 1) / 2 is taken for 4 deviations.
  EXPECT_THAT(network.logits({.columns = 2, .rows = 1, .values = {5, 0, 101, 10}}),
              ElementsAre(4.5F, 12.5F));
}

TEST(ChangeNetwork, SeesTheBlocksAroundAndNothingBeyondTheBorder) {
  ChangeNetwork network{.mean = {0}, .deviation = {1}, .members = {}};
  // Weights 1…9 over the square, row by row.
  network.members = {{{.side = 3,
                       .inputs = 1,
                       .outputs = 1,
                       .weights = {1, 2, 3, 4, 5, 6, 7, 8, 9},
                       .biases = {0}}}};
  const auto logits = network.logits({.columns = 3, .rows = 2, .values = {1, 0, 0, 0, 0, 2}});
  // The 1 is seen from (0, 0) as the middle, from (1, 0) as the left, from (0, 1) as the one
  // above, from (1, 1) as the one above to the left; and so on for the 2.
  EXPECT_THAT(logits, ElementsAre(5, 4 + 18, 16, 2, 1 + 12, 10));
}

TEST(ChangeNetwork, RectifiesBetweenLayersAndTakesTheMeanOfItsMembers) {
  ChangeNetwork network{.mean = {0}, .deviation = {1}, .members = {}};
  const ChangeLayer split{
      .side = 1, .inputs = 1, .outputs = 2, .weights = {1, -1}, .biases = {0, 0}};
  const ChangeLayer sum{.side = 1, .inputs = 2, .outputs = 1, .weights = {1, 1}, .biases = {-2}};
  const ChangeLayer constant{.side = 1, .inputs = 1, .outputs = 1, .weights = {0}, .biases = {6}};
  network.members = {{split, sum}, {constant}};
  // |x| − 2, and 6.
  EXPECT_THAT(network.logits({.columns = 2, .rows = 1, .values = {3, -4}}), ElementsAre(3.5F, 4));
}

}  // namespace
}  // namespace videogen::coherence
