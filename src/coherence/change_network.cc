#include "coherence/change_network.h"

#include <algorithm>

#include "base/error.h"
#include "base/simd.h"

namespace videogen::coherence {
namespace {

// What is further from clean footage than anything that was learned from says no more.
constexpr float kMostDeviations = 4;

// sums[o] += x[i] · weights[i, o]
VIDEOGEN_SIMD void accumulate(const float* x, std::size_t inputs, const float* weights,
                              std::size_t outputs, float* sums) {
  for (std::size_t i = 0; i < inputs; ++i) {
    const float value = x[i];
    const float* row = weights + i * outputs;
    for (std::size_t o = 0; o < outputs; ++o) sums[o] += value * row[o];
  }
}

// Beyond the border of the picture there is nothing.
std::vector<float> apply(const ChangeLayer& layer, const std::vector<float>& in, int columns,
                         int rows) {
  const int reach = layer.side / 2;
  const std::size_t plane = layer.inputs * layer.outputs;
  std::vector<float> out(std::size_t(columns) * std::size_t(rows) * layer.outputs);
  for (int y = 0; y < rows; ++y) {
    for (int x = 0; x < columns; ++x) {
      float* sums = out.data() + std::size_t(y * columns + x) * layer.outputs;
      std::ranges::copy(layer.biases, sums);
      for (int v = std::max(0, y - reach); v <= std::min(rows - 1, y + reach); ++v) {
        for (int u = std::max(0, x - reach); u <= std::min(columns - 1, x + reach); ++u) {
          const int tap = (v - y + reach) * layer.side + (u - x + reach);
          accumulate(in.data() + std::size_t(v * columns + u) * layer.inputs, layer.inputs,
                     layer.weights.data() + std::size_t(tap) * plane, layer.outputs, sums);
        }
      }
    }
  }
  return out;
}

}  // namespace

std::vector<float> ChangeNetwork::logits(const Planes& planes) const {
  const std::size_t blocks = std::size_t(planes.columns) * std::size_t(planes.rows);
  VIDEOGEN_CHECK(planes.values.size() == blocks * mean.size(), "a plane for each mean");
  std::vector<float> normal(planes.values.size());
  for (std::size_t i = 0; i < normal.size(); ++i) {
    const std::size_t plane = i % mean.size();
    normal[i] = std::clamp((planes.values[i] - mean[plane]) / deviation[plane], -kMostDeviations,
                           kMostDeviations);
  }
  std::vector<float> sums(blocks, 0);
  for (const std::vector<ChangeLayer>& member : members) {
    std::vector<float> values = normal;
    for (std::size_t l = 0; l < member.size(); ++l) {
      values = apply(member[l], values, planes.columns, planes.rows);
      if (l + 1 < member.size())
        std::ranges::for_each(values, [](float& x) { x = std::max(0.0F, x); });
    }
    for (std::size_t i = 0; i < blocks; ++i) sums[i] += values[i];
  }
  for (float& sum : sums) sum /= float(members.size());
  return sums;
}

}  // namespace videogen::coherence
