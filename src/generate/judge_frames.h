// The frames of a clip that a judge sees.
#pragma once

#include <filesystem>
#include <stop_token>
#include <vector>

#include "base/error.h"
#include "media/image.h"

namespace videogen::generate {

struct JudgeFrame {
  double time_s = 0;
  media::Image picture;  // of the clip's shape
};

// At most `count` frames, evenly spread over the clip, neither side over `most_pixels`; smaller
// ones stay as they are. A clip with fewer frames gives those. Errors: as media::FrameReader.
[[nodiscard]] Result<std::vector<JudgeFrame>> judge_frames(const std::filesystem::path& clip,
                                                           int count, int most_pixels,
                                                           const std::stop_token& stop);

// All in one picture, row by row, on black; columns as near to a square as can be.
// frames: not empty, all of one size.
[[nodiscard]] media::Image contact_sheet(const std::vector<JudgeFrame>& frames);

}  // namespace videogen::generate
