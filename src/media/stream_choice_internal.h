// Which video stream of a file is read.
#pragma once

#include <optional>

#include "media/libav_internal.h"

namespace videogen::media {

// The stream that `ffmpeg -i X` maps to its output by itself: the largest picture, with a
// head start for streams that are marked default or whose packets were already seen (FFmpeg
// 5.1, fftools/ffmpeg_opt.c, open_output_file). Pictures attached as a cover never count.
[[nodiscard]] std::optional<int> choose_video_stream(const AVFormatContext& file);

}  // namespace videogen::media
