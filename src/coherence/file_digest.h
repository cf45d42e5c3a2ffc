// The SHA-256 of a file, computed on a thread of its own while others read the file.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <thread>

#include "base/error.h"

namespace videogen::coherence {

// Starts when made. Destroying it ends the thread at once (within a megabyte).
class FileDigest {
 public:
  FileDigest(std::filesystem::path path, std::stop_token stop);
  FileDigest(const FileDigest&) = delete;
  FileDigest& operator=(const FileDigest&) = delete;

  // Waits; hex. May be called once. Errors: not_found, unreachable, interrupted.
  [[nodiscard]] Result<std::string> take();

 private:
  Result<std::string> result_;
  std::jthread thread_;  // writes result_ before it ends
};

}  // namespace videogen::coherence
