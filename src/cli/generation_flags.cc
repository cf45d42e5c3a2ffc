#include <array>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

#include "cli/generation_flags_internal.h"
#include "cli/numbers.h"
#include "cli/settings_internal.h"
#include "net/address.h"

namespace videogen::cli {
namespace {

// Any of these means that somebody has prepared for a back end.
bool environment_names_one() {
  constexpr std::array kNames{"GOOGLE_VERTEX_BASE_URL", "GOOGLE_CLOUD_PROJECT",
                              "GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_API_KEY",
                              "VIDEOGEN_BACKEND_URL"};
  for (const char* name : kNames) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
    if (value != nullptr && *value != '\0') return true;
  }
  return false;
}

}  // namespace

void GenerationFlags::declare(CLI::App& command) {
  command
      .add_option("--backend", backend_,
                  "Generate, too, by veo (Google) or videos (a server that speaks /v1/videos)")
      ->type_name("NAME")
      ->envname("VIDEOGEN_BACKEND");
  command.add_option("--backend-url", backend_url_, "Where that is, in place of Google")
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
  command.add_option("--max-cost", max_cost_, "A generation never spends more")
      ->type_name("USD")
      ->envname("VIDEOGEN_MAX_COST")
      ->capture_default_str();
  command.add_option("--max-clips", max_clips_, "Clips to pay for in a generation, at most")
      ->type_name("N")
      ->envname("VIDEOGEN_MAX_CLIPS")
      ->capture_default_str();
  command.add_option("--poll", poll_, "Ask the back end how far it is so often")
      ->type_name("SECONDS")
      ->capture_default_str();
}

Result<std::optional<serve::GenerationService>> GenerationFlags::service(
    const std::string& config) const {
  constexpr double kMostClips = 1000, kMostUsd = 1'000'000;
  serve::GenerationService service;
  if (backend_ && *backend_ != "veo" && *backend_ != "videos")
    return fail(ErrorCode::usage,
                fmt::format("--backend {}: must be veo or videos", printable(*backend_, 60)));
  if (body_ != "multipart" && body_ != "json")
    return fail(ErrorCode::usage,
                fmt::format("--backend-body {}: must be multipart or json", printable(body_, 40)));
  if (body_ == "json") service.body = generate::VideosOptions::Body::json;
  VIDEOGEN_TRY(service.max_cost_usd, parse_number("--max-cost", max_cost_, 0, kMostUsd));
  VIDEOGEN_TRY(const double clips, parse_number("--max-clips", max_clips_, 1, kMostClips));
  service.max_clips = static_cast<int>(clips);
  VIDEOGEN_TRY(const double poll, parse_number("--poll", poll_, 0.01, 3600));
  service.poll = std::chrono::milliseconds(std::llround(1000 * poll));
  if (backend_url_) {
    const auto address = net::parse_address(*backend_url_);
    if (!address) return fail(ErrorCode::usage, "--backend-url: " + address.error().message);
    service.backend_url = *backend_url_;
  } else if (backend_ == "videos") {
    return fail(ErrorCode::usage,
                "--backend videos needs the server's address: --backend-url http://HOST:PORT");
  }
  service.backend = backend_.value_or("");
  if (storage_uri_ && (!storage_uri_->starts_with("gs://") || storage_uri_->size() < 6))
    return fail(ErrorCode::usage, fmt::format("--storage-uri {}: must be gs://BUCKET/PREFIX/",
                                              printable(*storage_uri_, 100)));
  service.storage_uri = storage_uri_.value_or("");
  if (!config.empty()) {
    VIDEOGEN_TRY(const std::optional<std::string> own,
                 tables_in_file(config, "generate", "models"));
    if (own) {
      VIDEOGEN_TRY(service.models, generate::parse_models(*own, config + ": [[generate.models]]"));
    }
  }
  if (!backend_ && !backend_url_ && !environment_names_one()) return std::nullopt;
  return service;
}

}  // namespace videogen::cli
