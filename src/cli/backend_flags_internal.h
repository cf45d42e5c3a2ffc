// --backend, --backend-url, --backend-body, --storage-uri, --poll: whom to ask for clips, and
// how. Shared by the verbs that generate.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "generate/videos.h"

namespace videogen::cli {

class BackendFlags {
 public:
  // Either is empty where nothing was said.
  struct Place {
    std::string url, storage_uri;
    generate::VideosOptions::Body body = generate::VideosOptions::Body::multipart;
  };

  // summary: of --backend.
  void declare(CLI::App& command, const std::string& summary);

  [[nodiscard]] const std::optional<std::string>& backend() const { return backend_; }
  [[nodiscard]] bool has_url() const { return url_.has_value(); }
  // For a back end of this name; empty: it is not known yet. Errors: usage.
  [[nodiscard]] Result<Place> place(std::string_view backend) const;
  // Errors: usage.
  [[nodiscard]] Result<std::chrono::milliseconds> poll() const;

 private:
  std::optional<std::string> backend_, url_, storage_uri_;
  std::string body_ = "multipart", poll_ = "10";
};

}  // namespace videogen::cli
