// The flags of what a service's jobs share: memory, batches, embeddings that are known already.
#pragma once

#include <filesystem>
#include <string>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "serve/resident.h"

namespace videogen::cli {

class SharingFlags {
 public:
  void declare(CLI::App& command);
  // The cache's file lies in the data folder. Errors: usage.
  [[nodiscard]] Result<serve::ResidentOptions> options(const std::filesystem::path& data) const;

 private:
  std::string memory_ = "1073741824", max_batch_ = "0", batch_delay_ = "0";
  std::string cache_ = "67108864", cache_file_ = "1073741824";
};

}  // namespace videogen::cli
