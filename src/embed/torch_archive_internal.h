// pytorch_model.bin: the zip archive that torch.save() has written since PyTorch 1.6.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "embed/pickle_internal.h"
#include "embed/tensor_internal.h"

namespace videogen::embed {

// Not for several threads at once: libzip keeps a position per archive.
class TorchArchive {
 public:
  // `file` must outlive the archive; `path` is only named in errors.
  // Errors: corrupt, unsupported (the format before PyTorch 1.6, compressed or encrypted
  // entries, big-endian weights; see also read_state_dict).
  static Result<TorchArchive> open(std::span<const std::byte> file,
                                   const std::filesystem::path& path);
  TorchArchive(TorchArchive&&) noexcept;
  TorchArchive& operator=(TorchArchive&&) noexcept;
  ~TorchArchive();

  [[nodiscard]] const std::map<std::string, PickledTensor>& tensors() const { return tensors_; }

  // The tensor's elements; read from the archive at each call, checked against its CRC-32.
  // Errors: corrupt.
  [[nodiscard]] Result<std::vector<float>> read(const PickledTensor& tensor) const;

 private:
  struct Zip;
  explicit TorchArchive(std::unique_ptr<Zip> zip);
  std::unique_ptr<Zip> zip_;
  std::map<std::string, PickledTensor> tensors_;
};

}  // namespace videogen::embed
