#include "net/exchange_state_internal.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "base/file.h"
#include "net/address.h"

namespace videogen::net {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

bool fit_for_a_header(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

}  // namespace

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

HttpResult exchange(Session& session, const HttpClient::Options& options, const Hop& hop,
                    const std::stop_token& stop) {
  return Exchange(session, options, hop).run(stop);
}

}  // namespace videogen::net
