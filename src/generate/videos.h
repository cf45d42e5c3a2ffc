// /v1/videos, as vLLM-Omni, SGLang and gateways before them speak it.
//
// The shape is OpenAI's, whose own service is gone; each server has its dialect, so what they
// answer is read leniently.
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

struct VideosOptions {
  enum class Body {
    multipart,  // vLLM-Omni takes nothing else
    json,       // SGLang
  } body = Body::multipart;
  std::string base_url{};  // "http://127.0.0.1:8091", with or without /v1
  net::Secret key{};       // a bearer token; empty: none
  net::RetryPolicy retries{};
  std::chrono::milliseconds first_byte{60'000};  // of a reply
  std::function<std::string()> traceparent{};    // header of the request that is about to be sent
  net::OnPause on_pause{};
};

// What lives longer: the client and the timing. An operation is the video's id.
[[nodiscard]] std::unique_ptr<Backend> make_videos(const net::HttpClient& client,
                                                   VideosOptions options,
                                                   const net::Timing& timing = net::Timing::real());

struct VideosRequest {
  std::string content_type, body;
};
// Errors: as read_file; corrupt (no picture); unsupported (a last frame, references).
[[nodiscard]] Result<VideosRequest> videos_request(const Order& order, VideosOptions::Body body);
// "1280x720" of "720p" and "16:9"; a resolution that is a size already stays as it is.
// Errors: usage.
[[nodiscard]] Result<std::string> videos_size(std::string_view resolution,
                                              std::string_view aspect_ratio);
// The id in a reply to a create request; empty where there is none.
[[nodiscard]] std::string read_video_id(std::string_view body);
// What a reply to GET /v1/videos/ID says; a clip's uri is left empty. Errors: corrupt (no JSON
// object).
[[nodiscard]] Result<Poll> read_video(std::string_view body);

}  // namespace videogen::generate
