// The classifier behind detect_morph: a few small networks that weigh the features of a
// Change. Their weights are learned from morphs that the program plants (eval/train_morph.py
// writes morph_weights.cc).
#pragma once

#include <span>

#include "coherence/change_map.h"

namespace videogen::coherence {

// [inputs, outputs] row after row, and [outputs].
struct MorphLayer {
  std::size_t inputs = 0, outputs = 0;
  std::span<const float> weights, biases;
};
struct MorphModel {
  std::span<const float> mean, deviation;                 // of each feature, over clean footage
  std::span<const std::span<const MorphLayer>> networks;  // rectified between layers
};
// In morph_weights.cc.
[[nodiscard]] const MorphModel& morph_model();

// Mean logit of the networks: above 0, a change is more likely damage than not.
[[nodiscard]] float morph_logit(const MorphModel& model,
                                const std::array<float, kChangeFeatures>& features);

}  // namespace videogen::coherence
