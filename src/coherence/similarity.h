// How alike two embeddings are.
#pragma once

#include <optional>
#include <span>

namespace videogen::coherence {

// Cosine of two rows of equal length, -1…1, computed in double: a row with itself is exactly
// 1. nullopt where a row is all zero: it describes nothing, so nothing is like it.
[[nodiscard]] std::optional<double> cosine(std::span<const float> a, std::span<const float> b);

}  // namespace videogen::coherence
