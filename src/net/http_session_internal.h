// One connection of the HTTP server.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>

#include "net/http_server.h"
#include "net/wire_internal.h"

namespace videogen::net {

class HttpSession;

// What the connections of a server share. Everything but `workers` belongs to the I/O thread.
struct ServerShared {
  ServerOptions options;
  Handler handler;
  boost::asio::io_context io{1};
  std::unique_ptr<boost::asio::ssl::context> tls;  // null: plain HTTP; the thread of `io` has it
  bool tls_is_on = false;
  std::unique_ptr<boost::asio::thread_pool> workers;
  std::set<HttpSession*> sessions;
  bool stopping = false;
};

class HttpSession : public std::enable_shared_from_this<HttpSession> {
 public:
  HttpSession(ServerShared& shared, boost::asio::ip::tcp::socket socket);
  HttpSession(const HttpSession&) = delete;
  HttpSession& operator=(const HttpSession&) = delete;
  ~HttpSession();

  // Serves until either side ends the connection. The caller keeps the session alive.
  boost::asio::awaitable<void> run();
  // Answers 503 and ends.
  boost::asio::awaitable<void> turn_away();

  // Between two requests, or stalled on purpose.
  [[nodiscard]] bool idle() const { return idle_; }
  // What is being streamed without an end in sight ends; the rest may finish.
  void wind_down();
  void abort();

 private:
  static constexpr std::size_t kPiece = 256 << 10;           // bytes of a body at a time
  static constexpr std::chrono::milliseconds kAskAgain{30};  // a stream that has nothing yet

  // Parsed in two steps: the header first, the body in pieces.
  using Parser = boost::beast::http::request_parser<boost::beast::http::buffer_body>;
  enum class After { keep, close, linger };

  // TLS: its beginning and its end.
  boost::asio::awaitable<bool> greet();
  boost::asio::awaitable<void> part();
  boost::asio::awaitable<bool> read_header(Parser& parser);
  ServerRequest head_of(const Parser& parser);  // with an empty body
  boost::asio::awaitable<std::optional<After>> admit(Parser& parser, const ServerRequest& head);
  boost::asio::awaitable<bool> read_body(Parser& parser, ServerRequest& request);
  boost::asio::awaitable<After> exchange(Parser& parser);
  boost::asio::awaitable<After> send(ServerResponse response, bool head, unsigned version,
                                     bool keep_alive);
  boost::asio::awaitable<bool> send_body(ServerResponse& response, bool chunked);
  // The bytes of a body until the fault strikes, or all.
  boost::asio::awaitable<bool> send_piece(std::string_view piece, bool chunked,
                                          ServerResponse& response, std::uint64_t& sent);
  boost::asio::awaitable<bool> write(std::string bytes);
  boost::asio::awaitable<bool> write_view(std::string_view bytes);
  // True if the connection goes on.
  boost::asio::awaitable<bool> strike(const WireFault& fault);
  boost::asio::awaitable<void> refuse(int status, std::string_view why);
  boost::asio::awaitable<void> pause(std::chrono::milliseconds length);
  boost::asio::awaitable<void> linger();
  // Until disarm() or the next arm() what goes on is cancelled after so long. The connection
  // stays open, so that it can be said why.
  void arm(std::chrono::milliseconds length);
  void disarm();
  void watch_peer();
  [[nodiscard]] bool gone() const { return gone_.stop_requested(); }

  ServerShared& shared_;
  Wire wire_;
  boost::asio::steady_timer deadline_;
  boost::beast::flat_buffer buffer_;
  std::stop_source gone_;        // of the exchange that goes on
  std::uint64_t most_body_ = 0;  // of the request that is read
  bool timed_out_ = false;       // what was armed last struck
  bool idle_ = true;
  bool winding_down_ = false;
};

}  // namespace videogen::net
