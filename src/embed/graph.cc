#include "embed/graph_internal.h"

#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace videogen::embed {
namespace {

using onednn::Desc;
using onednn::Type;

std::size_t type_bytes(const Desc& desc) { return dnnl::memory::data_type_size(desc.data_type()); }

}  // namespace

Graph::Graph() : stream_(onednn::cpu()) {}

Graph::Memory Graph::buffer(const Desc& desc) {
  Memory memory(desc, onednn::cpu());
  std::memset(memory.get_data_handle(), 0, desc.get_size());
  buffers_.push_back(memory);
  return memory;
}

Graph::Memory Graph::view(const Memory& memory, const Desc& desc, std::int64_t offset) {
  auto* begin = static_cast<std::byte*>(memory.get_data_handle());
  return {desc, onednn::cpu(), begin + offset * static_cast<std::int64_t>(type_bytes(desc))};
}

void Graph::product(const onednn::ProductShape& shape, const Memory& source, const Memory& weights,
                    const Memory* bias, const Memory& result) {
  const Desc packed = weights.get_desc();
  const onednn::Product product(shape, &packed);
  Arguments arguments{{DNNL_ARG_SRC, view(source, product.source())},
                      {DNNL_ARG_WEIGHTS, weights},
                      {DNNL_ARG_DST, view(result, product.result())}};
  if (bias != nullptr) arguments.emplace(DNNL_ARG_BIAS, view(*bias, product.bias()));
  add(product.primitive(), std::move(arguments), product.scratch());
}

void Graph::layer_norm(const Memory& source, const Memory& result, const Memory& scale,
                       const Memory& shift, float epsilon) {
  using Flags = dnnl::normalization_flags;
  const dnnl::layer_normalization_forward::desc operation(dnnl::prop_kind::forward_inference,
                                                          source.get_desc(), epsilon,
                                                          Flags::use_scale | Flags::use_shift);
  const dnnl::layer_normalization_forward::primitive_desc chosen(operation, onednn::attributes(),
                                                                 onednn::cpu());
  add(dnnl::layer_normalization_forward(chosen),
      {{DNNL_ARG_SRC, source},
       {DNNL_ARG_DST, result},
       {DNNL_ARG_SCALE, scale},
       {DNNL_ARG_SHIFT, shift}},
      chosen.scratchpad_desc());
}

void Graph::matmul(const Memory& a, const Memory& b, const Memory& result, Result mode) {
  dnnl::primitive_attr attributes = onednn::attributes();
  if (mode == Result::accumulate) {
    dnnl::post_ops post;
    post.append_sum(1.0F);
    attributes.set_post_ops(post);
  }
  const dnnl::matmul::desc operation(a.get_desc(), b.get_desc(), result.get_desc());
  const dnnl::matmul::primitive_desc chosen(operation, attributes, onednn::cpu());
  add(dnnl::matmul(chosen), {{DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_DST, result}},
      chosen.scratchpad_desc());
}

void Graph::softmax(const Memory& memory) {
  const Desc desc = memory.get_desc();
  const dnnl::softmax_forward::desc operation(dnnl::prop_kind::forward_inference, desc,
                                              desc.data.ndims - 1);
  const dnnl::softmax_forward::primitive_desc chosen(operation, onednn::attributes(),
                                                     onednn::cpu());
  add(dnnl::softmax_forward(chosen), {{DNNL_ARG_SRC, memory}, {DNNL_ARG_DST, memory}},
      chosen.scratchpad_desc());
}

void Graph::copy(const Memory& from, const Memory& to) {
  const dnnl::reorder::primitive_desc chosen(onednn::cpu(), from.get_desc(), onednn::cpu(),
                                             to.get_desc(), onednn::attributes());
  add(dnnl::reorder(chosen), {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}}, chosen.scratchpad_desc());
}

Graph::Memory Graph::as(Type type, const Memory& source) {
  const Desc desc = source.get_desc();
  if (desc.data_type() == type) return source;
  Memory converted = buffer(onednn::dense(desc.dims(), type));
  copy(source, converted);
  return converted;
}

void Graph::add(dnnl::primitive primitive, Arguments arguments, const Desc& scratch) {
  const std::size_t needed = scratch.get_size();
  if (needed > 0) {
    const bool grows = !scratch_ || scratch_.get_desc().get_size() < needed;
    if (grows) {
      scratch_ = Memory(scratch, onednn::cpu());
      for (Step& step : steps_) {
        const auto found = step.arguments.find(DNNL_ARG_SCRATCHPAD);
        if (found != step.arguments.end()) {
          found->second = view(scratch_, found->second.get_desc());
        }
      }
    }
    arguments.emplace(DNNL_ARG_SCRATCHPAD, view(scratch_, scratch));
  }
  steps_.push_back({std::move(primitive), std::move(arguments)});
}

Status Graph::run(const std::stop_token& stop) {
  try {
    for (const Step& step : steps_) {
      if (stop.stop_requested()) {
        stream_.wait();
        return fail(ErrorCode::interrupted, "interrupted while embedding");
      }
      step.primitive.execute(stream_, step.arguments);
    }
    stream_.wait();
  } catch (const dnnl::error& error) {
    return fail(ErrorCode::internal, fmt::format("oneDNN failed: {}", error.what()));
  }
  return {};
}

}  // namespace videogen::embed
