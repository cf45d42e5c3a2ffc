// HTTP/1.1 and HTTP/2 over libcurl: TLS verified, connections reused, every wait bounded, a
// download never in memory.
//
//   HttpClient client;
//   Request request{.url = "https://…"};
//   VIDEOGEN_TRY(const Response response, client.send(request, stop));
//   if (response.status != 200) return fail(http_error("fetch the listing", response));
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

#include "base/error.h"
#include "net/address_guard.h"
#include "net/headers.h"
#include "net/secret.h"

namespace videogen::net {

// Each bounds one wait; zero: no bound.
struct Deadlines {
  std::chrono::milliseconds connect{10'000};     // name, TCP and TLS
  std::chrono::milliseconds first_byte{60'000};  // from the sent request to the first header
  std::chrono::milliseconds stall{30'000};       // without a byte in either direction
  std::chrono::milliseconds whole{0};            // from send() to the last byte, redirects too
};

// Bytes of a file, read while they are sent.
struct FileBody {
  std::filesystem::path path;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};
using RequestBody = std::variant<std::monostate, std::string, Secret, FileBody>;

// A field that is sent to the request's own origin only: a redirect elsewhere goes without it.
struct SecretHeader {
  std::string name;    // "Authorization"
  std::string prefix;  // "Bearer "
  Secret value;
};

struct Request {
  std::string method = "GET";
  std::string url;
  Headers headers{};
  std::vector<SecretHeader> secret_headers{};
  RequestBody body{};
  Deadlines deadlines{};
  // Followed for GET and HEAD only, never from https to http, and never to another scheme.
  int most_redirects = 0;
  // Of a body that is received; more ends the transfer with `limit`.
  std::uint64_t most_bytes = std::uint64_t{16} << 20;
  // Around the environment's proxy, as for a metadata server. Loopback never takes one.
  bool direct = false;
  // libcurl sends a request again by itself when a connection that it reused turns out to be
  // closed. For a POST that could be a second order, so all but GET and HEAD get a connection of
  // their own unless this says that it does no harm.
  bool repeatable = false;
};

struct Response {
  int status = 0;
  Headers headers{};
  std::string body{};     // what no sink has taken
  std::string url{};      // where it came from, after redirects
  std::string version{};  // "1.1", "2"
};

// Why there is no response. It is an Error, and VIDEOGEN_TRY passes it on as one.
struct HttpFailure : Error {
  // Whether the server may have acted on the request: `no` is certain (nothing was sent).
  enum class Taken { no, unknown };
  Taken taken = Taken::no;
  // A repetition might do better: the network or the server failed, not the request.
  bool transient = false;
};

using HttpResult = tl::expected<Response, HttpFailure>;

// Where the body of a 2xx response goes, piece by piece. Other bodies (a service's own words
// about an error) go into Response::body. An error of either function ends the transfer and is
// passed on as it is.
struct BodySink {
  // Before the first piece, once; also for an empty body. May be empty.
  std::function<Status(const Response& head)> begin;
  std::function<Status(std::span<const std::byte>)> chunk;
};

// For several threads at once.
class HttpClient {
 public:
  struct Options {
    std::string user_agent{};  // empty: "videogen/VERSION"
    // http_proxy, https_proxy, no_proxy, … are honoured. A guard excludes them: what a proxy
    // connects to cannot be checked here.
    bool environment_proxy = true;
    // Checks every connection: for addresses that come from a stranger.
    std::optional<AddressGuard> guard{};
    // Certificates to trust in place of the system's; SSL_CERT_FILE and CURL_CA_BUNDLE are
    // honoured where this is empty.
    std::filesystem::path ca_file{};
    // "host:port:address", in place of name resolution; for tests.
    std::vector<std::string> resolve{};
  };

  explicit HttpClient(Options options);
  HttpClient() : HttpClient(Options{}) {}
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;
  ~HttpClient();

  // Any status is a response. The whole body is in Response::body.
  // Failures: usage (an address that is none, or that the guard refuses), unreachable (no such
  // host, no connection, bad certificate, a deadline, a broken transfer), limit (most_bytes,
  // redirects), corrupt (not HTTP), interrupted (within 100 ms of the stop request).
  [[nodiscard]] HttpResult send(const Request& request, const std::stop_token& stop = {}) const;
  // The same with a sink.
  [[nodiscard]] HttpResult send(const Request& request, const BodySink& sink,
                                const std::stop_token& stop) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// "libcurl 7.88.1, OpenSSL/3.0.19, HTTP/2"
[[nodiscard]] std::string http_library();

// The error for a response that is none of the expected ones: "cannot ACTION: HOST answers 404
// Not Found: what it says about it". not_found for 404 and 410, budget for 429, unreachable for
// the rest; the message is the service's own where it is JSON in the form of Google, Hugging
// Face or RFC 9457, or short text.
[[nodiscard]] Error http_error(std::string_view action, const Response& response);

}  // namespace videogen::net
