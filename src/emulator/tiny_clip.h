// A CLIP of a megabyte with weights drawn by chance, in Hugging Face's folder layout: right in
// every shape and name, without any taste.
#pragma once

#include <filesystem>

#include "base/error.h"

namespace videogen::emulator {

// Writes config.json, model.safetensors, preprocessor_config.json, vocab.json, merges.txt and
// tokenizer_config.json; the bytes are the same every time. Errors: as AtomicFile.
[[nodiscard]] Status write_tiny_clip(const std::filesystem::path& folder);

}  // namespace videogen::emulator
