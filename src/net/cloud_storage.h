// Google Cloud Storage through its JSON API: objects down and up, whole and checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/error.h"
#include "net/google_credentials.h"
#include "net/http_client.h"
#include "net/retry.h"

namespace videogen::net {

struct ObjectName {
  std::string bucket, name;
};
// Of "gs://bucket/a/name". Errors: usage.
[[nodiscard]] Result<ObjectName> parse_gs_uri(std::string_view uri);
[[nodiscard]] std::string to_uri(const ObjectName& object);

struct ObjectInfo {
  std::uint64_t size = 0;  // as it is stored
  std::string generation;
  std::optional<std::uint32_t> crc32c;
  std::string content_type, content_encoding, etag;
};

// For several threads at once. What it is given lives longer.
class CloudStorage {
 public:
  struct Options {
    // Empty: STORAGE_EMULATOR_HOST (which is asked without credentials), else Google's.
    std::string endpoint{};
    RetryPolicy retries{};
    std::uint64_t upload_chunk = std::uint64_t{256} << 20;  // a multiple of 256 KiB
  };
  // Bytes that are through so far, of how many.
  using Progress = std::function<void(std::uint64_t done, std::uint64_t total)>;

  // Without credentials only public objects can be read; `why_none` then goes into the error of
  // one that is not.
  CloudStorage(const HttpClient& client, GoogleCredentials* credentials, Options options,
               std::string why_none = {}, const Timing& timing = Timing::real());

  // Errors: not_found, unreachable (no right to it, network), corrupt, interrupted.
  [[nodiscard]] Result<ObjectInfo> info(const ObjectName& object,
                                        const std::stop_token& stop) const;

  // The object into the sink, from its first byte to its last. A transfer that breaks goes on
  // where it stopped, in the same generation. An object with Content-Encoding gzip is unpacked;
  // the checksum is of what is stored. What the sink has got counts only if this succeeds.
  // Errors: as info(); limit (`most_bytes` of what the sink gets); corrupt (the checksum, with
  // both); those of the sink.
  [[nodiscard]] Result<ObjectInfo> download(
      const ObjectName& object, const std::function<Status(std::span<const std::byte>)>& sink,
      std::uint64_t most_bytes, const Progress& progress, const std::stop_token& stop) const;

  enum class Existing { replace, refuse };
  // A resumable upload, which goes on where it stopped and begins anew where the service has
  // forgotten it. Errors: as info(); usage (the object exists, under `refuse`); corrupt (the
  // checksum of what was stored).
  [[nodiscard]] Result<ObjectInfo> upload(const ObjectName& object,
                                          const std::filesystem::path& file,
                                          std::string_view content_type, Existing existing,
                                          const Progress& progress,
                                          const std::stop_token& stop) const;

 private:
  class Download;
  class Upload;
  [[nodiscard]] std::string object_url(const ObjectName& object) const;
  // With a token where there are credentials; a 401 gets one fresh token.
  [[nodiscard]] HttpResult send(Request request, const BodySink* sink,
                                const std::stop_token& stop) const;
  // The same, again and again where that may help.
  [[nodiscard]] HttpResult ask(const Request& request, const std::stop_token& stop) const;
  [[nodiscard]] Error refused(std::string_view action, const Response& response) const;
  // Sleeps after the n-th failure in a row. Errors: interrupted.
  [[nodiscard]] Status pause(int failures, const HttpResult& result,
                             const std::stop_token& stop) const;

  const HttpClient& client_;
  GoogleCredentials* credentials_;
  Options options_;
  std::string why_none_;
  const Timing& timing_;
};

}  // namespace videogen::net
