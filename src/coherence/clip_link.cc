#include "coherence/clip_link.h"

#include <system_error>
#include <utility>

#include "base/base64.h"
#include "base/file.h"
#include "coherence/html_text_internal.h"

namespace videogen::coherence {
namespace {

namespace fs = std::filesystem;

// By FFmpeg's name of the container: an extension may lie.
std::string media_type(const media::VideoInfo& video) {
  const std::string& container = video.container;
  const auto is = [&](std::string_view name) { return container.find(name) != std::string::npos; };
  if (is("mp4")) return "video/mp4";
  if (is("webm")) {
    const bool webm = video.codec == "vp8" || video.codec == "vp9" || video.codec == "av1";
    return webm ? "video/webm" : "video/x-matroska";
  }
  if (is("ogg")) return "video/ogg";
  if (is("gif")) return "image/gif";
  if (is("apng")) return "image/apng";
  if (is("webp")) return "image/webp";
  return "";
}

ClipLink link_to(const media::VideoInfo& video, std::string url) {
  ClipLink link;
  link.type = media_type(video);
  link.player =
      link.type.starts_with("image/") ? ClipLink::Player::picture : ClipLink::Player::video;
  link.url = std::move(url);
  return link;
}

// The folder's links are followed, the file's own are not: it is the file that the caller named.
fs::path resolved(const fs::path& file) {
  std::error_code error;
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  const fs::path found = fs::weakly_canonical(fs::absolute(folder, error), error);
  return (error ? folder : found) / file.filename();
}

}  // namespace

ClipLink linked_clip(const media::VideoInfo& video, const fs::path& clip, const fs::path& page) {
  const fs::path relative = resolved(clip).lexically_relative(resolved(page).parent_path());
  return link_to(video, path_url((relative.empty() ? clip : relative).string()));
}

Result<ClipLink> embedded_clip(const media::VideoInfo& video, const fs::path& clip) {
  VIDEOGEN_TRY(const std::string bytes, read_file(clip, kMostEmbeddedBytes));
  ClipLink link = link_to(video, "");
  // A data: URL needs a type; video/mp4 lets a browser that does not know the container try.
  link.url = "data:" + (link.type.empty() ? "video/mp4" : link.type) + ";base64," + base64(bytes);
  return link;
}

}  // namespace videogen::coherence
