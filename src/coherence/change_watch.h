// Puts change maps into their surroundings in time and gives the places where a clip has most
// likely changed for good.
#pragma once

#include <cstddef>
#include <deque>
#include <vector>

#include "coherence/change_map.h"
#include "coherence/change_network.h"

namespace videogen::coherence {

// One pair of frames and the place in it that looks worst.
struct Change {
  std::size_t first = 0, last = 0;  // places in the series
  float column = 0, row = 0;        // of the block's middle, 0…1
  float logit = 0;                  // of the network, mean over 3×3 blocks
  float support = 0;   // the most that one of the pairs beside it says of the same place
  float residual = 0;  // levels that fail to both sides
  float usual = 0, mixture = 0, apart = 0;  // the pair's PairFeatures of these names
  float failing = 0;  // share of the blocks that fail to both sides by more than 12 levels
  friend bool operator==(const Change&, const Change&) = default;
};

// The planes that the network sees, in their order: kBlockFeatures of the map; kBlockFeatures of
// the one before that shares no moment with it; kBlockFeatures of the one after (its own where
// there is none); what is usual at the place of what fails to both sides and of the steps' peaks
// (60th percentile over 1.7 s); kPairFeatures; whether there is one before, and one after.
inline constexpr std::size_t kPlanes = 3 * kBlockFeatures + 2 + kPairFeatures + 2;

// `map` among those around it, in order of time.
[[nodiscard]] Planes planes_of(const ChangeMap& map, const std::deque<ChangeMap>& around);

// Takes maps in order of time. Keeps those of some seconds.
class ChangeWatch {
 public:
  explicit ChangeWatch(const ChangeNetwork& network) : network_(&network) {}

  void add(ChangeMap map, std::vector<Change>& out);
  void finish(std::vector<Change>& out);

 private:
  // A map's logits, waiting for those after it.
  struct Weighed {
    std::size_t first = 0, last = 0;
    int columns = 1, rows = 1;
    std::vector<float> logits;  // smoothed
    std::vector<float> mutual;
    std::array<float, kPairFeatures> pair{};
    [[nodiscard]] float most_near(int column, int row) const;
  };

  void weigh(const ChangeMap& map, std::vector<Change>& out);
  void conclude(std::vector<Change>& out, std::size_t waiting);

  const ChangeNetwork* network_;
  std::deque<ChangeMap> maps_;
  std::size_t described_ = 0;  // of maps_, from the front
  std::deque<Weighed> weighed_;
  std::size_t concluded_ = 0;  // of weighed_, from the front
};

}  // namespace videogen::coherence
