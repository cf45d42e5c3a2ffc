#include "generate/videos.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/file.h"
#include "generate/service_internal.h"
#include "net/address.h"
#include "net/form.h"
#include "net/resumable_get.h"

namespace videogen::generate {
namespace {

using net::HttpResult;
using net::Repeat;

PollFailure failure(Error error, bool may_heal) {
  PollFailure made;
  static_cast<Error&>(made) = std::move(error);
  made.may_heal = may_heal;
  return made;
}

class Videos final : public Backend {
 public:
  Videos(const net::HttpClient& client, VideosOptions options, const net::Timing& timing)
      : client_(client),
        options_(std::move(options)),
        service_{client, timing, options_.retries, options_.traceparent, options_.on_pause} {
    std::string& base = options_.base_url;
    while (base.ends_with('/')) base.pop_back();
    if (base.ends_with("/v1")) base.resize(base.size() - 3);
  }

  [[nodiscard]] std::string name() const override { return "videos"; }
  [[nodiscard]] std::string place() const override { return options_.base_url; }
  [[nodiscard]] int most_samples() const override { return 1; }

  [[nodiscard]] Status prepare(const Order& order, const std::stop_token& /*stop*/) override {
    VIDEOGEN_TRY([[maybe_unused]] const net::Address address,
                 net::parse_address(options_.base_url));
    VIDEOGEN_TRY(prepared_, videos_request(order, options_.body));
    return {};
  }

  [[nodiscard]] Submission submit(const Order& order, const std::stop_token& stop,
                                  const std::stop_token& cut) override {
    const std::string action = fmt::format("{} ({})", options_.base_url, order.model);
    net::Request request;
    request.method = "POST";
    request.url = options_.base_url + "/v1/videos";
    request.headers.add("Content-Type", prepared_.content_type);
    request.body = std::exchange(prepared_.body, {});
    request.deadlines.first_byte = options_.first_byte;
    const HttpResult result =
        service_.ask(request, Repeat::only_if_not_taken, identity(), stop, cut);
    Submission submission = submission_of(result, action);
    if (submission.state != Submission::State::accepted) return submission;
    submission.operation = read_video_id(result->body);
    if (submission.operation.empty()) return without_name(action, *result);
    return submission;
  }

  [[nodiscard]] PollResult poll(const std::string& operation, int /*samples*/,
                                const std::stop_token& stop) override {
    if (operation.empty())
      return tl::unexpected(failure(
          {ErrorCode::usage, "the id of the video is empty", std::source_location::current()},
          false));
    net::Request request;
    request.url = video_url(operation);
    request.deadlines.first_byte = options_.first_byte;
    request.most_redirects = 3;
    const HttpResult result = service_.ask(request, Repeat::harmless, identity(), stop, stop);
    if (!result) return tl::unexpected(failure(result.error(), may_heal(result)));
    if (result->status == 404 || result->status == 410) {
      Poll poll;
      poll.state = Poll::State::gone;
      poll.message = net::http_error("find the video", *result).message;
      return poll;
    }
    if (result->status != 200)
      return tl::unexpected(failure(refusal("ask for the video", *result), may_heal(result)));
    auto read = read_video(result->body);
    if (!read) return tl::unexpected(failure(read.error(), true));
    for (Clip& clip : read->clips) clip.uri = video_url(operation) + "/content";
    return *std::move(read);
  }

  [[nodiscard]] Status download(const Clip& clip, const std::filesystem::path& path,
                                const Fetched& progress, const std::stop_token& stop) override;

 private:
  [[nodiscard]] std::string video_url(const std::string& id) const {
    return fmt::format("{}/v1/videos/{}", options_.base_url, net::percent_encoded(id));
  }
  [[nodiscard]] Identity identity() const {
    Identity who;
    if (!options_.key.empty())
      who.key = net::SecretHeader{"Authorization", "Bearer ", options_.key};
    return who;
  }

  const net::HttpClient& client_;
  VideosOptions options_;
  Service service_;
  VideosRequest prepared_;
};

Status Videos::download(const Clip& clip, const std::filesystem::path& path,
                        const Fetched& progress, const std::stop_token& stop) {
  net::Request request;
  request.url = clip.uri;
  request.deadlines.first_byte = options_.first_byte;
  request.most_redirects = 5;  // gateways send to a store
  request.most_bytes = kMostClipBytes;
  if (const auto key = identity().key) request.secret_headers.push_back(*key);
  std::optional<AtomicFile> file;
  std::uint64_t size = 0;
  std::optional<std::uint64_t> total;
  const auto begin = [&]() -> Status {
    VIDEOGEN_TRY(file, AtomicFile::create(path, AtomicFile::Existing::replace));
    size = 0;
    return {};
  };
  VIDEOGEN_TRY(begin());
  const net::Target target{
      [&](std::span<const std::byte> bytes) -> Status {
        VIDEOGEN_TRY(file->write(bytes));
        size += bytes.size();
        if (progress) progress(size, total);
        return {};
      },
      begin,
      [&](const net::Response& /*head*/, std::optional<std::uint64_t> all) -> Status {
        total = all;
        return {};
      }};
  VIDEOGEN_TRY(
      [[maybe_unused]] const net::Response done,
      net::resumable_get(client_, request, 0, target, options_.retries, stop, service_.timing));
  if (size == 0)
    return fail(ErrorCode::corrupt,
                fmt::format("cannot use {}: it is empty", net::shown_address(clip.uri)));
  return file->commit();
}

}  // namespace

std::unique_ptr<Backend> make_videos(const net::HttpClient& client, VideosOptions options,
                                     const net::Timing& timing) {
  return std::make_unique<Videos>(client, std::move(options), timing);
}

}  // namespace videogen::generate
