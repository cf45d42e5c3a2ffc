// A tower's weights in the order that oneDNN multiplies them, from a cache file if there is a
// sound one.
//
// The file: the tensors as the layout places them, then a footer with the key, the size and a
// checksum. The key is a digest of everything that decides the bytes: the weights, the layout,
// oneDNN, the instruction set, the precision. A file is believed only if size, key and
// checksum are right; else it is built again. The checksum is a step of its own, since it reads
// all of the file: others can work meanwhile (sound_weights_internal.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/error.h"
#include "base/file.h"
#include "embed/checkpoint_internal.h"
#include "embed/weight_layout_internal.h"

namespace videogen::embed {

// Memory aligned to kWeightAlignment.
struct FreeAligned {
  void operator()(std::byte* bytes) const;
};
using AlignedBytes = std::unique_ptr<std::byte, FreeAligned>;

// Immutable; may be shared by threads.
class PackedWeights {
 public:
  // Where the weights of a key lie, below `cache`.
  [[nodiscard]] static std::filesystem::path path(const std::filesystem::path& cache,
                                                  const std::string& key);

  // Maps the file at `path` if its size and its footer are right. What the footer says of the
  // weights themselves is for verify() to find out.
  // Errors: not_found, unreachable, corrupt.
  static Result<PackedWeights> open(const WeightLayout& layout, const std::string& key,
                                    const std::filesystem::path& path);
  // Packs from the checkpoint into a file at `path`, written beside and renamed, and maps it;
  // into memory where the file cannot be written or `path` is empty.
  // Errors: as Checkpoint::read; interrupted.
  static Result<PackedWeights> build(const WeightLayout& layout, const std::string& key,
                                     const std::filesystem::path& path,
                                     const Checkpoint& checkpoint, const std::stop_token& stop);

  // Reads mapped weights through, at the speed of memory; what was packed just now is sound.
  // Errors: corrupt; interrupted (within a megabyte).
  [[nodiscard]] Status verify(const std::stop_token& stop) const;
  // Whether verify() would have nothing to read.
  [[nodiscard]] bool verified() const { return !claim_; }

  // layout.bytes() bytes, aligned to kWeightAlignment.
  [[nodiscard]] const std::byte* data() const;
  // False where they could not be cached and so will be packed again by the next process.
  [[nodiscard]] bool cached() const { return mapping_.has_value(); }

 private:
  struct Claim {
    std::size_t bytes;
    std::uint64_t checksum;
    std::filesystem::path path;
  };
  explicit PackedWeights(MappedFile mapping) : mapping_(std::move(mapping)) {}
  explicit PackedWeights(AlignedBytes memory) : memory_(std::move(memory)) {}

  std::optional<MappedFile> mapping_;
  AlignedBytes memory_;
  std::optional<Claim> claim_;  // what the footer of a file says that an earlier process wrote
};

}  // namespace videogen::embed
