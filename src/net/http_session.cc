#include "net/http_session_internal.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <boost/asio/buffer.hpp>

#include "net/on_pool_internal.h"

namespace videogen::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::chrono::milliseconds kLinger{1'500};  // for a client that is still sending
constexpr std::uint64_t kLingerBytes = std::uint64_t{64} << 20;

ServerResponse plain(int status, std::string text) {
  ServerResponse response;
  response.status = status;
  response.headers.add("Content-Type", "text/plain; charset=utf-8");
  response.body = std::move(text);
  return response;
}

}  // namespace

HttpSession::HttpSession(ServerShared& shared, asio::ip::tcp::socket socket)
    : shared_(shared),
      wire_(std::move(socket), shared.tls.get()),
      deadline_(shared.io),
      buffer_(shared.options.max_header_bytes + kPiece) {
  shared_.sessions.insert(this);
}

HttpSession::~HttpSession() { shared_.sessions.erase(this); }

void HttpSession::wind_down() { winding_down_ = true; }

void HttpSession::abort() {
  gone_.request_stop();
  error_code ignored;
  wire_.socket().close(ignored);
}

asio::awaitable<void> HttpSession::run() {
  error_code ignored;
  wire_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
  const bool met = co_await greet();
  if (!met) co_return;
  After after = After::keep;
  while (after == After::keep && !shared_.stopping) {
    auto parser = std::make_unique<Parser>();
    parser->header_limit(shared_.options.max_header_bytes);
    // Its own check would come too early: an answer must be possible.
    parser->body_limit(shared_.options.max_body_bytes);
    idle_ = true;
    const bool read = co_await read_header(*parser);
    if (!read) co_return;
    idle_ = false;
    after = co_await exchange(*parser);
  }
  if (after == After::linger) co_await linger();
  co_await part();
  wire_.socket().shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
}

asio::awaitable<bool> HttpSession::greet() {
  if (!wire_.secret()) co_return true;
  arm(shared_.options.header_deadline);
  const auto [error] = co_await wire_.async_handshake(kAwait);
  co_return !error;
}

asio::awaitable<void> HttpSession::part() {
  if (!wire_.secret() || shared_.stopping) co_return;
  arm(kLinger);
  co_await wire_.async_shutdown(kAwait);
}

asio::awaitable<void> HttpSession::turn_away() {
  idle_ = false;
  const bool met = co_await greet();
  if (!met) co_return;
  co_await refuse(503, "too many connections");
}

asio::awaitable<HttpSession::After> HttpSession::exchange(Parser& parser) {
  ServerRequest request = head_of(parser);
  const std::optional<After> turned_away = co_await admit(parser, request);
  if (turned_away) co_return *turned_away;
  const bool complete = co_await read_body(parser, request);
  if (!complete) co_return After::close;

  const bool keep_alive = parser.get().keep_alive();
  const bool head = request.method == "HEAD";
  const unsigned version = parser.get().version();
  gone_ = std::stop_source();
  request.gone = gone_.get_token();
  watch_peer();
  std::function<ServerResponse()> answer = [this, &request] {
    try {
      return shared_.handler(request);
    } catch (const std::exception& broken) {
      return plain(500, fmt::format("internal error: {}\n", printable(broken.what())));
    }
  };
  // Nothing is read or written meanwhile, so no deadline runs.
  disarm();
  ServerResponse response = co_await on_pool<ServerResponse>(*shared_.workers, std::move(answer));
  co_return co_await send(std::move(response), head, version, keep_alive && !shared_.stopping);
}

void HttpSession::arm(std::chrono::milliseconds length) {
  timed_out_ = false;
  deadline_.expires_after(length);
  auto strike = [weak = weak_from_this()](const error_code& cancelled) {
    const auto session = weak.lock();
    if (cancelled || session == nullptr) return;
    // A later arm() may have come while this was on its way.
    if (session->deadline_.expiry() > std::chrono::steady_clock::now()) return;
    session->timed_out_ = true;
    error_code ignored;
    session->wire_.socket().cancel(ignored);
  };
  deadline_.async_wait(std::move(strike));
}

void HttpSession::disarm() { deadline_.expires_at(asio::steady_timer::time_point::max()); }

// Sees a client leave while nothing is read from it. The wait ends with the next byte or the
// end of the connection; it may outlive the exchange, whose token it then leaves alone.
void HttpSession::watch_peer() {
  auto peek = [session = weak_from_this(), gone = gone_](const error_code& error) mutable {
    const auto alive = session.lock();
    if (alive == nullptr) return;
    char byte = 0;
    const auto got =
        error ? 0
              : ::recv(alive->wire_.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    const bool open = got > 0 || (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK));
    if (!open) gone.request_stop();
  };
  wire_.socket().async_wait(asio::ip::tcp::socket::wait_read, std::move(peek));
}

// What the handler's side says of the request before its body is read; nullopt: to go on.
asio::awaitable<std::optional<HttpSession::After>> HttpSession::admit(Parser& parser,
                                                                      const ServerRequest& head) {
  most_body_ = shared_.options.max_body_bytes;
  if (!shared_.options.admit) co_return std::nullopt;
  Admission admission = shared_.options.admit(head);
  if (admission.refusal) {
    // A body that is still to come would be taken for the next request.
    const bool keep_alive = parser.is_done() && parser.get().keep_alive() && !shared_.stopping;
    const After after = co_await send(std::move(*admission.refusal), head.method == "HEAD",
                                      parser.get().version(), keep_alive);
    co_return parser.is_done() ? after : After::linger;
  }
  most_body_ = std::min(most_body_, admission.most_body.value_or(most_body_));
  const auto length = parser.content_length();
  if (!length || *length <= most_body_) co_return std::nullopt;
  co_await refuse(413, fmt::format("the body is over {} bytes", most_body_));
  co_return After::close;
}

asio::awaitable<void> HttpSession::refuse(int status, std::string_view why) {
  ServerResponse response = shared_.options.refuse ? shared_.options.refuse(status, why)
                                                   : plain(status, fmt::format("{}\n", why));
  if (status == 503) response.headers.add("Retry-After", "1");
  co_await send(std::move(response), false, 11, false);
  co_await linger();
}

// Closing while the client still sends would reset the connection, and it would never see the
// answer: what it sends is read and dropped for a moment.
asio::awaitable<void> HttpSession::linger() {
  error_code ignored;
  wire_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  arm(kLinger);
  std::vector<char> dropped(64 << 10);
  for (std::uint64_t total = 0; total < kLingerBytes && !shared_.stopping;) {
    const auto [error, got] = co_await wire_.async_read_some(asio::buffer(dropped), kAwait);
    if (error) co_return;
    total += got;
  }
}

}  // namespace videogen::net
