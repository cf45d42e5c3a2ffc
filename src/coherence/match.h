// How well one frame predicts another along the motion between them.
#pragma once

#include <cstddef>
#include <vector>

#include "coherence/look.h"
#include "motion/flow.h"

namespace videogen::coherence {

// Square blocks of kBlockSide pixels; what is left over at the right and below belongs to the
// last ones.
inline constexpr int kBlockSide = 10;
struct BlockGrid {
  int columns = 1, rows = 1;
  BlockGrid(int width, int height);
  [[nodiscard]] int count() const { return columns * rows; }
  [[nodiscard]] int row_of(int y) const {
    return y / kBlockSide < rows ? y / kBlockSide : rows - 1;
  }
  // Of each pixel of a row.
  [[nodiscard]] const std::vector<int>& column_of() const { return column_of_; }
  [[nodiscard]] std::size_t size() const { return std::size_t(count()); }
  [[nodiscard]] int pixels(int block) const;

 private:
  int height_;
  std::vector<int> column_of_;
};

// Levels are of 255. Only pixels whose source lies inside the picture count.
struct Match {
  float residual = 0;      // mean |frame − prediction| of luma after the fit of gain and offset
  float raw_residual = 0;  // without it
  float quiet_raw = 0;     // 40th percentile of the blocks' raw residuals: most of the picture
  float difference = 0;    // mean |frame − other|, no motion: what a still viewer sees
  float busy_difference = 0;   // the same, mean over the busiest 8 % of blocks
  float correlation = 1;       // of frame and prediction, luma
  float gain = 1, offset = 0;  // frame ≈ gain · prediction + offset, robust over the blocks
  float valid = 1;             // share of pixels that count
  float luma_shift = 0;        // median over blocks of ln((frame + 8) / (prediction + 8))
  float cb_shift = 0, cr_shift = 0;            // median over blocks of the difference
  float luma_scatter = 0, chroma_scatter = 0;  // median absolute deviation of the above
  float motion = 0, motion_p90 = 0;   // length of the flow in pixels: mean, 90th percentile
  std::vector<float> block_residual;  // after the fit, luma plus half the chroma
};

// Predicts `frame` from `other`; `flow` leads from frame to other.
[[nodiscard]] Match match(const Look& frame, const Look& other, const motion::Flow& flow);
// The same for who has the prediction, motion::warp(other.ycc, flow), already.
[[nodiscard]] Match match(const Look& frame, const Look& other, const motion::Flow& flow,
                          const motion::Planes3& predicted);

}  // namespace videogen::coherence
