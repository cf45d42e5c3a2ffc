// The media type of a clip by its file's name, which keeps the extension that it came with.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace videogen::serve {

[[nodiscard]] inline std::string clip_type(const std::filesystem::path& clip) {
  constexpr std::pair<std::string_view, std::string_view> kTypes[]{
      {".mp4", "video/mp4"},       {".m4v", "video/mp4"},        {".webm", "video/webm"},
      {".mov", "video/quicktime"}, {".mkv", "video/x-matroska"}, {".avi", "video/x-msvideo"}};
  for (const auto& [extension, type] : kTypes)
    if (clip.extension() == extension) return std::string(type);
  return "application/octet-stream";
}

}  // namespace videogen::serve
