// Paths in requests: only what lies below one folder, wherever links lead.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.h"

namespace videogen::serve {

// A file that is open: whatever happens to its name, it stays this one.
class LocalFile {
 public:
  // `name`: below `folder`, absolute, relative to it, or a file: address; symbolic links are
  // followed first, and what they lead to must lie below the folder, too. `folder` empty: none is
  // allowed. Errors: usage (outside, not allowed), not_found, unreachable.
  static Result<LocalFile> open(const std::filesystem::path& folder, std::string_view name);
  LocalFile(LocalFile&& other) noexcept;
  LocalFile& operator=(LocalFile&&) = delete;
  ~LocalFile();

  // Opens by name; valid in this process as long as the object lives.
  [[nodiscard]] std::filesystem::path path() const;

 private:
  explicit LocalFile(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace videogen::serve
