#include <utility>

#include <fmt/format.h>

#include "net/cloud_storage.h"
#include "net/content_range_internal.h"
#include "net/crc32c.h"
#include "net/gunzip.h"

namespace videogen::net {

// One object on its way; lives through as many connections as that takes.
class CloudStorage::Download {
 public:
  Download(const CloudStorage& storage, const ObjectName& object, const ObjectInfo& info,
           const std::function<Status(std::span<const std::byte>)>& sink, std::uint64_t most_bytes,
           const Progress& progress)
      : storage_(storage),
        object_(object),
        info_(info),
        uri_(to_uri(object)),
        sink_(sink),
        most_bytes_(most_bytes),
        progress_(progress) {}

  Status run(const std::stop_token& stop) {
    for (int failures = 0;;) {
      const std::uint64_t before = done_;
      HttpResult result = attempt(stop);
      if (done_ > before) failures = 0;
      if (result && (result->status == 200 || result->status == 206)) {
        if (done_ >= info_.size) return finish();
        result = tl::unexpected(HttpFailure{});  // ended early without saying so
        result.error().transient = true;
        result.error().code = ErrorCode::corrupt;
        result.error().message =
            fmt::format("cannot read {}: {} of {} bytes came", uri_, done_, info_.size);
      }
      if (!worth_repeating(result, Repeat::harmless) ||
          ++failures >= storage_.options_.retries.most_attempts)
        return result ? tl::unexpected(storage_.refused("read " + uri_, *result))
                      : tl::unexpected(static_cast<const Error&>(result.error()));
      VIDEOGEN_TRY(storage_.pause(failures, result, stop));
    }
  }

 private:
  HttpResult attempt(const std::stop_token& stop) {
    Request request{.url = storage_.object_url(object_) + "?alt=media"};
    if (!info_.generation.empty()) request.url += "&generation=" + info_.generation;
    // What is stored, not what it unpacks to: that has the checksum, and ranges.
    request.headers.set("Accept-Encoding", "gzip");
    if (done_ > 0) request.headers.set("Range", fmt::format("bytes={}-", done_));
    request.most_bytes = info_.size;
    const BodySink into{[this](const Response& head) { return begin(head); },
                        [this](std::span<const std::byte> bytes) { return take(bytes); }};
    return storage_.send(request, &into, stop);
  }

  Status begin(const Response& head) {
    skip_ = 0;
    if (head.status == 206) {
      const auto range = parse_served_range(head.headers.first("Content-Range").value_or(""));
      if (!range || range->first != done_ || range->total.value_or(info_.size) != info_.size)
        return wrong("another range of it came than was asked for");
    } else {
      skip_ = done_;  // a service that knows no ranges begins anew
    }
    const bool packed = head.headers.first("Content-Encoding") == "gzip";
    if (info_.content_encoding == "gzip" && !packed && info_.size > 0)
      return wrong("the service unpacked it on the way, so that its checksum cannot be checked");
    if (packed && !gunzip_) gunzip_.emplace();
    return {};
  }

  Status take(std::span<const std::byte> bytes) {
    const auto skipped = static_cast<std::size_t>(std::min<std::uint64_t>(skip_, bytes.size()));
    skip_ -= skipped;
    bytes = bytes.subspan(skipped);
    if (done_ + bytes.size() > info_.size) return wrong("more bytes came than it has");
    sum_.update(bytes);
    done_ += bytes.size();
    if (progress_) progress_(done_, info_.size);
    if (!gunzip_) return give(bytes);
    const Status status = gunzip_->write(bytes, [this](auto plain) { return give(plain); });
    if (!status && status.error().code == ErrorCode::corrupt) return wrong(status.error().message);
    return status;
  }

  Status give(std::span<const std::byte> bytes) {
    given_ += bytes.size();
    if (given_ > most_bytes_)
      return fail(
          ErrorCode::limit,
          fmt::format("{} has more than the {} bytes that are allowed here", uri_, most_bytes_));
    return sink_(bytes);
  }

  [[nodiscard]] Status finish() const {
    if (info_.crc32c && *info_.crc32c != sum_.value())
      return wrong(fmt::format("its checksum (CRC-32C) is {}, not {}: it was damaged on the way",
                               crc32c_text(sum_.value()), crc32c_text(*info_.crc32c)));
    if (gunzip_) {
      if (const Status whole = gunzip_->finish(); !whole) return wrong(whole.error().message);
    }
    return {};
  }

  [[nodiscard]] Status wrong(std::string_view what) const {
    return fail(ErrorCode::corrupt, fmt::format("cannot read {}: {}", uri_, what));
  }

  const CloudStorage& storage_;
  const ObjectName& object_;
  const ObjectInfo& info_;
  const std::string uri_;
  const std::function<Status(std::span<const std::byte>)>& sink_;
  const std::uint64_t most_bytes_;
  const Progress& progress_;
  Crc32c sum_;
  std::optional<Gunzip> gunzip_;
  // Of the stored bytes, and of what the sink has got.
  std::uint64_t done_ = 0, given_ = 0, skip_ = 0;
};

Result<ObjectInfo> CloudStorage::download(
    const ObjectName& object, const std::function<Status(std::span<const std::byte>)>& sink,
    std::uint64_t most_bytes, const Progress& progress, const std::stop_token& stop) const {
  VIDEOGEN_TRY(ObjectInfo found, info(object, stop));
  Download download(*this, object, found, sink, most_bytes, progress);
  VIDEOGEN_TRY(download.run(stop));
  return found;
}

}  // namespace videogen::net
