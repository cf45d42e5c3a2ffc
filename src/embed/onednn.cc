#include <cstddef>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "embed/onednn_internal.h"

namespace videogen::embed::onednn {
namespace {

using Tag = dnnl::memory::format_tag;

bool has(dnnl::cpu_isa isa) {
  const auto wanted = static_cast<unsigned>(isa);
  return (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & wanted) == wanted;
}

bool products_are_convolutions() { return !has(dnnl::cpu_isa::avx512_core); }

dnnl::primitive_attr product_attributes(Epilogue epilogue) {
  dnnl::primitive_attr attributes = onednn::attributes();
  dnnl::post_ops post;
  switch (epilogue) {
    case Epilogue::none:
      return attributes;
    case Epilogue::add_to_result:
      post.append_sum(1.0F);
      break;
    case Epilogue::quick_gelu:
      post.append_eltwise(1.0F, dnnl::algorithm::eltwise_swish, 1.702F, 0.0F);
      break;
    case Epilogue::gelu:
      post.append_eltwise(1.0F, dnnl::algorithm::eltwise_gelu_erf, 0.0F, 0.0F);
      break;
  }
  attributes.set_post_ops(post);
  return attributes;
}

}  // namespace

const dnnl::engine& cpu() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

bool has_bfloat16() { return has(dnnl::cpu_isa::avx512_core_bf16); }

std::string identity() {
  const dnnl_version_t* version = dnnl_version();
  return fmt::format("oneDNN {}.{}.{} {}, instruction set 0x{:x}", version->major, version->minor,
                     version->patch, version->hash,
                     static_cast<unsigned>(dnnl::get_effective_cpu_isa()));
}

std::string to_string(const Desc& desc) {
  const dnnl_memory_desc_t& d = desc.data;
  const dnnl_blocking_desc_t& b = d.format_desc.blocking;
  const auto rank = static_cast<std::size_t>(d.ndims);
  const auto blocks = static_cast<std::size_t>(b.inner_nblks);
  const auto list = [](const dnnl_dim_t* values, std::size_t count) {
    return fmt::join(values, values + count, ",");
  };
  return fmt::format("{}:{}:{}+{}:{}:{}:{}:{}:{}:{}", static_cast<int>(d.data_type),
                     static_cast<int>(d.format_kind), list(d.dims, rank), list(d.padded_dims, rank),
                     list(d.padded_offsets, rank), d.offset0, list(b.strides, rank),
                     list(b.inner_blks, blocks), list(b.inner_idxs, blocks), d.extra.flags);
}

Desc dense(const Dims& dims, Type type) {
  Dims strides(dims.size(), 1);
  for (std::size_t axis = dims.size(); axis-- > 1;) {
    strides[axis - 1] = strides[axis] * dims[axis];
  }
  return {dims, type, strides};
}

dnnl::primitive_attr attributes() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

Epilogue epilogue(Activation activation) {
  return activation == Activation::gelu ? Epilogue::gelu : Epilogue::quick_gelu;
}

Product::Product(const ProductShape& shape, const Desc* packed) {
  if (products_are_convolutions()) {
    make_convolution(shape, packed);
  } else {
    make_matmul(shape, packed);
  }
}

Desc Product::plain_weights(std::int64_t outputs, std::int64_t inputs) {
  if (products_are_convolutions()) return {{outputs, inputs, 1, 1}, Type::f32, Tag::oihw};
  return {{inputs, outputs}, Type::f32, Tag::ba};
}

Desc Product::plain_bias(std::int64_t outputs) {
  if (products_are_convolutions()) return {{outputs}, Type::f32, Tag::a};
  return {{1, outputs}, Type::f32, Tag::ab};
}

void Product::make_convolution(const ProductShape& shape, const Desc* packed) {
  source_ = Desc({1, shape.inputs, 1, shape.rows}, shape.type, Tag::nhwc);
  result_ = Desc({1, shape.outputs, 1, shape.rows}, shape.result, Tag::nhwc);
  const Desc any({shape.outputs, shape.inputs, 1, 1}, shape.type, Tag::any);
  const Desc& weights = packed != nullptr ? *packed : any;
  if (shape.bias) bias_ = plain_bias(shape.outputs);
  const dnnl::convolution_forward::desc operation(dnnl::prop_kind::forward_inference,
                                                  dnnl::algorithm::convolution_direct, source_,
                                                  weights, bias_, result_, {1, 1}, {0, 0}, {0, 0});
  const dnnl::convolution_forward::primitive_desc chosen(operation,
                                                         product_attributes(shape.epilogue), cpu());
  weights_ = chosen.weights_desc();
  scratch_ = chosen.scratchpad_desc();
  implementation_ = chosen.impl_info_str();
  primitive_ = dnnl::convolution_forward(chosen);
}

void Product::make_matmul(const ProductShape& shape, const Desc* packed) {
  source_ = Desc({shape.rows, shape.inputs}, shape.type, Tag::ab);
  result_ = Desc({shape.rows, shape.outputs}, shape.result, Tag::ab);
  const Desc any({shape.inputs, shape.outputs}, shape.type, Tag::any);
  const Desc& weights = packed != nullptr ? *packed : any;
  if (shape.bias) bias_ = plain_bias(shape.outputs);
  const auto operation = shape.bias ? dnnl::matmul::desc(source_, weights, bias_, result_)
                                    : dnnl::matmul::desc(source_, weights, result_);
  const dnnl::matmul::primitive_desc chosen(operation, product_attributes(shape.epilogue), cpu());
  weights_ = chosen.weights_desc();
  scratch_ = chosen.scratchpad_desc();
  implementation_ = chosen.impl_info_str();
  primitive_ = dnnl::matmul(chosen);
}

}  // namespace videogen::embed::onednn
