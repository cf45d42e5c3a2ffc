#include "cli/cloud_copy.h"

#include <cstdint>

#include <fmt/format.h>

#include "net/cloud_access.h"
#include "net/cloud_storage.h"

namespace videogen::cli {

Result<std::string> cloud_place(std::string_view flag, const std::string& uri) {
  const auto object = net::parse_gs_uri(uri);
  if (!object)
    return fail(ErrorCode::usage,
                fmt::format("{} {}: must be gs://BUCKET/OBJECT", flag, printable(uri, 80)));
  return uri;
}

Status copy_to_cloud(const std::filesystem::path& clip, const std::string& uri,
                     AtomicFile::Existing existing, Context& context) {
  VIDEOGEN_TRY(const net::ObjectName object, net::parse_gs_uri(uri));
  const net::HttpClient client;
  net::CloudAccess cloud(client);
  const std::stop_token stop = context.interruption.token();
  VIDEOGEN_TRY(const net::CloudStorage storage, cloud.storage(stop));
  using Existing = net::CloudStorage::Existing;
  const auto stored = storage.upload(
      object, clip, "video/mp4",
      existing == AtomicFile::Existing::replace ? Existing::replace : Existing::refuse,
      [&](std::uint64_t done, std::uint64_t total) {
        context.console.progress("storing", "bytes", static_cast<std::int64_t>(done),
                                 static_cast<std::int64_t>(total));
      },
      stop);
  context.console.clear_progress();
  if (stored) return {};
  Error error = stored.error();
  error.message = fmt::format("{}{} (the clip is in {})", error.message,
                              error.code == ErrorCode::usage ? "; --force replaces it" : "",
                              printable(clip.string()));
  return tl::unexpected(std::move(error));
}

}  // namespace videogen::cli
