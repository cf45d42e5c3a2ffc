// An HTTP server on loopback whose answers a test writes: for tests of clients only.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <limits>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "net/headers.h"

namespace videogen::net {

class ServerForTest {
 public:
  struct Seen {
    std::string method, target;
    Headers headers;
    std::string body{};
    int connection = 0;  // counted from 1
  };
  struct Reply {
    int status = 200;
    std::string body{};
    Headers headers{};
    enum class Fault { none, reset, stall, not_http } fault = Fault::none;
    // Bytes of the body that are sent before the fault, or before the connection closes.
    std::size_t sent = std::numeric_limits<std::size_t>::max();
    std::chrono::milliseconds delay{0};
    bool announce_length = true;
  };
  using Handler = std::function<Reply(const Seen&)>;

  explicit ServerForTest(Handler handler, int family = AF_INET) : handler_(std::move(handler)) {
    listener_ = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (family == AF_INET) {
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      listen_on(reinterpret_cast<sockaddr*>(&address), sizeof address);
    } else {
      sockaddr_in6 address{};
      address.sin6_family = AF_INET6;
      address.sin6_addr = in6addr_loopback;
      listen_on(reinterpret_cast<sockaddr*>(&address), sizeof address);
    }
    accepting_ = std::jthread([this](const std::stop_token& stop) { accept_all(stop); });
  }
  ServerForTest(const ServerForTest&) = delete;
  ServerForTest& operator=(const ServerForTest&) = delete;
  ~ServerForTest() {
    accepting_.request_stop();
    accepting_.join();
    for (std::jthread& thread : serving_) thread.request_stop();
    serving_.clear();
    ::close(listener_);
  }

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] std::string url(std::string_view target = "/") const {
    return fmt::format("http://127.0.0.1:{}{}", port_, target);
  }
  [[nodiscard]] int connections() const { return connections_; }
  [[nodiscard]] std::vector<Seen> seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  void listen_on(const sockaddr* address, socklen_t size) {
    EXPECT_EQ(::bind(listener_, address, size), 0);
    EXPECT_EQ(::listen(listener_, 64), 0);
    sockaddr_in6 bound{};
    socklen_t bound_size = sizeof bound;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&bound), &bound_size);
    port_ = ntohs(bound.sin6_port);  // in the same place for both families
  }

  static bool readable(int descriptor, const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      pollfd waiting{descriptor, POLLIN, 0};
      if (::poll(&waiting, 1, 10) > 0) return true;
    }
    return false;
  }

  void accept_all(const std::stop_token& stop) {
    while (readable(listener_, stop)) {
      const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (descriptor < 0) continue;
      const int number = ++connections_;
      serving_.emplace_back([this, descriptor, number](const std::stop_token& own) {
        while (serve(descriptor, number, own)) {
        }
        ::close(descriptor);
      });
    }
  }

  // The bytes up to and with `end`; empty where the connection ended before.
  static bool read_until(int descriptor, std::string& bytes, std::size_t size,
                         const std::stop_token& stop) {
    while (bytes.size() < size) {
      if (!readable(descriptor, stop)) return false;
      char chunk[65536];
      const ssize_t got = ::recv(descriptor, chunk, sizeof chunk, 0);
      if (got <= 0) return false;
      bytes.append(chunk, static_cast<std::size_t>(got));
    }
    return true;
  }

  // One request and its answer. False when the connection is over.
  bool serve(int descriptor, int number, const std::stop_token& stop) {
    std::string bytes;
    while (bytes.find("\r\n\r\n") == std::string::npos)
      if (!read_until(descriptor, bytes, bytes.size() + 1, stop)) return false;
    const std::size_t head_end = bytes.find("\r\n\r\n") + 4;
    Seen seen = parse(bytes.substr(0, head_end));
    seen.connection = number;
    const std::size_t length = std::stoul(seen.headers.first("Content-Length").value_or("0"));
    if (!read_until(descriptor, bytes, head_end + length, stop)) return false;
    seen.body = bytes.substr(head_end, length);
    {
      const std::lock_guard lock(mutex_);
      seen_.push_back(seen);
    }
    return answer(descriptor, seen, handler_(seen), stop);
  }

  static Seen parse(const std::string& head) {
    Seen seen;
    std::size_t at = head.find("\r\n");
    const std::string line = head.substr(0, at);
    const std::size_t space = line.find(' ');
    seen.method = line.substr(0, space);
    seen.target = line.substr(space + 1, line.rfind(' ') - space - 1);
    while ((at += 2) < head.size()) {
      const std::size_t end = head.find("\r\n", at);
      const std::string field = head.substr(at, end - at);
      const std::size_t colon = field.find(": ");
      if (colon != std::string::npos)
        seen.headers.add(field.substr(0, colon), field.substr(colon + 2));
      at = end;
    }
    return seen;
  }

  static void wait(std::chrono::milliseconds time, const std::stop_token& stop) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end && !stop.stop_requested())
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }

  static bool answer(int descriptor, const Seen& seen, const Reply& reply,
                     const std::stop_token& stop) {
    using Fault = Reply::Fault;
    wait(reply.delay, stop);
    std::string out;
    if (reply.fault == Fault::not_http) {
      out = "SSH-2.0-OpenSSH_9.2\r\n";
    } else if (reply.fault == Fault::none ||
               reply.sent != std::numeric_limits<std::size_t>::max()) {
      out = fmt::format("HTTP/1.1 {} Whatever\r\n", reply.status);
      if (reply.announce_length && !reply.headers.has("Content-Length"))
        out += fmt::format("Content-Length: {}\r\n", reply.body.size());
      if (!reply.announce_length) out += "Connection: close\r\n";
      for (const auto& [name, value] : reply.headers.fields())
        out += fmt::format("{}: {}\r\n", name, value);
      out += "\r\n";
      if (seen.method != "HEAD") out += reply.body.substr(0, reply.sent);
    }
    for (std::size_t done = 0; done < out.size();) {
      const ssize_t now = ::send(descriptor, out.data() + done, out.size() - done, MSG_NOSIGNAL);
      if (now <= 0) return false;
      done += static_cast<std::size_t>(now);
    }
    if (reply.fault == Fault::stall) wait(std::chrono::seconds(30), stop);
    if (reply.fault == Fault::reset) {
      const linger at_once{1, 0};
      ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    return reply.fault == Fault::none && reply.sent >= reply.body.size() && reply.announce_length;
  }

  Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> connections_{0};
  mutable std::mutex mutex_;
  std::vector<Seen> seen_;
  std::list<std::jthread> serving_;
  std::jthread accepting_;
};

}  // namespace videogen::net
