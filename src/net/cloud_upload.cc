#include <array>
#include <fstream>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "net/address.h"
#include "net/cloud_storage.h"
#include "net/content_range_internal.h"
#include "net/crc32c.h"
#include "net/form.h"
#include "net/object_info_internal.h"

namespace videogen::net {
namespace {

struct Measured {
  std::uint64_t size = 0;
  std::uint32_t crc32c = 0;
};

Result<Measured> measure(const std::filesystem::path& file, const std::stop_token& stop) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return tl::unexpected(file_error("open", file, errno));
  Measured measured;
  Crc32c sum;
  std::vector<char> chunk(1 << 20);
  while (in) {
    if (stop.stop_requested()) return fail(ErrorCode::interrupted, "interrupted");
    in.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
    const auto got = static_cast<std::size_t>(in.gcount());
    sum.update(std::as_bytes(std::span(chunk).first(got)));
    measured.size += got;
  }
  if (in.bad()) return tl::unexpected(file_error("read", file, errno));
  measured.crc32c = sum.value();
  return measured;
}

}  // namespace

// One object on its way up; begins again where the service has forgotten it.
class CloudStorage::Upload {
 public:
  Upload(const CloudStorage& storage, const ObjectName& object, const std::filesystem::path& file,
         std::uint64_t size, const Progress& progress)
      : storage_(storage),
        object_(object),
        uri_(to_uri(object)),
        file_(file),
        size_(size),
        progress_(progress) {}

  Result<ObjectInfo> run(std::string_view content_type, Existing existing,
                         const std::stop_token& stop) {
    constexpr int kMostSessions = 3;
    for (int sessions = 1;; ++sessions) {
      VIDEOGEN_TRY(const std::string session, begin(content_type, existing, stop));
      VIDEOGEN_TRY(std::optional<ObjectInfo> stored, send_all(session, stop));
      if (stored) return *std::move(stored);
      if (sessions == kMostSessions)
        return fail(ErrorCode::unreachable,
                    fmt::format("cannot write {}: the service forgot the upload {} times", uri_,
                                kMostSessions));
    }
  }

 private:
  // The address of a new session; asking twice leaves one unused, which the service drops.
  Result<std::string> begin(std::string_view content_type, Existing existing,
                            const std::stop_token& stop) const {
    Request request{
        .method = "POST",
        .url = fmt::format("{}/upload/storage/v1/b/{}/o?uploadType=resumable&name={}{}",
                           storage_.options_.endpoint, percent_encoded(object_.bucket),
                           percent_encoded(object_.name),
                           existing == Existing::refuse ? "&ifGenerationMatch=0" : ""),
        .headers = {{"Content-Type", "application/json"},
                    {"X-Upload-Content-Type", std::string(content_type)},
                    {"X-Upload-Content-Length", std::to_string(size_)}},
        .body = nlohmann::json{{"name", object_.name}, {"contentType", content_type}}.dump()};
    request.repeatable = true;
    VIDEOGEN_TRY(const Response response, storage_.ask(request, stop));
    if (response.status == 412) return exists();
    const std::optional<std::string> location = response.headers.first("Location");
    if (response.status != 200 && response.status != 201)
      return tl::unexpected(storage_.refused("write " + uri_, response));
    if (!location)
      return fail(ErrorCode::corrupt,
                  fmt::format("cannot write {}: the service names no place for it", uri_));
    return resolve_address(response.url, *location);
  }

  [[nodiscard]] tl::unexpected<Error> exists() const {
    return fail(ErrorCode::usage, fmt::format("{} exists already", uri_));
  }

  // Bytes from done_ on, or with none of them the question how many are there.
  [[nodiscard]] Request piece(const std::string& session, std::uint64_t bytes) const {
    Request request{.method = "PUT", .url = session, .body = FileBody{file_, done_, bytes}};
    request.headers.set("Content-Range", bytes == 0 ? fmt::format("bytes */{}", size_)
                                                    : fmt::format("bytes {}-{}/{}", done_,
                                                                  done_ + bytes - 1, size_));
    return request;
  }

  // nullopt: the session is gone.
  Result<std::optional<ObjectInfo>> send_all(const std::string& session,
                                             const std::stop_token& stop) {
    done_ = 0;
    bool in_doubt = false;
    for (int failures = 0;;) {
      const std::uint64_t bytes =
          in_doubt ? 0 : std::min(storage_.options_.upload_chunk, size_ - done_);
      const std::uint64_t before = done_;
      const HttpResult result = storage_.send(piece(session, bytes), nullptr, stop);
      if (result && (result->status == 200 || result->status == 201)) {
        if (progress_) progress_(size_, size_);
        VIDEOGEN_TRY(ObjectInfo stored, parse_object_info(result->body, uri_));
        return std::optional(std::move(stored));
      }
      if (result && (result->status == 404 || result->status == 410))
        return std::optional<ObjectInfo>();
      if (result && result->status == 412) return exists();
      if (result && result->status == 308) {
        done_ = std::min(size_,
                         parse_kept_range(result->headers.first("Range").value_or("")).value_or(0));
        if (progress_) progress_(done_, size_);
        // All of it is there, and the service has not said so: ask.
        in_doubt = done_ == size_;
        if (done_ > before) {
          failures = 0;
          continue;
        }
        if (bytes == 0 && !in_doubt) continue;  // the answer to the question
      } else if (!worth_repeating(result, Repeat::harmless)) {
        return result ? tl::unexpected(storage_.refused("write " + uri_, *result))
                      : tl::unexpected(static_cast<const Error&>(result.error()));
      } else {
        in_doubt = true;
      }
      if (++failures >= storage_.options_.retries.most_attempts)
        return result ? tl::unexpected(storage_.refused("write " + uri_, *result))
                      : tl::unexpected(static_cast<const Error&>(result.error()));
      VIDEOGEN_TRY(storage_.pause(failures, result, stop));
    }
  }

  const CloudStorage& storage_;
  const ObjectName& object_;
  const std::string uri_;
  const std::filesystem::path& file_;
  const std::uint64_t size_;
  const Progress& progress_;
  std::uint64_t done_ = 0;  // bytes that the service has
};

Result<ObjectInfo> CloudStorage::upload(const ObjectName& object, const std::filesystem::path& file,
                                        std::string_view content_type, Existing existing,
                                        const Progress& progress,
                                        const std::stop_token& stop) const {
  VIDEOGEN_TRY(const Measured measured, measure(file, stop));
  Upload upload(*this, object, file, measured.size, progress);
  VIDEOGEN_TRY(ObjectInfo stored, upload.run(content_type, existing, stop));
  if (stored.size != measured.size || (stored.crc32c && *stored.crc32c != measured.crc32c))
    return fail(ErrorCode::corrupt,
                fmt::format("{} was damaged on its way: {} bytes with checksum {} are stored, not "
                            "{} with {}",
                            to_uri(object), stored.size,
                            stored.crc32c ? crc32c_text(*stored.crc32c) : "unknown", measured.size,
                            crc32c_text(measured.crc32c)));
  return stored;
}

}  // namespace videogen::net
