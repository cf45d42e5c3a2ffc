// The weights of a model folder, whichever way they lie there.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "embed/tensor_internal.h"

namespace videogen::embed {

// Files of weights below `folder`, in the order of preference of Hugging Face:
// model.safetensors; the shards that model.safetensors.index.json names; pytorch_model.bin.
// An index comes first in the list. Shards are plain names in the same folder.
// Errors: not_found (none of them), corrupt (index), unsupported (shards of pytorch_model.bin).
[[nodiscard]] Result<std::vector<std::filesystem::path>> weight_files(
    const std::filesystem::path& folder);

// Immutable, but not for several threads at once.
class Checkpoint {
 public:
  // Errors: as weight_files, parse_safetensors and TorchArchive::open.
  static Result<Checkpoint> open(const std::filesystem::path& folder);
  Checkpoint(Checkpoint&&) noexcept;
  Checkpoint& operator=(Checkpoint&&) noexcept;
  ~Checkpoint();

  [[nodiscard]] bool contains(const std::string& name) const;
  // True if some tensor's name begins with `prefix`.
  [[nodiscard]] bool contains_prefix(const std::string& prefix) const;

  // The tensor in row-major order as float32.
  // Errors: corrupt (missing; another shape, with both; NaN or infinity, with the place);
  // unsupported (not a float type). Each names the file.
  [[nodiscard]] Result<std::vector<float>> read(const std::string& name,
                                                const Shape& expected) const;

  // The file whose tensors `name` would be among, for messages.
  [[nodiscard]] const std::filesystem::path& file() const;

 private:
  struct State;
  explicit Checkpoint(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace videogen::embed
