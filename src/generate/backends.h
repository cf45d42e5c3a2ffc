// Which service makes the clips, and where it is.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "generate/backend.h"
#include "generate/videos.h"
#include "net/http_client.h"

namespace videogen::generate {

struct BackendChoice {
  std::string name = "veo";  // "veo", "videos"
  // Empty: GOOGLE_VERTEX_BASE_URL or Google's; for "videos" VIDEOGEN_BACKEND_URL, then `place`.
  std::string url{};
  std::string place{};  // where the run that is taken up was sent; empty: none
  VideosOptions::Body body = VideosOptions::Body::multipart;
  std::string storage_uri{};  // Veo: "gs://bucket/prefix/"; empty: clips come inline
  std::function<std::string()> traceparent{};
};

// What else it needs is in the environment: credentials, VIDEOGEN_BACKEND_KEY. The client lives
// longer. Errors: usage (no such back end, no address of a server).
[[nodiscard]] Result<std::unique_ptr<Backend>> make_backend(const BackendChoice& choice,
                                                            const net::HttpClient& client);

}  // namespace videogen::generate
