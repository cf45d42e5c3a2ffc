// For this room's tests: golden data, and folders and caches that vanish with the test.
#pragma once

#include <unistd.h>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace videogen::embed {

inline std::filesystem::path golden_clip() { return VIDEOGEN_SOURCE_DIR "/tests/golden/clip"; }
inline std::filesystem::path shared_clip() { return VIDEOGEN_SOURCE_DIR "/../shared/clip"; }

class TemporaryFolder {
 public:
  TemporaryFolder() {
    static std::atomic<int> count{0};
    path_ = std::filesystem::temp_directory_path() /
            fmt::format("videogen-test-{}-{}", ::getpid(), count++);
    std::filesystem::create_directories(path_);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

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
