#include <array>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "cli/generation_flags_internal.h"
#include "cli/numbers.h"
#include "cli/settings_internal.h"

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
  backend_.declare(command,
                   "Generate, too, by veo (Google) or videos (a server that speaks /v1/videos)");
  command.add_option("--max-cost", max_cost_, "A generation never spends more")
      ->type_name("USD")
      ->envname("VIDEOGEN_MAX_COST")
      ->capture_default_str();
  command.add_option("--max-clips", max_clips_, "Clips to pay for in a generation, at most")
      ->type_name("N")
      ->envname("VIDEOGEN_MAX_CLIPS")
      ->capture_default_str();
}

Result<std::optional<serve::GenerationService>> GenerationFlags::service(
    const std::string& config) const {
  constexpr double kMostClips = 1000, kMostUsd = 1'000'000;
  serve::GenerationService service;
  const std::string backend = backend_.backend().value_or("");
  VIDEOGEN_TRY(BackendFlags::Place place, backend_.place(backend));
  service.backend = backend;
  service.backend_url = std::move(place.url);
  service.storage_uri = std::move(place.storage_uri);
  service.body = place.body;
  VIDEOGEN_TRY(service.max_cost_usd, parse_number("--max-cost", max_cost_, 0, kMostUsd));
  VIDEOGEN_TRY(const double clips, parse_number("--max-clips", max_clips_, 1, kMostClips));
  service.max_clips = static_cast<int>(clips);
  VIDEOGEN_TRY(service.poll, backend_.poll());
  if (!config.empty()) {
    VIDEOGEN_TRY(const std::optional<std::string> own,
                 tables_in_file(config, "generate", "models"));
    if (own) {
      VIDEOGEN_TRY(service.models, generate::parse_models(*own, config + ": [[generate.models]]"));
    }
  }
  if (!backend_.backend() && !backend_.has_url() && !environment_names_one()) return std::nullopt;
  return service;
}

}  // namespace videogen::cli
