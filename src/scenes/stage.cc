#include <algorithm>
#include <cmath>
#include <utility>

#include "scenes/defect_internal.h"

namespace videogen::scenes {
namespace {

constexpr int kSketchHeight = 72;
constexpr std::size_t kAuditions = 3;  // scenes that are looked at before one is taken

// How unlike two sketches are, 0…255.
float difference(const media::Image& a, const media::Image& b) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < a.rgb.size(); ++i) sum += std::abs(int(a.rgb[i]) - int(b.rgb[i]));
  return float(sum) / float(a.rgb.size());
}

}  // namespace

Stage::Stage(const SceneEntry& scene, const Script& script, const Clip& clip)
    : entry_(scene),
      script_(script),
      width_(clip.width),
      height_(clip.height),
      rate_(clip.frame_rate),
      frames_(std::max<std::int64_t>(1, std::llround(clip.seconds * rate_.value()))) {
  takes_.push_back(scene.make(script));
}

Stage::Take Stage::add_recast(std::uint64_t cast) {
  Script script = script_;
  script.cast = cast;
  takes_.push_back(entry_.make(script));
  return takes_.size() - 1;
}

std::unique_ptr<Scene> Stage::audition(const SceneEntry& entry, Rng& rng) const {
  Script script = script_;
  script.seed = rng.next();
  script.cast = script.seed;
  return entry.make(script);
}

Stage::Take Stage::add_stranger(Rng& rng) {
  const auto table = scene_table();
  const auto own = static_cast<std::size_t>(&entry_ - table.data());
  const auto step = 1 + static_cast<std::size_t>(rng.below(static_cast<int>(table.size()) - 1));
  takes_.push_back(audition(table[(own + step) % table.size()], rng));
  return takes_.size() - 1;
}

Stage::Take Stage::add_contrast(std::int64_t frame, float rank, Rng& rng) {
  std::vector<const SceneEntry*> others;
  for (const SceneEntry& entry : scene_table()) {
    if (entry.layout != entry_.layout) others.push_back(&entry);
  }
  for (std::size_t i = others.size(); i > 1; --i) {
    std::swap(others[i - 1], others[static_cast<std::size_t>(rng.below(int(i)))]);
  }
  others.resize(std::min(others.size(), kAuditions));

  const media::Image original = sketch(kOriginal, frame);
  std::vector<std::pair<float, std::unique_ptr<Scene>>> auditions;
  for (const SceneEntry* entry : others) {
    auto scene = audition(*entry, rng);
    const media::Image seen = expose(*scene, frame, original.width, original.height);
    auditions.emplace_back(difference(original, seen), std::move(scene));
  }
  std::sort(auditions.begin(), auditions.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  const float last = float(auditions.size() - 1);
  takes_.push_back(std::move(auditions[static_cast<std::size_t>(rank * last + 0.5F)].second));
  return takes_.size() - 1;
}

media::Image Stage::shoot(Take take, std::int64_t frame) const {
  return expose(*takes_[take], frame, width_, height_);
}

media::Image Stage::sketch(Take take, std::int64_t frame) const {
  const int width = std::max(1, int(std::lround(double(kSketchHeight) * width_ / height_)));
  return expose(*takes_[take], frame, width, kSketchHeight);
}

std::int64_t Stage::span(double seconds) const {
  return std::max<std::int64_t>(1, std::llround(seconds * rate_.value()));
}

media::Image Stage::expose(const Scene& scene, std::int64_t frame, int width, int height) const {
  const double seconds = double(frame) * double(rate_.den) / double(rate_.num);
  Film film(width, height);
  scene.paint(float(seconds), film);
  // Of the seed, not of the scene: where two takes are blended, the grain stays whole.
  const auto grain = hash(static_cast<std::uint32_t>(frame)) ^
                     static_cast<std::uint32_t>(script_.seed * 0x9E3779B97F4A7C15ULL >> 32);
  return film.develop(scene.grade(), grain);
}

}  // namespace videogen::scenes
