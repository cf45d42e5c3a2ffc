#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/simd.h"
#include "embed/tensor_internal.h"

namespace videogen::embed {
namespace {

template <class T>
T load(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

float element(ElementType type, const std::byte* from) {
  switch (type) {
    case ElementType::f32:
      return load<float>(from);
    case ElementType::f16:
      return from_float16(load<std::uint16_t>(from));
    case ElementType::bf16:
      return from_bfloat16(load<std::uint16_t>(from));
    case ElementType::other:
      break;
  }
  broken_invariant("type != other", "only float tensors have elements");
}

bool is_row_major(const TensorView& tensor) {
  const Shape dense = row_major_strides(tensor.shape);
  for (std::size_t axis = 0; axis < tensor.shape.size(); ++axis) {
    if (tensor.shape[axis] != 1 && tensor.strides[axis] != dense[axis]) return false;
  }
  return true;
}

// Any order of axes; the innermost one is walked in a plain loop.
void gather(const TensorView& tensor, std::vector<float>& out) {
  const std::size_t size = element_bytes(tensor.type);
  const std::size_t rank = tensor.shape.size();
  Shape index(rank, 0);
  std::int64_t offset = 0;
  for (float& value : out) {
    value = element(tensor.type, tensor.storage.data() + static_cast<std::size_t>(offset) * size);
    for (std::size_t axis = rank; axis-- > 0;) {
      offset += tensor.strides[axis];
      if (++index[axis] < tensor.shape[axis]) break;
      offset -= tensor.strides[axis] * tensor.shape[axis];
      index[axis] = 0;
    }
  }
}

// Counts instead of stopping early, so that it runs at the speed of memory.
VIDEOGEN_SIMD bool any_non_finite(const float* values, std::size_t count) {
  std::uint32_t found = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t exponent = std::bit_cast<std::uint32_t>(values[i]) & 0x7f800000U;
    found |= exponent == 0x7f800000U ? 1U : 0U;
  }
  return found != 0;
}

}  // namespace

std::string to_string(const Shape& shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

Shape row_major_strides(const Shape& shape) {
  Shape strides(shape.size(), 1);
  for (std::size_t axis = shape.size(); axis-- > 1;) {
    // An axis of length 0 has no elements to step over; any stride does.
    strides[axis - 1] = strides[axis] * std::max<std::int64_t>(shape[axis], 1);
  }
  return strides;
}

std::size_t element_bytes(ElementType type) {
  switch (type) {
    case ElementType::f32:
      return 4;
    case ElementType::f16:
    case ElementType::bf16:
      return 2;
    case ElementType::other:
      break;
  }
  return 0;
}

std::vector<float> to_floats(const TensorView& tensor) {
  std::size_t count = 1;
  for (const std::int64_t length : tensor.shape) count *= static_cast<std::size_t>(length);
  std::vector<float> out(count);
  if (count == 0) return out;
  if (!is_row_major(tensor)) {
    gather(tensor, out);
  } else if (tensor.type == ElementType::f32) {
    std::memcpy(out.data(), tensor.storage.data(), count * sizeof(float));
  } else {
    const std::size_t size = element_bytes(tensor.type);
    for (std::size_t i = 0; i < count; ++i) {
      out[i] = element(tensor.type, tensor.storage.data() + i * size);
    }
  }
  return out;
}

std::uint16_t to_bfloat16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if (std::isnan(value)) return static_cast<std::uint16_t>((bits >> 16) | 0x40U);
  return static_cast<std::uint16_t>((bits + 0x7fffU + ((bits >> 16) & 1U)) >> 16);
}

float from_bfloat16(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

float from_float16(std::uint16_t bits) {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000U) << 16;
  const std::uint32_t exponent = (bits >> 10) & 0x1fU;
  const std::uint32_t fraction = bits & 0x3ffU;
  if (exponent == 0) {  // zero and subnormals: fraction · 2⁻²⁴, exact in float32
    const float magnitude = std::ldexp(static_cast<float>(fraction), -24);
    return sign != 0 ? -magnitude : magnitude;
  }
  const std::uint32_t wide = exponent == 31 ? 255U : exponent + 112U;
  return std::bit_cast<float>(sign | (wide << 23) | (fraction << 13));
}

std::size_t first_non_finite(std::span<const float> values) {
  if (!any_non_finite(values.data(), values.size())) return values.size();
  std::size_t i = 0;
  while (std::isfinite(values[i])) ++i;
  return i;
}

}  // namespace videogen::embed
