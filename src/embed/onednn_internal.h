// oneDNN as this room uses it: one CPU engine, and matrix products with packed weights.
#pragma once

#include <cstdint>
#include <string>

#include <dnnl.hpp>

#include "embed/clip_config_internal.h"

namespace videogen::embed::onednn {

using Desc = dnnl::memory::desc;
using Dims = dnnl::memory::dims;
using Type = dnnl::memory::data_type;

[[nodiscard]] const dnnl::engine& cpu();

// Whether this CPU multiplies bfloat16 in hardware (AVX512-BF16 or AMX).
[[nodiscard]] bool has_bfloat16();

// Version of oneDNN and instruction set in use: packed weights of one are no good to another.
[[nodiscard]] std::string identity();

// Everything that decides where an element lies, as text.
[[nodiscard]] std::string to_string(const Desc& desc);

// Dense row-major memory of these dimensions.
[[nodiscard]] Desc dense(const Dims& dims, Type type);

// Attributes that every primitive here has: its scratch memory comes from the caller, because
// the library's own belongs to the thread that made the primitive.
[[nodiscard]] dnnl::primitive_attr attributes();

// What happens to a product before it is stored.
enum class Epilogue { none, add_to_result, quick_gelu, gelu };
[[nodiscard]] Epilogue epilogue(Activation activation);

// result[rows, outputs] = epilogue(source[rows, inputs] · weights[outputs, inputs]ᵀ + bias)
struct ProductShape {
  std::int64_t rows = 0;
  std::int64_t inputs = 0;
  std::int64_t outputs = 0;
  Type type = Type::f32;    // of source and weights
  Type result = Type::f32;  // add_to_result needs f32
  bool bias = true;         // float32
  Epilogue epilogue = Epilogue::none;
};

// A product in the form that is fastest on this CPU: up to AVX2 oneDNN packs weights only for
// convolutions, so a product is a 1×1 convolution over a picture of `rows` pixels; from
// AVX-512 on it is a matmul.
class Product {
 public:
  // `packed`: layout of weights that are packed already; nullptr lets oneDNN choose.
  // Throws dnnl::error.
  explicit Product(const ProductShape& shape, const Desc* packed = nullptr);

  [[nodiscard]] const dnnl::primitive& primitive() const { return primitive_; }
  [[nodiscard]] const Desc& source() const { return source_; }
  [[nodiscard]] const Desc& weights() const { return weights_; }
  [[nodiscard]] const Desc& bias() const { return bias_; }
  [[nodiscard]] const Desc& result() const { return result_; }
  [[nodiscard]] const Desc& scratch() const { return scratch_; }
  [[nodiscard]] const char* implementation() const { return implementation_.c_str(); }

  // Layout of float32 weights as files have them, [outputs, inputs] row-major, in the
  // dimensions that weights() has: a reorder from this to weights() packs them.
  [[nodiscard]] static Desc plain_weights(std::int64_t outputs, std::int64_t inputs);
  [[nodiscard]] static Desc plain_bias(std::int64_t outputs);

 private:
  void make_convolution(const ProductShape& shape, const Desc* packed);
  void make_matmul(const ProductShape& shape, const Desc* packed);

  dnnl::primitive primitive_;
  Desc source_, weights_, bias_, result_, scratch_;
  std::string implementation_;
};

}  // namespace videogen::embed::onednn
