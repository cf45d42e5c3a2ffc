// The state of one transfer, and what libcurl calls while it runs. exchange.cc sets it up and
// drives it, exchange_callbacks.cc moves bytes, exchange_deadlines.cc knows when it is late and
// what its end means.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include <unistd.h>

#include <fmt/format.h>
#include <openssl/crypto.h>

#include "net/exchange_internal.h"

namespace videogen::net {

// Header lines for libcurl, wiped afterwards: some hold secrets.
class HeaderLines {
 public:
  HeaderLines() = default;
  HeaderLines(const HeaderLines&) = delete;
  HeaderLines& operator=(const HeaderLines&) = delete;
  ~HeaderLines() {
    for (curl_slist* line = list_; line != nullptr; line = line->next)
      OPENSSL_cleanse(line->data, std::strlen(line->data));
    curl_slist_free_all(list_);
  }
  void add(std::string line) {
    curl_slist* longer = curl_slist_append(list_, line.c_str());
    VIDEOGEN_CHECK(longer != nullptr, "memory for a header");
    list_ = longer;
    wipe(line);
  }
  [[nodiscard]] curl_slist* get() const { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

class Descriptor {
 public:
  Descriptor() = default;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  void reset(int value) { value_ = value; }
  [[nodiscard]] int get() const { return value_; }

 private:
  int value_ = -1;
};

// For one run.
class Exchange {
 public:
  Exchange(Session& session, const HttpClient::Options& options, const Hop& hop)
      : session_(session), options_(options), hop_(hop) {}

  HttpResult run(const std::stop_token& stop);

 private:
  template <class Value>
  void set(CURLoption option, Value value) {
    const CURLcode code = curl_easy_setopt(session_.easy.get(), option, value);
    VIDEOGEN_CHECK(code == CURLE_OK, fmt::format("curl option {}: {}", static_cast<int>(option),
                                                 curl_easy_strerror(code)));
  }
  Status prepare();
  Status prepare_headers();
  Status prepare_body();
  void prepare_network();
  CURLcode drive(const std::stop_token& stop);
  // The deadline that is next, and what to say when it has passed.
  [[nodiscard]] std::pair<std::optional<Moment>, std::string> next_deadline() const;
  HttpResult finish(CURLcode code, const std::stop_token& stop);
  [[nodiscard]] HttpFailure failure(CURLcode code) const;
  [[nodiscard]] bool is_success() const {
    return response_.status >= 200 && response_.status < 300;
  }

  // libcurl's callbacks.
  static std::size_t on_header(char* text, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* self);
  static std::size_t on_read(char* into, std::size_t size, std::size_t count, void* self);
  static int on_seek(void* self, curl_off_t offset, int origin);
  static int on_connected(void* self, char* remote, char* local, int remote_port, int local_port);
  static curl_socket_t on_open(void* self, curlsocktype purpose, curl_sockaddr* address);
  bool header_line(std::string_view line);
  bool end_of_head();
  bool body_piece(std::span<const std::byte> bytes);
  [[nodiscard]] bool permits(const Ip& ip);
  bool stop_with(Error error) {
    own_error_ = std::move(error);
    return false;
  }

  Session& session_;
  const HttpClient::Options& options_;
  const Hop& hop_;
  HeaderLines lines_;
  std::array<char, CURL_ERROR_SIZE> detail_{};
  Descriptor file_;
  std::uint64_t body_size_ = 0, body_sent_ = 0;

  Response response_;
  std::uint64_t received_ = 0;
  bool head_done_ = false;
  std::optional<Error> own_error_;  // why a callback ended the transfer
  std::string refused_;             // what the guard found
  bool connected_ = false;
  bool answered_ = false;  // a first header has come
  Moment started_{}, active_{};
  std::optional<std::string> late_;  // which deadline has passed
};

}  // namespace videogen::net
