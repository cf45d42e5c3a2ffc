// Sending an answer: its head, and its body from memory or from a stream.
#include <algorithm>
#include <array>
#include <ctime>
#include <exception>
#include <functional>
#include <vector>

#include <fmt/format.h>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/status.hpp>

#include "net/http_session_internal.h"
#include "net/on_pool_internal.h"

namespace videogen::net {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

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

std::string head_text(const ServerResponse& response, unsigned version, bool keep_alive,
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

}  // namespace

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
  std::string start = head_text(response, version, keep_alive, chunked);
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

}  // namespace videogen::net
