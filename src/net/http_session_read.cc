// Reading a request, header and body, within the limits and deadlines of a server.
#include <vector>

#include <fmt/format.h>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/read.hpp>

#include "net/form.h"
#include "net/http_session_internal.h"
#include "net/on_pool_internal.h"

namespace videogen::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

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

ServerRequest HttpSession::head_of(const Parser& parser) {
  ServerRequest request;
  request.body = ReceivedBody(shared_.options.body_in_memory_bytes, shared_.options.spool);
  const auto& message = parser.get();
  request.method = std::string_view(message.method_string().data(), message.method_string().size());
  set_target(request, {message.target().data(), message.target().size()});
  for (const auto& field : message) {
    request.headers.add(std::string(field.name_string()), std::string(field.value()));
  }
  boost::system::error_code ignored;
  request.peer = wire_.socket().remote_endpoint(ignored).address().to_string();
  return request;
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

}  // namespace videogen::net
