#include "coherence/morph_model.h"

#include <algorithm>
#include <vector>

#include "base/error.h"

namespace videogen::coherence {
namespace {

std::vector<float> through(const MorphLayer& layer, const std::vector<float>& inputs) {
  VIDEOGEN_CHECK(inputs.size() == layer.inputs &&
                     layer.weights.size() == layer.inputs * layer.outputs &&
                     layer.biases.size() == layer.outputs,
                 "a layer fits what it gets");
  std::vector<float> outputs(layer.biases.begin(), layer.biases.end());
  for (std::size_t i = 0; i < layer.inputs; ++i) {
    for (std::size_t o = 0; o < layer.outputs; ++o)
      outputs[o] += inputs[i] * layer.weights[i * layer.outputs + o];
  }
  return outputs;
}

}  // namespace

float morph_logit(const MorphModel& model, const std::array<float, kChangeFeatures>& features) {
  std::vector<float> normal(features.size());
  for (std::size_t i = 0; i < features.size(); ++i)
    normal[i] = (features[i] - model.mean[i]) / model.deviation[i];
  float sum = 0;
  for (const auto& network : model.networks) {
    std::vector<float> values = normal;
    for (std::size_t l = 0; l < network.size(); ++l) {
      values = through(network[l], values);
      if (l + 1 == network.size()) break;
      for (float& value : values) value = std::max(0.0F, value);
    }
    sum += values.front();
  }
  return sum / float(model.networks.size());
}

}  // namespace videogen::coherence
