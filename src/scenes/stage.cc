#include <algorithm>
#include <cmath>
#include <utility>

#include "scenes/defect_internal.h"

namespace videogen::scenes {

Stage::Stage(std::unique_ptr<Source> source, const Clip& clip)
    : source_(std::move(source)),
      rate_(clip.frame_rate),
      asked_(std::max<std::int64_t>(1, std::llround(clip.seconds * rate_.value()))),
      available_(source_->length()) {
  takes_.push_back(source_->original());
}

Stage::Take Stage::add(std::unique_ptr<Reel> reel) {
  takes_.push_back(std::move(reel));
  return takes_.size() - 1;
}

Stage::Take Stage::add_recast(std::uint64_t cast) { return add(source_->recast(cast)); }

Stage::Take Stage::add_stranger(Rng& rng) { return add(source_->stranger(rng)); }

Stage::Take Stage::add_contrast(std::int64_t frame, float rank, Rng& rng) {
  const media::Image original = sketch(kOriginal, frame);
  std::vector<std::pair<float, std::unique_ptr<Reel>>> auditions;
  for (auto& reel : source_->contrasts(frame, rng)) {
    const float unlike = difference(original, reel->sketch(frame));
    auditions.emplace_back(unlike, std::move(reel));
  }
  std::sort(auditions.begin(), auditions.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  const float last = float(auditions.size() - 1);
  return add(std::move(auditions[static_cast<std::size_t>(rank * last + 0.5F)].second));
}

std::int64_t Stage::span(double seconds) const {
  return std::max<std::int64_t>(1, std::llround(seconds * rate_.value()));
}

}  // namespace videogen::scenes
