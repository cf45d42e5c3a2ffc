// The pickle reader, and the archive around it: the first byte says which of them reads the
// rest.
#include <cstddef>
#include <cstdint>
#include <span>

#include "embed/pickle_internal.h"
#include "embed/torch_archive_internal.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace videogen::embed;  // NOLINT(google-build-using-namespace)
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span(data, size)).subspan(1);
  if (data[0] % 2 == 0) {
    (void)read_state_dict(bytes, "fuzz.bin");
    return 0;
  }
  const auto archive = TorchArchive::open(bytes, "fuzz.bin");
  if (!archive) return 0;
  for (const auto& [name, tensor] : archive->tensors()) {
    if (tensor.type != ElementType::other) (void)archive->read(tensor);
  }
  return 0;
}
