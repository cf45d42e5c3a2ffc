// What the service does: validate and generate, with one embedder for all jobs.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "generate/models.h"
#include "generate/videos.h"
#include "net/address_guard.h"
#include "net/telemetry.h"
#include "serve/executor.h"
#include "serve/metrics.h"
#include "serve/resident.h"

namespace videogen::serve {

// Generating: whom it asks, and what one job may spend.
struct GenerationService {
  generate::Models models = generate::shipped_models();
  std::string backend{};  // "veo", "videos"; empty: as the model says
  std::string backend_url{}, storage_uri{};
  generate::VideosOptions::Body body = generate::VideosOptions::Body::multipart;
  double max_cost_usd = 10;  // of a job
  int max_clips = 3;         // of a job
  std::chrono::milliseconds poll{10'000};
};

struct WorkOptions {
  const Resident* resident = nullptr;   // the model and the memory of all jobs; not owned
  std::filesystem::path data{};         // the data folder
  std::filesystem::path files{};        // local paths in requests lie below it; empty: none may
  std::vector<net::IpRange> allowed{};  // addresses that the guard lets through
  std::uint64_t most_download = std::uint64_t{1} << 30;  // bytes of a clip at an address
  std::chrono::milliseconds download_deadline{600'000};
  std::string version{};       // of the program, for pages
  bool pages_at_once = false;  // of reports: with no service nobody can ask for them later
  std::optional<GenerationService> generation{};  // absent: this service does not generate
};

// A request's members are named as the flags of the verb, with underscores.
[[nodiscard]] std::unique_ptr<Executor> make_work(WorkOptions options, Metrics& metrics,
                                                  net::Telemetry& telemetry);

}  // namespace videogen::serve
