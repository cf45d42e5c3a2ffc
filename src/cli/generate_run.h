// What `generate` does once its flags are read: orders clips, or takes up what was ordered, and
// prints the result.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "cli/verb_internal.h"
#include "embed/choose.h"
#include "generate/loop.h"
#include "generate/videos.h"

namespace videogen::cli {

struct GenerateRequest {
  generate::RunOptions run{};  // for a resumption: output, existing, deadline, poll, validation
  // Present: take this operation up, or where it is empty what the last run left behind.
  std::optional<std::string> resume{};
  std::string backend = "veo";  // "veo", "videos"
  // Empty: GOOGLE_VERTEX_BASE_URL or Google's; for "videos" VIDEOGEN_BACKEND_URL.
  std::string backend_url{};
  generate::VideosOptions::Body body = generate::VideosOptions::Body::multipart;
  std::string copy_to{};      // "gs://bucket/object" for what is delivered; empty: nowhere else
  std::string storage_uri{};  // Veo: "gs://bucket/prefix/"; empty: clips come inline
  std::function<std::string()> traceparent{};
  // Added to what this shows itself; judge is taken as it is.
  generate::Hooks hooks{};
  enum class Format { text, json, none } format = Format::text;
};

// The exit status of INTERFACE. Errors: usage (an output that exists, no address of a server),
// unwritable (the journal, standard output). What goes wrong later is part of the result.
[[nodiscard]] Result<int> run_generate(const GenerateRequest& request,
                                       const embed::Chosen& embedder, Context& context);

}  // namespace videogen::cli
