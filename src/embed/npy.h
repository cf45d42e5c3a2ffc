// NumPy's .npy format, version 1.0: one float32 array in C order.
#pragma once

#include <filesystem>
#include <span>

#include "base/error.h"
#include "base/file.h"

namespace videogen::embed {

// values: [rows, columns]. Errors: usage (existing file), unwritable.
[[nodiscard]] Status write_npy(const std::filesystem::path& path, std::span<const float> values,
                               std::size_t rows, std::size_t columns,
                               AtomicFile::Existing existing);

}  // namespace videogen::embed
