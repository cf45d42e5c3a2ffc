// --untrusted, --allow-net, --download-deadline, --max-download: shared by the verbs that read
// clips.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "cli/verb_internal.h"
#include "net/remote_inputs.h"

namespace videogen::cli {

class RemoteFlags {
 public:
  void declare(CLI::App& command);
  // Errors: usage. Nothing is asked of the network.
  [[nodiscard]] Result<net::RemoteOptions> options() const;
  // With a progress bar on the console. Errors: usage.
  [[nodiscard]] Result<net::RemoteInputs> inputs(Context& context) const;

 private:
  bool untrusted_ = false;
  std::vector<std::string> allowed_;
  std::string deadline_, most_bytes_;
};

}  // namespace videogen::cli
