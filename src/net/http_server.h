// A small HTTP/1.1 server: reads requests within limits and deadlines, lets a handler answer
// them on a pool of threads, and sends what it gave.
//
// It answers by itself: 400 (not HTTP), 408 (a request that came too slowly), 413 and 431 (a
// body or a header past its limit), 503 (too many connections), 500 (the handler threw). HEAD
// gets what GET would, without the body. `Expect: 100-continue` is answered.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/error.h"
#include "net/http_exchange.h"

namespace videogen::net {

// What is decided about a request before its body is read.
struct Admission {
  std::optional<ServerResponse> refusal{};   // sent in place of reading on
  std::optional<std::uint64_t> most_body{};  // of this request, in place of max_body_bytes
};

struct ServerOptions {
  std::string address = "127.0.0.1";  // IPv4 or IPv6
  std::uint16_t port = 0;             // 0: the system chooses one
  // PEM files of a certificate chain and its key; empty: plain HTTP.
  std::filesystem::path tls_certificate{}, tls_key{};
  int workers = 16;  // requests handled at once; more wait their turn
  int max_connections = 512;
  std::uint32_t max_header_bytes = 64 << 10;  // request line included
  std::uint64_t max_body_bytes = std::uint64_t{1} << 30;
  std::size_t body_in_memory_bytes = std::size_t{4} << 20;  // what is longer goes to a file
  std::filesystem::path spool{};                            // where; empty: TMPDIR, or /tmp
  std::chrono::milliseconds idle{75'000};                   // between two requests of a connection
  std::chrono::milliseconds header_deadline{20'000};        // from its first byte to its last
  std::chrono::milliseconds read_stall{30'000};             // of a body: without a single byte
  std::chrono::milliseconds write_stall{30'000};            // of an answer: without a single byte
  std::chrono::milliseconds drain{2'000};  // what is being answered may take so long at the end
  // Sees every request without its body. Called from the thread that all connections share: it
  // must not block. Empty: all are admitted.
  std::function<Admission(const ServerRequest& head)> admit{};
  // How this server's own answers look (413, 431, …); empty: plain text.
  std::function<ServerResponse(int status, std::string_view why)> refuse{};
};

// Answers a request; called by several threads at once, may block. Long waits must look at
// `request.gone`.
using Handler = std::function<ServerResponse(const ServerRequest&)>;

class HttpServer {
 public:
  // Listens from here on; connections wait until serve(). Errors: usage (no address),
  // unreachable (the port is taken or not allowed); not_found, corrupt (the certificate or its
  // key).
  static Result<HttpServer> listen(const ServerOptions& options);
  HttpServer(HttpServer&&) noexcept;
  HttpServer& operator=(HttpServer&&) noexcept;
  ~HttpServer();

  [[nodiscard]] std::uint16_t port() const;
  // "127.0.0.1:8080", "[::1]:8080"
  [[nodiscard]] std::string authority() const;

  // Reads certificate and key again, from the same files, for connections that come from now
  // on; nothing to do for plain HTTP. From any thread. Errors: as listen(), and the ones before
  // stay.
  [[nodiscard]] Status reload_tls();

  // Serves until a stop is requested: idle connections end at once, answers that are being
  // made or sent within `drain`, and handlers see `gone` after that. Once.
  void serve(Handler handler, std::stop_token stop);

 private:
  struct State;
  explicit HttpServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace videogen::net
