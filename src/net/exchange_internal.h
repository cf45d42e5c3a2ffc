// One request and its response over libcurl, redirects not followed.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include <curl/curl.h>

#include "base/handle.h"
#include "net/http_client.h"

namespace videogen::net {

// A cache of connections and the handle that uses them; for one request at a time.
struct Session {
  Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() { curl_slist_free_all(names); }

  Handle<CURLM, curl_multi_cleanup> multi{curl_multi_init()};
  Handle<CURL, curl_easy_cleanup> easy{curl_easy_init()};
  curl_slist* names = nullptr;  // HttpClient::Options::resolve
};

using Moment = std::chrono::steady_clock::time_point;

// `url` stands for the request's own after a redirect, `end` is that of the whole, where there
// is one; without secrets it goes to another origin.
struct Hop {
  const Request& request;
  const std::string& url;
  const BodySink* sink;
  std::optional<Moment> end;
  bool with_secrets = true;
};

[[nodiscard]] HttpResult exchange(Session& session, const HttpClient::Options& options,
                                  const Hop& hop, const std::stop_token& stop);

[[nodiscard]] HttpFailure http_failure(ErrorCode code, std::string message,
                                       HttpFailure::Taken taken = HttpFailure::Taken::no,
                                       bool transient = false);

}  // namespace videogen::net
