#include "net/remote_inputs.h"

#include <atomic>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "net/address.h"
#include "net/cloud_access.h"
#include "net/cloud_storage.h"
#include "net/first_bytes.h"
#include "net/resumable_get.h"

namespace videogen::net {
namespace {

bool has_scheme(std::string_view name, std::string_view scheme) {
  return name.size() > scheme.size() && same_name(name.substr(0, scheme.size()), scheme);
}

// A clip on its way into its file: looked at before much of it has come.
class Arriving {
 public:
  Arriving(Spool spool, Accept accept, std::string shown)
      : spool_(std::move(spool)), accept_(accept), shown_(std::move(shown)) {}

  void set_type(std::string type) { type_ = std::move(type); }
  Status append(std::span<const std::byte> bytes) {
    if (!judged_) {
      const std::size_t wanted = std::min(kFirstBytes - head_.size(), bytes.size());
      head_.insert(head_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(wanted));
      if (head_.size() == kFirstBytes) VIDEOGEN_TRY(judge());
    }
    return spool_.append(bytes);
  }
  Status restart() {
    head_.clear();
    judged_ = false;
    return spool_.restart();
  }
  // The finished file. Errors: corrupt.
  Result<Spool> finish() {
    if (spool_.size() == 0)
      return fail(ErrorCode::corrupt, fmt::format("cannot read {}: it is empty", shown_));
    if (!judged_) VIDEOGEN_TRY(judge());
    return std::move(spool_);
  }
  [[nodiscard]] std::uint64_t size() const { return spool_.size(); }

 private:
  Status judge() {
    judged_ = true;
    return check_first_bytes(head_, accept_, shown_, type_);
  }

  Spool spool_;
  Accept accept_;
  std::string shown_, type_;
  std::vector<std::byte> head_;
  bool judged_ = false;
};

// A stop request that also comes when the time is up.
class TimeLimit {
 public:
  TimeLimit(std::chrono::milliseconds limit, const std::stop_token& outer)
      : linked_(outer, [this] { source_.request_stop(); }) {
    if (limit.count() == 0) return;
    timer_ = std::jthread([this, limit](const std::stop_token& done) {
      if (!Timing::real().sleep(limit, done)) return;
      passed_ = true;
      source_.request_stop();
    });
  }
  [[nodiscard]] std::stop_token token() const { return source_.get_token(); }
  [[nodiscard]] bool passed() const { return passed_; }

 private:
  std::stop_source source_;
  std::atomic<bool> passed_{false};
  std::stop_callback<std::function<void()>> linked_;
  std::jthread timer_;
};

}  // namespace

bool is_remote(std::string_view name) {
  return has_scheme(name, "http://") || has_scheme(name, "https://") || has_scheme(name, "gs://");
}

class RemoteInputs::Impl {
 public:
  Impl(RemoteOptions options, Progress progress)
      : options_(std::move(options)), progress_(std::move(progress)), client_(client_options()) {}

  Result<Spool> fetch(const std::string& address, const std::stop_token& stop) {
    const std::string shown = shown_address(address);
    VIDEOGEN_TRY(Spool spool, Spool::begin(shown, options_.most_bytes));
    Arriving arriving(std::move(spool),
                      options_.untrusted ? Accept::known_media : Accept::anything_else, shown);
    if (progress_) progress_(shown, 0, std::nullopt);
    if (has_scheme(address, "gs://")) {
      VIDEOGEN_TRY(fetch_object(address, arriving, stop));
    } else {
      VIDEOGEN_TRY(fetch_http(address, shown, arriving, stop));
    }
    return arriving.finish();
  }

 private:
  HttpClient::Options client_options() const {
    HttpClient::Options options;
    if (options_.untrusted) options.guard = AddressGuard(options_.allowed);
    return options;
  }

  Status fetch_http(const std::string& address, const std::string& shown, Arriving& arriving,
                    const std::stop_token& stop) {
    Request request{.url = address};
    request.most_redirects = 10;
    request.most_bytes = options_.most_bytes;
    request.deadlines.whole = options_.deadline;
    std::optional<std::uint64_t> total;
    const Target target{[&](std::span<const std::byte> bytes) -> Status {
                          VIDEOGEN_TRY(arriving.append(bytes));
                          if (progress_) progress_(shown, arriving.size(), total);
                          return Status();
                        },
                        [&] { return arriving.restart(); },
                        [&](const Response& head, std::optional<std::uint64_t> size) -> Status {
                          total = size;
                          arriving.set_type(head.headers.first("Content-Type").value_or(""));
                          return Status();
                        }};
    // Somebody waits, and a mistyped host is no better after a minute.
    const RetryPolicy policy{.most_attempts = 3, .first = std::chrono::milliseconds(500)};
    VIDEOGEN_TRY([[maybe_unused]] const Response done,
                 resumable_get(client_, request, 0, target, policy, stop));
    return {};
  }

  Status fetch_object(const std::string& address, Arriving& arriving, const std::stop_token& stop) {
    const std::string shown = shown_address(address);
    if (options_.untrusted)
      return fail(ErrorCode::usage,
                  fmt::format("{} is refused: it would be read with the rights of this machine's "
                              "account; --untrusted takes http and https only",
                              shown));
    VIDEOGEN_TRY(const ObjectName object, parse_gs_uri("gs://" + address.substr(5)));
    VIDEOGEN_TRY(const CloudStorage storage, cloud_.storage(stop));
    const TimeLimit limit(options_.deadline, stop);
    const auto done = storage.download(
        object, [&](std::span<const std::byte> bytes) { return arriving.append(bytes); },
        options_.most_bytes,
        [&](std::uint64_t have, std::uint64_t total) {
          if (progress_) progress_(shown, have, total);
        },
        limit.token());
    if (!done && limit.passed() && !stop.stop_requested())
      return fail(ErrorCode::unreachable,
                  fmt::format("cannot read {}: not done within {} s", shown,
                              std::chrono::duration<double>(options_.deadline).count()));
    if (!done) return tl::unexpected(done.error());
    return {};
  }

  const RemoteOptions options_;
  const Progress progress_;
  const HttpClient client_;
  CloudAccess cloud_{client_};
};

RemoteInputs::RemoteInputs(RemoteOptions options, Progress progress)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(progress))) {}
RemoteInputs::RemoteInputs(RemoteInputs&&) noexcept = default;
RemoteInputs::~RemoteInputs() = default;

Result<Spool> RemoteInputs::fetch(const std::string& address, const std::stop_token& stop) {
  return impl_->fetch(address, stop);
}

}  // namespace videogen::net
