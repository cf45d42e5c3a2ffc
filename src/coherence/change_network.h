// The network that weighs a ChangeMap: small convolutions over the grid of blocks, learned from
// morphs that the program plants (eval/fit.py).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace videogen::coherence {

// What the network sees of one pair of frames.
struct Planes {
  int columns = 1, rows = 1;
  std::vector<float> values;  // [rows, columns, planes]
};

struct ChangeLayer {
  int side = 1;  // of the square of blocks that it looks at: 1 or 3
  std::size_t inputs = 0, outputs = 0;
  std::vector<float> weights;  // [side, side, inputs, outputs]
  std::vector<float> biases;   // [outputs]
};

struct ChangeNetwork {
  std::vector<float> mean, deviation;             // of each plane, over clean footage
  std::vector<std::vector<ChangeLayer>> members;  // rectified between layers; one output

  // Mean logit of the members for each block, [rows, columns]: above 0, damage is more likely
  // than not among the blocks that it was trained on.
  [[nodiscard]] std::vector<float> logits(const Planes& planes) const;
};

}  // namespace videogen::coherence
