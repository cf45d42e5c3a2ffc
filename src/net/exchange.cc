#include "net/exchange_internal.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>
#include <openssl/crypto.h>

#include "base/file.h"
#include "net/address.h"

namespace videogen::net {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// A body that no sink takes, of a response that is not 2xx: enough for what a service says.
constexpr std::size_t kMostWords = 64 << 10;

// Header lines for libcurl, wiped afterwards: some hold secrets.
class Lines {
 public:
  Lines() = default;
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;
  ~Lines() {
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

double in_seconds(milliseconds wait) { return static_cast<double>(wait.count()) / 1000; }

bool fit_for_a_header(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

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
  Lines lines_;
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

Status Exchange::prepare_headers() {
  const Request& request = hop_.request;
  for (const auto& [name, value] : request.headers.fields()) {
    if (!fit_for_a_header(name) || !fit_for_a_header(value))
      return fail(ErrorCode::usage,
                  fmt::format("the header {} has a line break", printable(name, 60)));
    // libcurl's way to send a field without a value.
    lines_.add(value.empty() ? name + ";" : fmt::format("{}: {}", name, value));
  }
  if (hop_.with_secrets) {
    for (const SecretHeader& secret : request.secret_headers) {
      if (!fit_for_a_header(secret.value.reveal()))
        return fail(ErrorCode::usage,
                    fmt::format("the secret for {} has a line break", printable(secret.name, 60)));
      lines_.add(fmt::format("{}: {}{}", secret.name, secret.prefix, secret.value.reveal()));
    }
  }
  lines_.add("Expect:");  // a pause before each body would be the only effect
  set(CURLOPT_HTTPHEADER, lines_.get());
  return {};
}

Status Exchange::prepare_body() {
  const Request& request = hop_.request;
  if (const auto* text = std::get_if<std::string>(&request.body)) body_size_ = text->size();
  if (const auto* secret = std::get_if<Secret>(&request.body)) body_size_ = secret->reveal().size();
  if (const auto* file = std::get_if<FileBody>(&request.body)) {
    body_size_ = file->size;
    file_.reset(::open(file->path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file_.get() < 0) return tl::unexpected(file_error("open", file->path, errno));
  }
  const bool has_body = !std::holds_alternative<std::monostate>(request.body);
  if (request.method == "HEAD") {
    set(CURLOPT_NOBODY, 1L);
  } else if (has_body || request.method == "POST" || request.method == "PUT") {
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(body_size_));
    set(CURLOPT_READFUNCTION, &Exchange::on_read);
    set(CURLOPT_READDATA, static_cast<void*>(this));
    set(CURLOPT_SEEKFUNCTION, &Exchange::on_seek);
    set(CURLOPT_SEEKDATA, static_cast<void*>(this));
    set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  } else {
    set(CURLOPT_HTTPGET, 1L);
    set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
  const bool repeats_itself =
      request.repeatable || request.method == "GET" || request.method == "HEAD";
  set(CURLOPT_FRESH_CONNECT, repeats_itself ? 0L : 1L);
  return {};
}

void Exchange::prepare_network() {
  const Request& request = hop_.request;
  const auto address = parse_address(hop_.url);
  if (session_.names != nullptr) set(CURLOPT_RESOLVE, session_.names);
  const bool direct = request.direct || !options_.environment_proxy || options_.guard.has_value() ||
                      (address && names_loopback(*address));
  if (direct) set(CURLOPT_PROXY, "");
  if (options_.guard) {
    set(CURLOPT_OPENSOCKETFUNCTION, &Exchange::on_open);
    set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
  }
  std::string certificates = options_.ca_file.string();
  for (const char* name : {"SSL_CERT_FILE", "CURL_CA_BUNDLE"}) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
    if (certificates.empty() && value != nullptr) certificates = value;
  }
  if (!certificates.empty()) set(CURLOPT_CAINFO, certificates.c_str());
  const auto connect = request.deadlines.connect.count();
  set(CURLOPT_CONNECTTIMEOUT_MS, connect > 0 ? static_cast<long>(connect) : 86'400'000L);
}

Status Exchange::prepare() {
  curl_easy_reset(session_.easy.get());
  set(CURLOPT_ERRORBUFFER, detail_.data());
  set(CURLOPT_URL, hop_.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_QUICK_EXIT, 1L);  // a name that is being resolved does not hold up a stop
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  // A wish: libcurl refuses it where the handle has a buffer left from a host that it could not
  // resolve.
  curl_easy_setopt(session_.easy.get(), CURLOPT_BUFFERSIZE, 256L << 10);
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(CURLOPT_USERAGENT, options_.user_agent.c_str());
  set(CURLOPT_HEADERFUNCTION, &Exchange::on_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(CURLOPT_WRITEFUNCTION, &Exchange::on_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(this));
  set(CURLOPT_PREREQFUNCTION, &Exchange::on_connected);
  set(CURLOPT_PREREQDATA, static_cast<void*>(this));
  prepare_network();
  VIDEOGEN_TRY(prepare_headers());
  return prepare_body();
}

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

std::pair<std::optional<Moment>, std::string> Exchange::next_deadline() const {
  const Deadlines& deadlines = hop_.request.deadlines;
  std::optional<Moment> next = hop_.end;
  std::string what = fmt::format("not done within {} s", in_seconds(deadlines.whole));
  const auto consider = [&](Moment from, milliseconds wait, std::string_view said) {
    if (wait.count() == 0 || (next && *next <= from + wait)) return;
    next = from + wait;
    what = fmt::format("{} for {} s", said, in_seconds(wait));
  };
  if (!connected_) {
    consider(started_, deadlines.connect, "no connection");
  } else if (!answered_ && body_sent_ == body_size_) {
    consider(active_, deadlines.first_byte, "no answer");
  } else {
    consider(active_, deadlines.stall, "not a byte");
  }
  return {next, what};
}

CURLcode Exchange::drive(const std::stop_token& stop) {
  CURLM* multi = session_.multi.get();
  const std::stop_callback wake(stop, [multi] { curl_multi_wakeup(multi); });
  while (true) {
    int running = 0;
    const CURLMcode code = curl_multi_perform(multi, &running);
    VIDEOGEN_CHECK(code == CURLM_OK, curl_multi_strerror(code));
    if (running == 0) break;
    if (stop.stop_requested()) return CURLE_ABORTED_BY_CALLBACK;
    const auto [deadline, what] = next_deadline();
    constexpr std::int64_t kLongest_ms = 1000;
    std::int64_t wait = kLongest_ms;
    if (deadline) {
      const auto left = std::chrono::ceil<milliseconds>(*deadline - Clock::now()).count();
      if (left <= 0) {
        late_ = what;
        return CURLE_OPERATION_TIMEDOUT;
      }
      wait = std::min(wait, static_cast<std::int64_t>(left));
    }
    curl_multi_poll(multi, nullptr, 0, static_cast<int>(wait), nullptr);
  }
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi, &left))
    if (message->msg == CURLMSG_DONE) return message->data.result;
  return CURLE_ABORTED_BY_CALLBACK;
}

HttpFailure Exchange::failure(CURLcode code) const {
  using Taken = HttpFailure::Taken;
  const Taken taken = connected_ ? Taken::unknown : Taken::no;
  const std::string shown = shown_address(hop_.url);
  if (own_error_) {
    HttpFailure own;
    static_cast<Error&>(own) = *own_error_;
    own.taken = taken;
    return own;
  }
  if (!refused_.empty())
    return http_failure(ErrorCode::usage, fmt::format("{} is refused: {}", shown, refused_), taken);
  const char* said = detail_[0] != '\0' ? detail_.data() : curl_easy_strerror(code);
  const auto unreachable = [&](std::string_view why, bool transient = true) {
    return http_failure(ErrorCode::unreachable, fmt::format("cannot reach {}: {}", shown, why),
                        taken, transient);
  };
  switch (code) {
    case CURLE_UNSUPPORTED_PROTOCOL:  // after the connection: what came is not HTTP
      if (connected_)
        return http_failure(ErrorCode::corrupt,
                            fmt::format("{} does not speak HTTP ({})", shown, said), taken);
      [[fallthrough]];
    case CURLE_URL_MALFORMAT:
      return http_failure(ErrorCode::usage, fmt::format("{} is no address: {}", shown, said));
    case CURLE_COULDNT_RESOLVE_HOST:
      return unreachable("no such host, or no network");
    case CURLE_COULDNT_RESOLVE_PROXY:
      return unreachable("the proxy that the environment names has no address");
    case CURLE_OPERATION_TIMEDOUT:
      if (late_ || connected_) return unreachable(late_.value_or(said));
      return unreachable(
          fmt::format("no connection within {} s", in_seconds(hop_.request.deadlines.connect)));
    case CURLE_PEER_FAILED_VERIFICATION:
      return unreachable(fmt::format("its certificate is not trusted ({})", said), false);
    case CURLE_SSL_CACERT_BADFILE:
      return unreachable(fmt::format("no certificates to trust ({})", said), false);
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return unreachable(fmt::format("the connection broke ({})", said));
    case CURLE_WEIRD_SERVER_REPLY:
      return http_failure(ErrorCode::corrupt,
                          fmt::format("{} does not speak HTTP ({})", shown, said), taken);
    default:
      return unreachable(said);
  }
}

HttpResult Exchange::finish(CURLcode code, const std::stop_token& stop) {
  if (code != CURLE_OK) {
    if (stop.stop_requested() && !own_error_)
      return tl::unexpected(
          http_failure(ErrorCode::interrupted, "interrupted",
                       connected_ ? HttpFailure::Taken::unknown : HttpFailure::Taken::no));
    return tl::unexpected(failure(code));
  }
  response_.url = hop_.url;
  return std::move(response_);
}

HttpResult Exchange::run(const std::stop_token& stop) {
  if (const Status status = prepare(); !status) {
    HttpFailure own;
    static_cast<Error&>(own) = status.error();
    return tl::unexpected(own);
  }
  started_ = active_ = Clock::now();
  curl_multi_add_handle(session_.multi.get(), session_.easy.get());
  const CURLcode code = drive(stop);
  curl_multi_remove_handle(session_.multi.get(), session_.easy.get());
  // What libcurl holds of this object ends here.
  curl_easy_reset(session_.easy.get());
  return finish(code, stop);
}

}  // namespace

HttpFailure http_failure(ErrorCode code, std::string message, HttpFailure::Taken taken,
                         bool transient) {
  HttpFailure failure;
  failure.code = code;
  failure.message = std::move(message);
  failure.where = std::source_location::current();
  failure.taken = taken;
  failure.transient = transient;
  return failure;
}

HttpResult exchange(Session& session, const HttpClient::Options& options, const Hop& hop,
                    const std::stop_token& stop) {
  return Exchange(session, options, hop).run(stop);
}

}  // namespace videogen::net
