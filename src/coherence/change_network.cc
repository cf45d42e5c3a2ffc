#include "coherence/change_network.h"

#include <algorithm>

#include "base/error.h"
#include "base/simd.h"

namespace videogen::coherence {
namespace {

// What is further from clean footage than anything that was learned from says no more.
constexpr float kMostDeviations = 4;

// out[y, x, o] = bias[o] + Σ in[y + v, x + u, i] · weights[v, u, i, o]; beyond the border of the
// picture there is nothing.
VIDEOGEN_SIMD void convolve(const ChangeLayer& layer, const float* in, int columns, int rows,
                            float* out) {
  const int reach = layer.side / 2;
  const std::size_t inputs = layer.inputs;
  const std::size_t outputs = layer.outputs;
  for (int y = 0; y < rows; ++y) {
    for (int x = 0; x < columns; ++x) {
      float* sums = out + std::size_t(y * columns + x) * outputs;
      for (std::size_t o = 0; o < outputs; ++o) sums[o] = layer.biases[o];
      for (int v = std::max(0, y - reach); v <= std::min(rows - 1, y + reach); ++v) {
        for (int u = std::max(0, x - reach); u <= std::min(columns - 1, x + reach); ++u) {
          const int tap = (v - y + reach) * layer.side + (u - x + reach);
          const float* values = in + std::size_t(v * columns + u) * inputs;
          const float* weights = layer.weights.data() + std::size_t(tap) * inputs * outputs;
          for (std::size_t i = 0; i < inputs; ++i, weights += outputs) {
            const float value = values[i];
            for (std::size_t o = 0; o < outputs; ++o) sums[o] += value * weights[o];
          }
        }
      }
    }
  }
}

std::vector<float> apply(const ChangeLayer& layer, const std::vector<float>& in, int columns,
                         int rows) {
  std::vector<float> out(std::size_t(columns) * std::size_t(rows) * layer.outputs);
  convolve(layer, in.data(), columns, rows, out.data());
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
