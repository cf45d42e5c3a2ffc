// A tensor as it lies in a file of weights, before anybody has trusted it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"

namespace videogen::embed {

enum class ElementType { f32, f16, bf16, other };

using Shape = std::vector<std::int64_t>;

// "[768, 3, 32, 32]"
[[nodiscard]] std::string to_string(const Shape& shape);

// Bytes of one element; 0 for other.
[[nodiscard]] std::size_t element_bytes(ElementType type);

// Strides, in elements, of a dense tensor.
[[nodiscard]] Shape row_major_strides(const Shape& shape);

// A view of `storage`, which begins at the tensor's first element and holds every element
// that shape and strides (counted in elements) can reach.
struct TensorView {
  ElementType type = ElementType::other;
  Shape shape;
  Shape strides;
  std::span<const std::byte> storage;
};

// The elements in row-major order as float32.
[[nodiscard]] std::vector<float> to_floats(const TensorView& tensor);

// Bits of float32 ↔ bfloat16 (rounded to nearest, ties to even; NaN stays NaN).
[[nodiscard]] std::uint16_t to_bfloat16(float value);
[[nodiscard]] float from_bfloat16(std::uint16_t bits);
[[nodiscard]] float from_float16(std::uint16_t bits);

// Where the first infinity or NaN is; values.size() if there is none.
[[nodiscard]] std::size_t first_non_finite(std::span<const float> values);

}  // namespace videogen::embed
