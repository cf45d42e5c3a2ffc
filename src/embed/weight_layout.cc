#include "embed/weight_layout_internal.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace videogen::embed {
namespace {

std::size_t round_up(std::size_t bytes) {
  return (bytes + kWeightAlignment - 1) / kWeightAlignment * kWeightAlignment;
}

}  // namespace

std::size_t packed_bytes(const WeightLayout::Tensor& tensor) {
  return round_up(tensor.packed.get_size());
}

std::size_t WeightLayout::add(std::string name, onednn::Desc plain, onednn::Desc packed,
                              Load load) {
  tensors_.push_back({std::move(name), plain, packed, std::move(load), bytes_});
  bytes_ += packed_bytes(tensors_.back());
  return tensors_.size() - 1;
}

std::size_t WeightLayout::add_plain(const std::string& name, const Shape& shape) {
  return add_plain(name, shape,
                   [name, shape](const Checkpoint& from) { return from.read(name, shape); });
}

std::size_t WeightLayout::add_plain(std::string name, const Shape& shape, Load load) {
  const onednn::Desc desc = onednn::dense(shape, onednn::Type::f32);
  return add(std::move(name), desc, desc, std::move(load));
}

std::string WeightLayout::description() const {
  std::string text;
  for (const Tensor& tensor : tensors_) {
    text += fmt::format("{} {} {}\n", tensor.offset, tensor.name, onednn::to_string(tensor.packed));
  }
  return text;
}

dnnl::memory WeightLayout::memory(std::size_t index, const std::byte* base) const {
  const Tensor& tensor = tensors_[index];
  return {tensor.packed, onednn::cpu(), const_cast<std::byte*>(base + tensor.offset)};
}

Status pack(const WeightLayout::Tensor& tensor, const Checkpoint& checkpoint,
            std::span<std::byte> packed) {
  VIDEOGEN_CHECK(packed.size() == packed_bytes(tensor), "a tensor's place has its size");
  VIDEOGEN_TRY(std::vector<float> values, tensor.load(checkpoint));
  VIDEOGEN_CHECK(values.size() * sizeof(float) == tensor.plain.get_size(),
                 "a loader gives what it declared");
  std::ranges::fill(packed, std::byte{0});
  if (tensor.plain == tensor.packed) {
    std::memcpy(packed.data(), values.data(), values.size() * sizeof(float));
    return {};
  }
  dnnl::memory from(tensor.plain, onednn::cpu(), values.data());
  dnnl::memory to(tensor.packed, onednn::cpu(), packed.data());
  dnnl::stream stream(onednn::cpu());
  dnnl::reorder(from, to).execute(stream, from, to);
  stream.wait();
  return {};
}

}  // namespace videogen::embed
