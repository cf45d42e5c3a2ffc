// Veo on Vertex AI: predictLongRunning and fetchPredictOperation.
//
// https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/veo-video-generation
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "generate/backend.h"
#include "net/http_client.h"
#include "net/retry.h"
#include "net/secret.h"
#include "net/timing.h"

namespace videogen::generate {

struct VeoOptions {
  std::string base_url{};  // empty: Google's host for the location
  std::string project{};   // empty: that of the credentials
  std::string location = "us-central1";
  net::Secret api_key{};      // in place of credentials; needs no project
  std::string storage_uri{};  // "gs://bucket/prefix/": where clips go; empty: they come inline
  net::RetryPolicy retries{};
  std::chrono::milliseconds first_byte{60'000};  // of a reply
  std::function<std::string()> traceparent{};    // header of the request that is about to be sent
  net::OnPause on_pause{};
};

// GOOGLE_VERTEX_BASE_URL, GOOGLE_CLOUD_PROJECT, GOOGLE_CLOUD_LOCATION, and GOOGLE_API_KEY where
// no project and no credentials are named.
[[nodiscard]] VeoOptions veo_options_from_environment();

// "https://us-central1-aiplatform.googleapis.com"; global, us and eu have names of their own.
[[nodiscard]] std::string vertex_host(std::string_view location);

// What lives longer: the client and the timing.
[[nodiscard]] std::unique_ptr<Backend> make_veo(const net::HttpClient& client, VeoOptions options,
                                                const net::Timing& timing = net::Timing::real());

// The body of predictLongRunning, as JSON. Errors: as read_file, corrupt (no picture).
[[nodiscard]] Result<std::string> veo_request(const Order& order, std::string_view storage_uri);
// What a reply of fetchPredictOperation says. Errors: corrupt (no JSON, no operation).
[[nodiscard]] Result<Poll> read_veo_operation(std::string_view body, int samples);

// The model of "projects/P/locations/L/publishers/google/models/M/operations/ID".
// Errors: usage (no such name).
struct VeoOperation {
  std::string path;  // "projects/P/locations/L/publishers/google/models/M"
  std::string project, location, model;
};
[[nodiscard]] Result<VeoOperation> parse_veo_operation(std::string_view name);

}  // namespace videogen::generate
