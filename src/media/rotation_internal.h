// How a display matrix turns the picture.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace videogen::media {

// Row-major, as in ISO 14496-12 `tkhd`: 16.16 fixed point, the last column 2.30.
using DisplayMatrix = std::array<std::int32_t, 9>;

// Clockwise turn in degrees, [0, 360), rounded as ffmpeg rounds (cmdutils.c, get_rotation);
// not a number where the matrix flattens the picture.
[[nodiscard]] double rotation_degrees(const std::optional<DisplayMatrix>& matrix);

// The filters that ffmpeg inserts for it, e.g. "transpose=clock"; empty for none
// (ffmpeg_filter.c, configure_input_video_filter).
[[nodiscard]] std::string rotation_filters(const std::optional<DisplayMatrix>& matrix);

}  // namespace videogen::media
