// Sums over the blocks of a picture, gathered row by row.
//
// Columns are summed first, each by itself: that runs on the vector units of a CPU, where a sum
// along a row must keep its order.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "coherence/match.h"

namespace videogen::coherence {

template <std::size_t Count>
class BlockSums {
 public:
  explicit BlockSums(const BlockGrid& grid) : grid_(grid) {
    for (auto& row : columns_) row.assign(grid.column_of().size(), 0);
    for (auto& one : sums_) one.assign(std::size_t(grid.count()), 0);
  }

  // One sum a pixel of the row; a caller adds to what lies there.
  [[nodiscard]] float* columns(std::size_t k) { return columns_[k].data(); }

  // Row y of `height` has been added.
  void end_row(int y, int height) {
    if (y + 1 < height && grid_.row_of(y + 1) == grid_.row_of(y)) return;
    const std::vector<int>& column_of = grid_.column_of();
    const std::size_t row = std::size_t(grid_.row_of(y)) * std::size_t(grid_.columns);
    for (std::size_t k = 0; k < Count; ++k) {
      float* sums = sums_[k].data() + row;
      for (std::size_t x = 0; x < column_of.size(); ++x) {
        sums[column_of[x]] += columns_[k][x];
        columns_[k][x] = 0;
      }
    }
  }

  // [blocks]
  [[nodiscard]] const std::vector<float>& of(std::size_t k) const { return sums_[k]; }

 private:
  const BlockGrid& grid_;
  std::array<std::vector<float>, Count> columns_;
  std::array<std::vector<float>, Count> sums_;
};

}  // namespace videogen::coherence
