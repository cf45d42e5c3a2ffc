// What is kept between runs: packed weights, and which model folder has which digest.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace videogen::embed {

// $XDG_CACHE_HOME/videogen, else $HOME/.cache/videogen; empty if neither variable is an
// absolute path. Not created.
[[nodiscard]] std::filesystem::path cache_folder();

// The state of files as the system tells it without reading them: name, size, inode and times.
// Two equal stamps of files that lay still mean equal contents.
struct Stamp {
  std::string text;
  bool settled = false;  // nothing changed in the last two seconds, a file system's worst clock
};
// Links are followed. Errors: not_found, unreachable.
[[nodiscard]] Result<Stamp> take_stamp(const std::vector<std::filesystem::path>& files);

// Remembers that files with this stamp were found sound, and their digest. One small file for
// each model folder; a damaged one is as good as none.
class StampRecord {
 public:
  StampRecord(const std::filesystem::path& cache, const std::filesystem::path& model_folder);

  // The digest that was remembered with exactly this stamp; empty if none was.
  [[nodiscard]] std::string recall(const Stamp& stamp) const;
  // Does nothing where the stamp is not settled or the cache cannot be written.
  void remember(const Stamp& stamp, std::string_view digest) const;

 private:
  std::filesystem::path path_;  // empty without a cache
};

}  // namespace videogen::embed
