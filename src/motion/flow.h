// Dense optical flow: dense inverse search (Kroeger et al. 2016, "Fast Optical Flow using Dense
// Inverse Search"), OpenCV's implementation.
#pragma once

#include <memory>

#include "motion/raster.h"

namespace videogen::motion {

// [height, width, 2]: the point that is seen at (x, y) of the first picture is seen at
// (x + dx, y + dy) of the second; pixels.
using Flow = RasterF;

// Keeps working memory, so each thread brings its own. The flow depends on the two pictures
// only, not on what was estimated before.
class FlowEstimator {
 public:
  FlowEstimator();
  FlowEstimator(FlowEstimator&&) noexcept;
  FlowEstimator& operator=(FlowEstimator&&) noexcept;
  ~FlowEstimator();

  // Both one channel, of one size. Pictures under 16 pixels on a side have no structure to
  // search in: their flow is zero.
  [[nodiscard]] Flow between(const Raster8& first, const Raster8& second);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace videogen::motion
