// The pickle inside a PyTorch archive, read as data.
//
// A pickle is a program for a stack machine that may call any Python function. This reader
// knows the opcodes and names that torch.save() writes for a state dict, builds nothing but
// descriptions of tensors, calls nothing, and refuses the rest by name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>

#include "base/error.h"
#include "embed/tensor_internal.h"

namespace videogen::embed {

// A tensor as torch._utils._rebuild_tensor_v2 would make it: a view of a storage that lies
// in the archive as data/KEY. Several tensors may view one storage.
struct PickledTensor {
  std::string storage_key;  // digits
  ElementType type = ElementType::other;
  std::int64_t element_bytes = 0;
  std::int64_t storage_elements = 0;
  std::int64_t offset = 0;  // elements before the first one
  Shape shape;
  Shape strides;
};

// The state dict: tensor by name. No view leaves its storage (checked here).
// `path` is only named in errors.
// Errors: corrupt; unsupported (an opcode, a global or a value that no state dict needs, by
// name).
[[nodiscard]] Result<std::map<std::string, PickledTensor>> read_state_dict(
    std::span<const std::byte> pickle, const std::filesystem::path& path);

}  // namespace videogen::embed
