// The flags of a service that generates: whom it asks, and what a job may spend.
#pragma once

#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "cli/backend_flags_internal.h"
#include "serve/work.h"

namespace videogen::cli {

class GenerationFlags {
 public:
  void declare(CLI::App& command);
  // nullopt where nothing names a back end: neither a flag nor the environment. `config`: the
  // file whose [[generate.models]] replace the table of models; empty: none. Errors: usage.
  [[nodiscard]] Result<std::optional<serve::GenerationService>> service(
      const std::string& config) const;

 private:
  BackendFlags backend_;
  std::string max_cost_ = "10", max_clips_ = "3";
};

}  // namespace videogen::cli
