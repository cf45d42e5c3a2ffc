// Where every packed tensor of a tower lies, and how it is made from a checkpoint.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "embed/checkpoint_internal.h"
#include "embed/onednn_internal.h"

namespace videogen::embed {

// Cache lines, and what oneDNN's kernels like.
constexpr std::size_t kWeightAlignment = 64;

class WeightLayout {
 public:
  // Elements in row-major order.
  using Load = std::function<Result<std::vector<float>>(const Checkpoint&)>;

  struct Tensor {
    std::string name;
    onednn::Desc plain;   // of what load() returns
    onednn::Desc packed;  // of what lies in memory
    Load load;
    std::size_t offset;  // bytes from the beginning of the layout, aligned
  };

  // Returns the tensor's index.
  std::size_t add(std::string name, onednn::Desc plain, onednn::Desc packed, Load load);
  // A tensor that is stored as it is: float32, row-major.
  std::size_t add_plain(const std::string& name, const Shape& shape);
  std::size_t add_plain(std::string name, const Shape& shape, Load load);

  [[nodiscard]] const std::vector<Tensor>& tensors() const { return tensors_; }
  // All tensors with their padding; a multiple of kWeightAlignment.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  // Changes whenever packed bytes of one layout would be misread by the other.
  [[nodiscard]] std::string description() const;

  // The tensor in packed weights that begin at `base`. They are only read.
  [[nodiscard]] dnnl::memory memory(std::size_t index, const std::byte* base) const;

 private:
  std::vector<Tensor> tensors_;
  std::size_t bytes_ = 0;
};

// Loads and packs one tensor; `packed` has packed.get_size() bytes, rounded up to the
// alignment, and is filled completely.
// Errors: as Checkpoint::read.
[[nodiscard]] Status pack(const WeightLayout::Tensor& tensor, const Checkpoint& checkpoint,
                          std::span<std::byte> packed);
[[nodiscard]] std::size_t packed_bytes(const WeightLayout::Tensor& tensor);

}  // namespace videogen::embed
