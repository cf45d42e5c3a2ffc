// VBench's background consistency, for comparison with published tables.
//
// VBench (background_consistency.py): every frame is embedded by CLIP ViT-B/32 after a resize
// without antialiasing (embed/torch_bicubic.h); for each frame but the first
//   ½ [max(0, cos(fᵢ, fᵢ₋₁)) + max(0, cos(fᵢ, f₀))],
// and the mean of that. It costs an embedding for every frame, so it is computed only when
// asked for.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.h"
#include "coherence/embed_clips.h"
#include "embed/embedder.h"

namespace videogen::coherence {

struct BackgroundConsistency {
  std::optional<double> value{};       // 0…1; absent: `absent` says why
  std::string absent{};                // one sentence
  double lowest = 0, lowest_at_s = 0;  // of single frames, where there is a value
  std::vector<std::string> notes{};    // what makes it differ from published numbers
};

// The formula, frame by frame.
class BackgroundWatch {
 public:
  void add(double time_s, std::span<const float> row);
  [[nodiscard]] BackgroundConsistency finish() const;

 private:
  std::vector<float> first_, last_;
  double sum_ = 0, lowest_ = 2, lowest_at_s_ = 0;
  std::int64_t count_ = 0;
};

// Reads the clip once more, all of its frames. An embedder that is no CLIP is no error: `absent`
// says so. progress(done, expected) may be empty. Errors: as media::FrameReader; interrupted.
[[nodiscard]] Result<BackgroundConsistency> background_consistency(
    const Source& source, const embed::Embedder& embedder, const media::Limits& limits,
    const std::function<void(std::int64_t, std::optional<std::int64_t>)>& progress,
    std::stop_token stop = {});

}  // namespace videogen::coherence
