// The safetensors reader over any bytes: it refuses or returns views inside them, and every
// float tensor can be converted.
#include <cstddef>
#include <cstdint>
#include <span>

#include "embed/safetensors_internal.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace videogen::embed;  // NOLINT(google-build-using-namespace)
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto tensors = parse_safetensors(bytes, "fuzz.safetensors");
  if (!tensors) return 0;
  for (const auto& [name, view] : *tensors) {
    if (view.type != ElementType::other) (void)first_non_finite(to_floats(view));
  }
  return 0;
}
