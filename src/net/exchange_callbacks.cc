#include "net/exchange_state_internal.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>

#include "base/file.h"
#include "net/address.h"

namespace videogen::net {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostWords = 64 << 10;

}  // namespace

bool Exchange::permits(const Ip& ip) {
  const auto what = options_.guard->refuses(ip);
  if (what) refused_ = fmt::format("its address {} is {}", to_text(ip), *what);
  return !what;
}

curl_socket_t Exchange::on_open(void* self, curlsocktype purpose, curl_sockaddr* address) {
  auto& own = *static_cast<Exchange*>(self);
  Ip ip;
  if (purpose != CURLSOCKTYPE_IPCXN) return CURL_SOCKET_BAD;
  if (address->family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address->addr, sizeof v4);
    std::memcpy(ip.bytes.data(), &v4.sin_addr, 4);
  } else if (address->family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address->addr, sizeof v6);
    ip.family = Ip::Family::v6;
    std::memcpy(ip.bytes.data(), &v6.sin6_addr, ip.bytes.size());
  } else {
    own.refused_ = "it is no internet address";
    return CURL_SOCKET_BAD;
  }
  if (!own.permits(ip)) return CURL_SOCKET_BAD;
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

int Exchange::on_connected(void* self, char* remote, char* /*local*/, int /*remote_port*/,
                           int /*local_port*/) {
  auto& own = *static_cast<Exchange*>(self);
  // A connection that is used again has been judged before; this is a second look.
  if (own.options_.guard) {
    const std::optional<Ip> ip = parse_ip(remote);
    if (!ip || !own.permits(*ip)) return CURL_PREREQFUNC_ABORT;
  }
  own.connected_ = true;
  own.active_ = Clock::now();
  return CURL_PREREQFUNC_OK;
}

std::size_t Exchange::on_read(char* into, std::size_t size, std::size_t count, void* self) {
  auto& own = *static_cast<Exchange*>(self);
  const std::size_t most = std::min<std::uint64_t>(size * count, own.body_size_ - own.body_sent_);
  own.active_ = Clock::now();
  if (most == 0) return 0;
  const RequestBody& body = own.hop_.request.body;
  if (const auto* file = std::get_if<FileBody>(&body)) {
    const ssize_t got =
        ::pread(own.file_.get(), into, most, static_cast<off_t>(file->offset + own.body_sent_));
    if (got <= 0) {
      own.stop_with(got < 0 ? file_error("read", file->path, errno)
                            : Error{ErrorCode::corrupt,
                                    fmt::format("{} became shorter while it was sent",
                                                printable(file->path.string())),
                                    std::source_location::current()});
      return CURL_READFUNC_ABORT;
    }
    own.body_sent_ += static_cast<std::uint64_t>(got);
    return static_cast<std::size_t>(got);
  }
  const auto* secret = std::get_if<Secret>(&body);
  const std::string_view text = secret ? secret->reveal() : std::get<std::string>(body);
  std::memcpy(into, text.data() + own.body_sent_, most);
  own.body_sent_ += most;
  return most;
}

int Exchange::on_seek(void* self, curl_off_t offset, int origin) {
  auto& own = *static_cast<Exchange*>(self);
  if (origin != SEEK_SET || offset < 0 || static_cast<std::uint64_t>(offset) > own.body_size_)
    return CURL_SEEKFUNC_FAIL;
  own.body_sent_ = static_cast<std::uint64_t>(offset);
  return CURL_SEEKFUNC_OK;
}

std::size_t Exchange::on_header(char* text, std::size_t size, std::size_t count, void* self) {
  auto& own = *static_cast<Exchange*>(self);
  own.active_ = Clock::now();
  own.answered_ = true;
  return own.header_line({text, size * count}) ? size * count : 0;
}

bool Exchange::header_line(std::string_view line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) {
    response_ = Response{};
    head_done_ = false;
    const std::size_t space = std::min(line.find(' '), line.size());
    response_.version = line.substr(5, space - 5);
    const std::string_view code = line.substr(std::min(space + 1, line.size()));
    std::from_chars(code.data(), code.data() + std::min<std::size_t>(code.size(), 3),
                    response_.status);
    return true;
  }
  if (line.empty()) return response_.status < 200 || end_of_head();
  if (head_done_) return true;  // a trailer
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return true;
  std::string_view value = line.substr(colon + 1);
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
  response_.headers.add(std::string(line.substr(0, colon)), std::string(value));
  return true;
}

bool Exchange::end_of_head() {
  if (std::exchange(head_done_, true)) return true;
  if (hop_.sink == nullptr || !is_success() || !hop_.sink->begin) return true;
  if (const Status status = hop_.sink->begin(response_); !status) return stop_with(status.error());
  return true;
}

std::size_t Exchange::on_body(char* bytes, std::size_t size, std::size_t count, void* self) {
  auto& own = *static_cast<Exchange*>(self);
  own.active_ = Clock::now();
  const bool good = own.body_piece(std::as_bytes(std::span(bytes, size * count)));
  own.active_ = Clock::now();  // the sink's own time is not the server's
  return good ? size * count : 0;
}

bool Exchange::body_piece(std::span<const std::byte> bytes) {
  const bool for_sink = hop_.sink != nullptr && is_success();
  received_ += bytes.size();
  if (for_sink || hop_.sink == nullptr) {
    if (received_ > hop_.request.most_bytes) {
      return stop_with({ErrorCode::limit,
                        fmt::format("{} sends more than the {} bytes that are allowed here",
                                    shown_address(hop_.url), hop_.request.most_bytes),
                        std::source_location::current()});
    }
  }
  if (for_sink) {
    const Status status = hop_.sink->chunk(bytes);
    return status ? true : stop_with(status.error());
  }
  const std::size_t most =
      hop_.sink == nullptr
          ? bytes.size()
          : std::min(bytes.size(), kMostWords - std::min(kMostWords, response_.body.size()));
  response_.body.append(reinterpret_cast<const char*>(bytes.data()), most);
  return true;
}

}  // namespace videogen::net
