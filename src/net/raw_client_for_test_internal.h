// A client that sends exactly the bytes it is told to: what a library would put right itself.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <string>
#include <string_view>

namespace videogen::net {

class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : descriptor_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address),  // NOLINT
                           sizeof address) == 0;
  }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient() { close(); }

  [[nodiscard]] bool connected() const { return connected_; }
  void close() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
  }
  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  enum class End { open, closed, reset };
  struct Received {
    std::string bytes;
    End end = End::open;
  };
  // What comes until the connection ends, `most` bytes are there, or nothing comes for `quiet`.
  Received receive(std::chrono::milliseconds quiet = std::chrono::milliseconds(5000),
                   std::size_t most = SIZE_MAX) const {
    Received all;
    std::array<char, 65536> piece{};
    while (all.bytes.size() < most) {
      pollfd waiting{descriptor_, POLLIN, 0};
      if (::poll(&waiting, 1, int(quiet.count())) <= 0) return all;
      const ssize_t got =
          ::recv(descriptor_, piece.data(), std::min(piece.size(), most - all.bytes.size()), 0);
      if (got == 0) all.end = End::closed;
      if (got < 0) all.end = errno == ECONNRESET ? End::reset : End::closed;
      if (got <= 0) return all;
      all.bytes.append(piece.data(), static_cast<std::size_t>(got));
    }
    return all;
  }
  // Sends and receives until `mark` has come, or the connection ends, or 5 s pass.
  std::string ask(std::string_view request, std::string_view mark) const {
    send(request);
    std::string all;
    while (all.find(mark) == std::string::npos) {
      const Received one = receive(std::chrono::milliseconds(5000), 1);
      all += one.bytes;
      if (one.bytes.empty()) break;
    }
    return all;
  }

 private:
  int descriptor_;
  bool connected_ = false;
};

}  // namespace videogen::net
