// For this room's tests: golden data, and caches that vanish with the test.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "base/folder_for_test_internal.h"

namespace videogen::embed {

inline std::filesystem::path golden_clip() { return VIDEOGEN_SOURCE_DIR "/tests/golden/clip"; }
inline std::filesystem::path shared_clip() { return VIDEOGEN_SOURCE_DIR "/../shared/clip"; }

// Makes XDG_CACHE_HOME an empty folder of the test's own.
class TemporaryCache {
 public:
  TemporaryCache() { ::setenv("XDG_CACHE_HOME", folder_.path().c_str(), 1); }
  TemporaryCache(const TemporaryCache&) = delete;
  TemporaryCache& operator=(const TemporaryCache&) = delete;
  ~TemporaryCache() { ::unsetenv("XDG_CACHE_HOME"); }
  [[nodiscard]] std::filesystem::path path() const { return folder_.path() / "videogen"; }

 private:
  TemporaryFolder folder_;
};

inline void write_text(const std::filesystem::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary)
      .write(text.data(), static_cast<std::streamsize>(text.size()));
}

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace videogen::embed
