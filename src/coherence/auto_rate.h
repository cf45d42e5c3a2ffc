// How densely `--fps auto` samples a clip at first. Where that leaves a doubt, refine.h takes
// further samples.
#pragma once

#include <optional>

#include "media/probe.h"

namespace videogen::coherence {

// Samples that a clip of this many seconds (at least 0) should have: 16 up to 16 s, one a
// second up to a minute, then 60 √(minutes).
[[nodiscard]] double wanted_samples(double duration_s);

// The lowest of 1/30, 1/20, 1/15, 1/12, 1/10, 1/8, 1/6, 1/5, 1/4, 1/3, 1/2, 1, 2, 3, 4, 5, 6, 8,
// 10, 12, 15, 16, 20, 24, 25, 30, 50 and 60 samples a second that gives wanted_samples() at least,
// but no more than the clip has frames. duration_s: at least 0.
[[nodiscard]] media::Rational base_rate(double duration_s,
                                        std::optional<media::Rational> frame_rate);

}  // namespace videogen::coherence
