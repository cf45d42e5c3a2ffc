// The safetensors format: 8 bytes of length, a JSON header, and the tensors' bytes.
// https://github.com/huggingface/safetensors#format
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>

#include "base/error.h"
#include "embed/tensor_internal.h"

namespace videogen::embed {

// What the header states, checked against the size of the file: no tensor leaves it, overlaps
// another or leaves a gap, and every shape has exactly its bytes. Views point into `file`;
// `path` is only named in errors.
// Errors: corrupt, unsupported (an unknown element type), limit (a header over 100 MB).
[[nodiscard]] Result<std::map<std::string, TensorView>> parse_safetensors(
    std::span<const std::byte> file, const std::filesystem::path& path);

}  // namespace videogen::embed
