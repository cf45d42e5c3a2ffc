// The samples of one clip by time, into which further ones can be put.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "coherence/report.h"

namespace videogen::coherence {

// Keeps the embeddings: 2 KB a sample.
class Timeline {
 public:
  void add(double time_s, std::span<const float> row);
  // A sample that lies between two that are there.
  void insert(double time_s, std::vector<float> row);

  [[nodiscard]] const std::vector<double>& times_s() const { return times_; }
  // Of neighbours; one fewer than times_s().
  [[nodiscard]] const std::vector<std::optional<double>>& similarities() const {
    return similarities_;
  }

  // Leaves it empty.
  void move_into(Report& report);

 private:
  std::vector<std::vector<float>> rows_;
  std::vector<double> times_;
  std::vector<std::optional<double>> similarities_;
};

}  // namespace videogen::coherence
