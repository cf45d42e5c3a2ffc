#include "net/http_client.h"

#include <mutex>
#include <utility>

#include <curl/curl.h>
#include <fmt/format.h>

#include "net/address.h"
#include "net/exchange_internal.h"

namespace videogen::net {
namespace {

// Connections of more threads than this at once are not kept.
constexpr std::size_t kMostIdle = 16;

void prepare_library() {
  static std::once_flag once;
  std::call_once(once, [] {
    VIDEOGEN_CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK, "libcurl starts");
  });
}

bool redirects(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

HttpFailure as_failure(Error error) {
  HttpFailure failure;
  static_cast<Error&>(failure) = std::move(error);
  return failure;
}

}  // namespace

class HttpClient::Impl {
 public:
  explicit Impl(Options options) : options_(std::move(options)) {
    prepare_library();
    if (options_.user_agent.empty()) options_.user_agent = "videogen/" VIDEOGEN_VERSION;
  }

  HttpResult send(const Request& request, const BodySink* sink, const std::stop_token& stop) {
    std::unique_ptr<Session> session = take();
    HttpResult result = follow(*session, request, sink, stop);
    give_back(std::move(session));
    return result;
  }

 private:
  std::unique_ptr<Session> take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        // The last one used: its connections are the freshest.
        std::unique_ptr<Session> session = std::move(idle_.back());
        idle_.pop_back();
        return session;
      }
    }
    auto session = std::make_unique<Session>();
    VIDEOGEN_CHECK(session->multi && session->easy, "memory for a connection");
    for (const std::string& name : options_.resolve)
      session->names = curl_slist_append(session->names, name.c_str());
    return session;
  }

  void give_back(std::unique_ptr<Session> session) {
    const std::lock_guard lock(mutex_);
    if (idle_.size() < kMostIdle) idle_.push_back(std::move(session));
  }

  // Where a redirect leads. Errors: as send().
  [[nodiscard]] tl::expected<std::string, HttpFailure> target(const std::string& from,
                                                              const std::string& location) const {
    const Result<std::string> next = resolve_address(from, location);
    if (!next) return tl::unexpected(as_failure(next.error()));
    const Result<Address> address = parse_address(*next);
    if (!address) return tl::unexpected(as_failure(address.error()));
    if (from.starts_with("https:") && address->scheme == "http")
      return tl::unexpected(http_failure(ErrorCode::unreachable,
                                         fmt::format("{} redirects to {}, which is not encrypted",
                                                     shown_address(from), shown_address(*next))));
    return *next;
  }

  HttpResult follow(Session& session, const Request& request, const BodySink* sink,
                    const std::stop_token& stop) const {
    std::string url = request.url;
    const Result<Address> first = parse_address(url);
    if (!first) return tl::unexpected(as_failure(first.error()));
    std::optional<Moment> end;
    if (request.deadlines.whole.count() > 0)
      end = std::chrono::steady_clock::now() + request.deadlines.whole;
    const bool may_follow =
        request.most_redirects > 0 && (request.method == "GET" || request.method == "HEAD");
    bool with_secrets = true;
    for (int hops = 0;; ++hops) {
      if (options_.guard) {
        if (const Status good = options_.guard->check(url); !good)
          return tl::unexpected(as_failure(good.error()));
      }
      HttpResult result =
          exchange(session, options_, {request, url, sink, end, with_secrets}, stop);
      if (!result || !may_follow || !redirects(result->status)) return result;
      const std::optional<std::string> location = result->headers.first("Location");
      if (!location) return result;
      if (hops == request.most_redirects)
        return tl::unexpected(http_failure(
            ErrorCode::limit, fmt::format("{} redirects more than {} times",
                                          shown_address(request.url), request.most_redirects)));
      const auto next = target(url, *location);
      if (!next) return tl::unexpected(next.error());
      // Once elsewhere, secrets stay behind, even if it leads back.
      with_secrets = with_secrets && origin(*parse_address(*next)) == origin(*first);
      url = *next;
    }
  }

  Options options_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Session>> idle_;
};

HttpClient::HttpClient(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;
HttpClient::~HttpClient() = default;

HttpResult HttpClient::send(const Request& request, const std::stop_token& stop) const {
  return impl_->send(request, nullptr, stop);
}

HttpResult HttpClient::send(const Request& request, const BodySink& sink,
                            const std::stop_token& stop) const {
  return impl_->send(request, &sink, stop);
}

std::string http_library() {
  const curl_version_info_data* version = curl_version_info(CURLVERSION_NOW);
  return fmt::format("libcurl {}, {}{}", version->version,
                     version->ssl_version == nullptr ? "no TLS" : version->ssl_version,
                     (version->features & CURL_VERSION_HTTP2) != 0 ? ", HTTP/2" : "");
}

}  // namespace videogen::net
