#include "net/http_session_internal.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <exception>
#include <limits>
#include <utility>

#include <fmt/format.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/status.hpp>

#include "net/form.h"

namespace videogen::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kPiece = 256 << 10;            // bytes of a body at a time
constexpr std::chrono::milliseconds kAskAgain{30};   // a stream that has nothing yet
constexpr std::chrono::milliseconds kLinger{1'500};  // for a client that is still sending
constexpr std::uint64_t kLingerBytes = std::uint64_t{64} << 20;

// Runs a blocking function on the pool; the coroutine goes on, on its own thread, with what
// it returned.
template <class Value>
asio::awaitable<Value> on_pool(asio::thread_pool& pool, std::function<Value()> work) {
  auto initiate = [&pool, work = std::move(work)](auto handler) mutable {
    auto job = [work = std::move(work), handler = std::move(handler)]() mutable {
      Value value = work();
      const auto executor = asio::get_associated_executor(handler);
      auto resume = [handler = std::move(handler), value = std::move(value)]() mutable {
        std::move(handler)(std::move(value));
      };
      asio::post(executor, std::move(resume));
    };
    asio::post(pool, std::move(job));
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Value)>(
      std::move(initiate), asio::use_awaitable);
}

ServerResponse plain(int status, std::string text) {
  ServerResponse response;
  response.status = status;
  response.headers.add("Content-Type", "text/plain; charset=utf-8");
  response.body = std::move(text);
  return response;
}

std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::array<char, 64> text{};
  const std::size_t length =
      std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
  return {text.data(), length};
}

// A header's value must not be able to end its line.
std::string one_line(std::string text) {
  std::erase_if(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
  return text;
}

bool has_no_body(int status) { return status / 100 == 1 || status == 204 || status == 304; }

std::string head_of(const ServerResponse& response, unsigned version, bool keep_alive,
                    bool chunked) {
  const auto reason = http::obsolete_reason(http::int_to_status(unsigned(response.status)));
  // 1.1 in any case: what a server can, not what was asked for (RFC 9110, section 6.2).
  std::string head = fmt::format("HTTP/1.1 {} {}\r\n", response.status,
                                 std::string_view(reason.data(), reason.size()));
  for (const auto& [name, value] : response.headers.fields())
    head += fmt::format("{}: {}\r\n", one_line(name), one_line(value));
  head += fmt::format("Date: {}\r\n", http_date());
  if (chunked)
    head += "Transfer-Encoding: chunked\r\n";
  else if (const auto length = response.body.length(); length && !has_no_body(response.status))
    head += fmt::format("Content-Length: {}\r\n", *length);
  if (!keep_alive)
    head += "Connection: close\r\n";
  else if (version == 10)
    head += "Connection: keep-alive\r\n";
  return head + "\r\n";
}

// "/a/b%2Fc?x=1" taken apart. Absolute targets, as proxies get them, lose scheme and host.
void set_target(ServerRequest& request, std::string_view target) {
  request.target = target;
  if (!target.starts_with('/')) {
    const auto host = target.find("://");
    const auto path = host == std::string_view::npos ? host : target.find('/', host + 3);
    target = path == std::string_view::npos ? "/" : target.substr(path);
  }
  const auto question = target.find('?');
  request.path = target.substr(0, question);
  if (question != std::string_view::npos) request.query = parse_form(target.substr(question + 1));
  request.segments = decoded_segments(request.path);
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

asio::awaitable<bool> HttpSession::read_header(Parser& parser) {
  // The first byte may take long, the header may not.
  if (buffer_.size() == 0) {
    arm(shared_.options.idle);
    const auto room = buffer_.prepare(4096);
    const auto [error, got] = co_await wire_.async_read_some(room, kAwait);
    if (error) co_return false;
    buffer_.commit(got);
  }
  idle_ = false;
  arm(shared_.options.header_deadline);
  const auto [error, got] = co_await http::async_read_header(wire_, buffer_, parser, kAwait);
  if (!error) co_return true;
  if (error == http::error::header_limit || error == http::error::buffer_overflow)
    co_await refuse(431, "the header is too large");
  else if (error == http::error::body_limit)
    co_await refuse(413, "the body is too large");
  else if (timed_out_)
    co_await refuse(408, "the header took too long");
  else if (error == http::error::bad_version)
    co_await refuse(505, "only HTTP/1.0 and HTTP/1.1");
  else if (error.category() == make_error_code(http::error::bad_method).category() &&
           error != http::error::end_of_stream && error != http::error::partial_message)
    co_await refuse(400, fmt::format("not an HTTP request: {}", error.message()));
  co_return false;
}

asio::awaitable<bool> HttpSession::read_body(Parser& parser, ServerRequest& request) {
  if (beast::iequals(parser.get()[http::field::expect], "100-continue") && !parser.is_done()) {
    const bool sent = co_await write("HTTP/1.1 100 Continue\r\n\r\n");
    if (!sent) co_return false;
  }
  std::vector<char> piece(64 << 10);
  while (!parser.is_done()) {
    auto& body = parser.get().body();
    body.data = piece.data();
    body.size = piece.size();
    arm(shared_.options.read_stall);
    // read_some: a deadline for each piece and not for the whole.
    const auto [error, got] = co_await http::async_read_some(wire_, buffer_, parser, kAwait);
    const std::size_t filled = piece.size() - body.size;
    if (error && error != http::error::need_buffer) {
      if (error == http::error::body_limit)
        co_await refuse(413,
                        fmt::format("the body is over {} bytes", shared_.options.max_body_bytes));
      else if (timed_out_)
        co_await refuse(408, "the body took too long");
      else if (error.category() == make_error_code(http::error::bad_chunk).category() &&
               error != http::error::end_of_stream && error != http::error::partial_message)
        co_await refuse(400, fmt::format("not an HTTP body: {}", error.message()));
      co_return false;
    }
    if (request.body.size() + filled > most_body_) {
      co_await refuse(413, fmt::format("the body is over {} bytes", most_body_));
      co_return false;
    }
    const Status kept = request.body.append({piece.data(), filled});
    if (!kept) {
      co_await refuse(507, kept.error().message);
      co_return false;
    }
  }
  co_return true;
}

asio::awaitable<HttpSession::After> HttpSession::exchange(Parser& parser) {
  ServerRequest request;
  request.body = ReceivedBody(shared_.options.body_in_memory_bytes, shared_.options.spool);
  const auto& message = parser.get();
  request.method = std::string_view(message.method_string().data(), message.method_string().size());
  set_target(request, {message.target().data(), message.target().size()});
  for (const auto& field : message) {
    request.headers.add(std::string(field.name_string()), std::string(field.value()));
  }
  error_code ignored;
  request.peer = wire_.socket().remote_endpoint(ignored).address().to_string();
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

asio::awaitable<HttpSession::After> HttpSession::send(ServerResponse response, bool head,
                                                      unsigned version, bool keep_alive) {
  if (response.fault && !response.fault->after_bytes) {
    const WireFault fault = *response.fault;
    response.fault.reset();
    const bool goes_on = co_await strike(fault);
    if (!goes_on) co_return After::close;
  }
  const bool sized = response.body.length().has_value();
  const bool bodiless = head || has_no_body(response.status);
  const bool chunked = !sized && version >= 11 && !has_no_body(response.status);
  if (!sized && !chunked) keep_alive = false;
  std::string start = head_of(response, version, keep_alive, chunked);
  const std::string* text = response.body.text();
  // Small answers leave in one packet.
  const bool joined = !bodiless && text != nullptr && text->size() <= 16384 && !response.fault;
  if (joined) start += *text;
  bool sent = co_await write(std::move(start));
  if (sent && !bodiless && !joined) sent = co_await send_body(response, chunked);
  co_return sent&& keep_alive ? After::keep : After::close;
}

asio::awaitable<bool> HttpSession::send_body(ServerResponse& response, bool chunked) {
  std::uint64_t sent = 0;
  if (const std::string* text = response.body.text()) {
    co_return co_await send_piece(*text, chunked, response, sent);
  }
  const auto length = response.body.length();
  const Pull pull = response.body.pull();
  std::vector<char> piece(std::min<std::uint64_t>(kPiece, length.value_or(kPiece)));
  Pulled::Then then = length == 0 ? Pulled::Then::end : Pulled::Then::more;
  while (then != Pulled::Then::end) {
    const bool ends = gone() || (winding_down_ && !length);
    if (ends) {
      if (gone()) co_return false;
      break;
    }
    std::function<Result<Pulled>()> ask = [&pull, &piece]() -> Result<Pulled> {
      try {
        return pull(piece);
      } catch (const std::exception& broken) {
        return fail(ErrorCode::internal, broken.what());
      }
    };
    const Result<Pulled> pulled =
        co_await on_pool<Result<Pulled>>(*shared_.workers, std::move(ask));
    if (!pulled) co_return false;
    then = pulled->then;
    if (pulled->bytes > 0) {
      const std::string_view bytes(piece.data(), pulled->bytes);
      const bool goes_on = co_await send_piece(bytes, chunked, response, sent);
      if (!goes_on) co_return false;
    }
    if (then == Pulled::Then::wait) co_await pause(kAskAgain);
  }
  if (length && sent != *length) co_return false;  // the source broke its promise
  if (!chunked) co_return true;
  co_return co_await write("0\r\n\r\n");
}

asio::awaitable<bool> HttpSession::send_piece(std::string_view piece, bool chunked,
                                              ServerResponse& response, std::uint64_t& sent) {
  while (!piece.empty()) {
    std::size_t most = piece.size();
    if (response.fault) {
      const std::uint64_t left =
          *response.fault->after_bytes - std::min(sent, *response.fault->after_bytes);
      if (left == 0) {
        const WireFault fault = *response.fault;
        response.fault.reset();
        const bool goes_on = co_await strike(fault);
        if (!goes_on) co_return false;
        continue;
      }
      most = std::min<std::uint64_t>(most, left);
    }
    if (chunked) {
      const bool framed = co_await write(fmt::format("{:x}\r\n", most));
      if (!framed) co_return false;
    }
    const bool went = co_await write_view(piece.substr(0, most));
    if (!went) co_return false;
    if (chunked) {
      const bool closed = co_await write("\r\n");
      if (!closed) co_return false;
    }
    sent += most;
    piece.remove_prefix(most);
  }
  co_return true;
}

asio::awaitable<bool> HttpSession::write(std::string bytes) {
  co_return co_await write_view(bytes);
}

asio::awaitable<bool> HttpSession::write_view(std::string_view bytes) {
  while (!bytes.empty()) {
    arm(shared_.options.write_stall);
    const asio::const_buffer rest(bytes.data(), bytes.size());
    const auto [error, wrote] = co_await wire_.async_write_some(rest, kAwait);
    if (error) {
      gone_.request_stop();
      co_return false;
    }
    bytes.remove_prefix(wrote);
  }
  co_return true;
}

asio::awaitable<bool> HttpSession::strike(const WireFault& fault) {
  error_code ignored;
  if (fault.kind == WireFault::Kind::stall) {
    idle_ = true;
    const auto until = std::chrono::steady_clock::now() + fault.stall;
    while (!gone() && !winding_down_ &&
           (fault.stall.count() == 0 || std::chrono::steady_clock::now() < until)) {
      co_await pause(kAskAgain);
    }
    idle_ = false;
    co_return fault.stall.count() != 0 && !gone() && !winding_down_;
  }
  if (fault.kind == WireFault::Kind::reset) {
    // Closing with a linger time of zero sends RST.
    wire_.socket().set_option(asio::socket_base::linger(true, 0), ignored);
    wire_.socket().close(ignored);
  }
  co_return false;
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

asio::awaitable<void> HttpSession::pause(std::chrono::milliseconds length) {
  asio::steady_timer timer(co_await asio::this_coro::executor, length);
  co_await timer.async_wait(kAwait);
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
