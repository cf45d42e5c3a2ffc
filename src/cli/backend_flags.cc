#include <cmath>

#include <fmt/format.h>

#include "cli/backend_flags_internal.h"
#include "cli/numbers.h"
#include "net/address.h"

namespace videogen::cli {

using Body = generate::VideosOptions::Body;

void BackendFlags::declare(CLI::App& command, const std::string& summary) {
  command.add_option("--backend", backend_, summary)
      ->type_name("NAME")
      ->envname("VIDEOGEN_BACKEND");
  command.add_option("--backend-url", url_, "Where that is, in place of Google")
      ->type_name("URL")
      ->envname("VIDEOGEN_BACKEND_URL");
  command
      .add_option("--storage-uri", storage_uri_,
                  "Veo puts its clips there, instead of sending them inline")
      ->type_name("gs://BUCKET/PREFIX/");
  command
      .add_option("--backend-body", body_,
                  "How a server of /v1/videos is asked: multipart (vLLM-Omni) or json (SGLang)")
      ->type_name("FORM")
      ->capture_default_str();
  command.add_option("--poll", poll_, "Ask the back end how far it is so often")
      ->type_name("SECONDS")
      ->capture_default_str();
}

Result<BackendFlags::Place> BackendFlags::place(std::string_view backend) const {
  if (backend_ && *backend_ != "veo" && *backend_ != "videos")
    return fail(ErrorCode::usage,
                fmt::format("--backend {}: must be veo or videos", printable(*backend_, 60)));
  Place place;
  if (url_) {
    const auto address = net::parse_address(*url_);
    if (!address) return fail(ErrorCode::usage, "--backend-url: " + address.error().message);
    place.url = *url_;
  } else if (backend == "videos") {
    return fail(ErrorCode::usage,
                "--backend videos needs the server's address: --backend-url http://HOST:PORT");
  }
  if (body_ != "multipart" && body_ != "json")
    return fail(ErrorCode::usage,
                fmt::format("--backend-body {}: must be multipart or json", printable(body_, 40)));
  if (body_ == "json") place.body = Body::json;
  if (!storage_uri_) return place;
  if (!storage_uri_->starts_with("gs://") || storage_uri_->size() < 6)
    return fail(ErrorCode::usage, fmt::format("--storage-uri {}: must be gs://BUCKET/PREFIX/",
                                              printable(*storage_uri_, 100)));
  if (backend == "videos" || backend_ == "videos")
    return fail(ErrorCode::usage, "--storage-uri is for --backend veo");
  place.storage_uri = *storage_uri_;
  return place;
}

Result<std::chrono::milliseconds> BackendFlags::poll() const {
  VIDEOGEN_TRY(const double seconds, parse_number("--poll", poll_, 0.01, 3600));
  return std::chrono::milliseconds(std::llround(1000 * seconds));
}

}  // namespace videogen::cli
