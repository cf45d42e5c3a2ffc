// How a page gets at the clip that it is about.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/error.h"
#include "media/probe.h"

namespace videogen::coherence {

struct ClipLink {
  enum class Player { none, video, picture };  // picture: an animation that browsers show as one
  Player player = Player::none;
  std::string url;   // relative to the page, or data:
  std::string type;  // "video/mp4"; empty: no name that browsers know
  std::string why;   // why there is no player, one sentence; empty where there is one
  [[nodiscard]] bool embedded() const { return url.starts_with("data:"); }
};

// A relative link from the folder of `page` to `clip`. Folders' symbolic links are followed.
[[nodiscard]] ClipLink linked_clip(const media::VideoInfo& video, const std::filesystem::path& clip,
                                   const std::filesystem::path& page);

// The clip's bytes inside the page. Browsers read no data: URL past some hundred megabytes, and
// the text is a third larger than the clip. Errors: limit, and as read_file().
inline constexpr std::uint64_t kMostEmbeddedBytes = std::uint64_t{128} << 20;
[[nodiscard]] Result<ClipLink> embedded_clip(const media::VideoInfo& video,
                                             const std::filesystem::path& clip);

}  // namespace videogen::coherence
