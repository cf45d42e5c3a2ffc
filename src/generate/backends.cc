#include "generate/backends.h"

#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "generate/veo.h"

namespace videogen::generate {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return value == nullptr ? "" : value;
}

}  // namespace

Result<std::unique_ptr<Backend>> make_backend(const BackendChoice& choice,
                                              const net::HttpClient& client) {
  if (choice.name == "veo") {
    VeoOptions options = veo_options_from_environment();
    if (!choice.url.empty()) options.base_url = choice.url;
    options.storage_uri = choice.storage_uri;
    options.traceparent = choice.traceparent;
    return make_veo(client, std::move(options));
  }
  if (choice.name != "videos")
    return fail(ErrorCode::usage,
                fmt::format("--backend {}: must be veo or videos", printable(choice.name, 60)));
  VideosOptions options;
  options.base_url = choice.url;
  if (options.base_url.empty()) options.base_url = variable("VIDEOGEN_BACKEND_URL");
  if (options.base_url.empty()) options.base_url = choice.place;
  if (options.base_url.empty())
    return fail(ErrorCode::usage,
                "--backend videos needs the server's address: --backend-url "
                "http://127.0.0.1:8091");
  options.body = choice.body;
  options.traceparent = choice.traceparent;
  std::string key = variable("VIDEOGEN_BACKEND_KEY");
  if (!key.empty()) options.key = net::Secret::taken_from(key);
  return make_videos(client, std::move(options));
}

}  // namespace videogen::generate
