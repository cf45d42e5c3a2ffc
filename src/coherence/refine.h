// The second half of `--fps auto`: further samples where those of the base rate leave a doubt.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.h"
#include "coherence/report.h"
#include "coherence/timeline.h"
#include "embed/embedder.h"
#include "media/probe.h"

namespace videogen::coherence {

inline constexpr std::size_t kMostDoubts = 16;
// Halved three times: at most so many further samples between two.
inline constexpr std::size_t kMostBetween = 7;
// Similarities under threshold + kDoubt are too near to it to be left alone.
inline constexpr double kDoubt = 0.05;

// A pair of neighbouring samples, i and i + 1.
struct Doubt {
  std::size_t pair = 0;
  std::string why;            // "similarity 0.82", "flash", "motion"
  std::vector<double> times;  // are looked at whatever the similarities; sorted
};

// By pair, at most kMostDoubts; what is left out is what stands out least. In this order:
// events in the middle of a pair (without drift, and without cuts in multi-shot), similarities
// near or under the threshold, motion over twice the clip's usual one. `analysis`: null where
// frames were not looked at.
[[nodiscard]] std::vector<Doubt> doubts_of(const Timeline& samples, const Analysis* analysis,
                                           double threshold, bool multi_shot);

struct Refining {
  const std::filesystem::path& path;
  const embed::Embedder& embedder;
  double threshold = 0.85;
  media::Limits limits{};
};

// Reads what lies within the doubtful pairs once more, and takes the frame nearest to the
// middle of a pair, then of each half that is still in doubt, and so on; all into `samples`.
// Returns where samples were added. Errors: as media::FrameReader; corrupt (the
// model gave a number that is none); interrupted.
[[nodiscard]] Result<std::vector<Report::Refined>> refine(const Refining& what,
                                                          const std::vector<Doubt>& doubts,
                                                          Timeline& samples,
                                                          const std::stop_token& stop);

}  // namespace videogen::coherence
