// When a frame shows anything.
#pragma once

namespace videogen::coherence {

// The 90th percentile of luma, of 255 (38 in video range), under which shapes are hardly visible.
inline constexpr float kHardlyVisible = 26;

}  // namespace videogen::coherence
