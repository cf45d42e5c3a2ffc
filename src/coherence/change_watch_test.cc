#include "coherence/change_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace videogen::coherence {
namespace {

using ::testing::SizeIs;

constexpr int kColumns = 6, kRows = 4;

// A map at a tenth of a second's number, all features of all blocks the same.
ChangeMap map_at(int tenth, float value) {
  ChangeMap map;
  map.first = std::size_t(tenth);
  map.last = std::size_t(tenth + 4);
  map.first_s = 0.1 * tenth;
  map.last_s = 0.1 * tenth + 0.4;
  map.columns = kColumns;
  map.rows = kRows;
  map.values.assign(kBlockFeatures * map.blocks(), value);
  map.pair.fill(0.5F);
  return map;
}

TEST(ChangeWatch, ShowsWhatIsBeforeAndAfterWithoutSharedMoments) {
  std::deque<ChangeMap> maps;
  for (int tenth = 0; tenth < 20; ++tenth) maps.push_back(map_at(tenth, float(tenth)));
  const Planes planes = planes_of(maps[10], maps);
  EXPECT_EQ(planes.columns, kColumns);
  EXPECT_EQ(planes.rows, kRows);
  ASSERT_THAT(planes.values, SizeIs(kPlanes * kColumns * kRows));
  EXPECT_EQ(planes.values[0], 10);
  EXPECT_EQ(planes.values[kBlockFeatures], 6);       // ends when it begins
  EXPECT_EQ(planes.values[2 * kBlockFeatures], 14);  // begins when it ends
  // Sixty of a hundred of {0…6, 14…19} lie under the eighth of its thirteen.
  EXPECT_NEAR(planes.values[3 * kBlockFeatures], 14.2F, 0.5F);
  EXPECT_EQ(planes.values[3 * kBlockFeatures + 2], 0.5F);
  EXPECT_EQ(planes.values[kPlanes - 2], 1);
  EXPECT_EQ(planes.values[kPlanes - 1], 1);
}

TEST(ChangeWatch, ShowsAMapItselfWhereThereIsNothingBesideIt) {
  const std::deque<ChangeMap> alone{map_at(0, 3)};
  const Planes planes = planes_of(alone[0], alone);
  EXPECT_EQ(planes.values[kBlockFeatures], 3);
  EXPECT_EQ(planes.values[2 * kBlockFeatures], 3);
  EXPECT_EQ(planes.values[3 * kBlockFeatures], 3);
  EXPECT_EQ(planes.values[kPlanes - 2], 0);
  EXPECT_EQ(planes.values[kPlanes - 1], 0);
}

// The logit of a block is its first feature, which may be large.
ChangeNetwork first_sign() {
  std::vector<float> weights(kPlanes, 0);
  weights[0] = 10;
  return {.mean = std::vector<float>(kPlanes, 0),
          .deviation = std::vector<float>(kPlanes, 10),
          .members = {
              {{.side = 1, .inputs = kPlanes, .outputs = 1, .weights = weights, .biases = {0}}}}};
}

TEST(ChangeWatch, GivesTheWorstPlaceOfEachMapAndWhatItsNeighboursSayOfIt) {
  const ChangeNetwork network = first_sign();
  ChangeWatch watch(network);
  std::vector<Change> changes;
  constexpr int kMaps = 60;
  for (int tenth = 0; tenth < kMaps; ++tenth) {
    ChangeMap map = map_at(tenth, 0);
    // In the middle of the clip, 3×3 blocks around column 3, row 2.
    if (tenth == 30 || tenth == 31)
      for (const int y : {1, 2, 3})
        for (const int x : {2, 3, 4})
          map.values[std::size_t(y * kColumns + x)] = tenth == 30 ? 9.0F : 4.0F;
    watch.add(std::move(map), changes);
  }
  watch.finish(changes);
  ASSERT_THAT(changes, SizeIs(kMaps));
  for (int tenth = 0; tenth < kMaps; ++tenth)
    EXPECT_EQ(changes[std::size_t(tenth)].first, std::size_t(tenth));
  const Change& change = changes[30];
  EXPECT_FLOAT_EQ(change.column, 3.5F / kColumns);
  EXPECT_FLOAT_EQ(change.row, 2.5F / kRows);
  EXPECT_FLOAT_EQ(change.logit, 9);
  EXPECT_FLOAT_EQ(change.support, 4);
  EXPECT_FLOAT_EQ(changes[31].support, 9);
  EXPECT_FLOAT_EQ(changes[20].logit, 0);
}

}  // namespace
}  // namespace videogen::coherence
