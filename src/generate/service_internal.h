// What both back ends do alike: asking with credentials, telling what became of a submit.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "generate/backend.h"
#include "net/google_credentials.h"
#include "net/http_client.h"
#include "net/retry.h"
#include "net/timing.h"

namespace videogen::generate {

// Adds what proves who asks. One of: nothing, a key in a header, tokens of credentials.
struct Identity {
  std::optional<net::SecretHeader> key{};
  net::GoogleCredentials* credentials = nullptr;  // not owned
};

struct Service {
  const net::HttpClient& client;
  const net::Timing& timing;
  net::RetryPolicy retries;
  std::function<std::string()> traceparent{};  // of the request that is about to be sent
  net::OnPause on_pause{};

  // Again and again as far as `repeat` allows, with a fresh token after the first 401. `stop`
  // ends pauses, `cut` a request that is on its way.
  [[nodiscard]] net::HttpResult ask(const net::Request& request, net::Repeat repeat,
                                    const Identity& identity, const std::stop_token& stop,
                                    const std::stop_token& cut) const;
};

// accepted with an empty name where the reply is 2xx: the caller reads it.
[[nodiscard]] Submission submission_of(const net::HttpResult& result, std::string_view action);
// What a reply of 2xx that tells no operation is.
[[nodiscard]] Submission without_name(std::string_view action, const net::Response& response);

// Errors as http_error(), but corrupt for 400, 413 and 422: the order is at fault.
[[nodiscard]] Error refusal(std::string_view action, const net::Response& response);

// Whether asking again later may help.
[[nodiscard]] bool may_heal(const net::HttpResult& result);

// Members of documents that strangers wrote: the default for any other type.
[[nodiscard]] std::string text_of(const nlohmann::json& object, const char* name);
[[nodiscard]] std::optional<int> count_of(const nlohmann::json& object, const char* name);

struct Picture {
  std::string mime_type;  // "image/png", "image/jpeg", "image/webp"
  std::string bytes;
};
// Errors: as read_file; corrupt (another kind of file).
[[nodiscard]] Result<Picture> read_picture(const std::filesystem::path& path);

// Errors: unwritable.
[[nodiscard]] Status write_clip(std::string_view bytes, const std::filesystem::path& path);

inline constexpr std::uint64_t kMostClipBytes = std::uint64_t{4} << 30;

}  // namespace videogen::generate
