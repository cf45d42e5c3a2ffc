// A rendered scene as a source; other scenes are what is foreign to it.
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "scenes/source_internal.h"

namespace videogen::scenes {
namespace {

constexpr std::size_t kAuditions = 3;  // scenes that are looked at before one is taken

struct Format {
  int width, height;
  media::Rational rate;
  std::uint64_t seed;  // of the grain
};

class SceneReel final : public Reel {
 public:
  SceneReel(std::unique_ptr<Scene> scene, const Format& format)
      : scene_(std::move(scene)), format_(format) {}

  [[nodiscard]] media::Image shoot(std::int64_t frame) const override {
    return expose(frame, format_.width, format_.height);
  }
  [[nodiscard]] media::Image sketch(std::int64_t frame) const override {
    return expose(frame, sketch_width(format_.width, format_.height), kSketchHeight);
  }

 private:
  [[nodiscard]] media::Image expose(std::int64_t frame, int width, int height) const {
    const double seconds = double(frame) * double(format_.rate.den) / double(format_.rate.num);
    Film film(width, height);
    scene_->paint(float(seconds), film);
    // Of the seed, not of the scene: where two takes are blended, the grain stays whole.
    const auto grain = hash(static_cast<std::uint32_t>(frame)) ^
                       static_cast<std::uint32_t>(format_.seed * 0x9E3779B97F4A7C15ULL >> 32);
    return film.develop(scene_->grade(), grain);
  }

  std::unique_ptr<Scene> scene_;
  Format format_;
};

class SceneSource final : public Source {
 public:
  SceneSource(const SceneEntry& entry, const Clip& clip)
      : entry_(entry),
        script_{clip.seed, clip.seed, float(clip.width) / float(clip.height),
                // A jump looks at most a second ahead.
                float(clip.seconds) + 1.5F * float(clip.defects.size())},
        format_{clip.width, clip.height, clip.frame_rate, clip.seed} {}

  [[nodiscard]] std::unique_ptr<Reel> original() const override {
    return std::make_unique<SceneReel>(entry_.make(script_), format_);
  }

  [[nodiscard]] std::unique_ptr<Reel> recast(std::uint64_t cast) const override {
    Script script = script_;
    script.cast = cast;
    return std::make_unique<SceneReel>(entry_.make(script), format_);
  }

  [[nodiscard]] std::unique_ptr<Reel> stranger(Rng& rng) const override {
    const auto table = scene_table();
    const auto own = static_cast<std::size_t>(&entry_ - table.data());
    const auto step = 1 + static_cast<std::size_t>(rng.below(static_cast<int>(table.size()) - 1));
    return audition(table[(own + step) % table.size()], rng);
  }

  // Scenes of the other layout.
  [[nodiscard]] std::vector<std::unique_ptr<Reel>> contrasts(std::int64_t /*frame*/,
                                                             Rng& rng) const override {
    std::vector<const SceneEntry*> others;
    for (const SceneEntry& entry : scene_table()) {
      if (entry.layout != entry_.layout) others.push_back(&entry);
    }
    for (std::size_t i = others.size(); i > 1; --i) {
      std::swap(others[i - 1], others[static_cast<std::size_t>(rng.below(int(i)))]);
    }
    others.resize(std::min(others.size(), kAuditions));
    std::vector<std::unique_ptr<Reel>> reels;
    for (const SceneEntry* entry : others) reels.push_back(audition(*entry, rng));
    return reels;
  }

  [[nodiscard]] std::int64_t length() const override {
    return std::numeric_limits<std::int64_t>::max();
  }
  [[nodiscard]] bool rendered() const override { return true; }

 private:
  [[nodiscard]] std::unique_ptr<Reel> audition(const SceneEntry& entry, Rng& rng) const {
    Script script = script_;
    script.seed = rng.next();
    script.cast = script.seed;
    return std::make_unique<SceneReel>(entry.make(script), format_);
  }

  const SceneEntry& entry_;
  Script script_;
  Format format_;
};

}  // namespace

int sketch_width(int width, int height) {
  return std::max(1, int(std::lround(double(kSketchHeight) * width / height)));
}

float difference(const media::Image& a, const media::Image& b) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < a.rgb.size(); ++i) sum += std::abs(int(a.rgb[i]) - int(b.rgb[i]));
  return float(sum) / float(a.rgb.size());
}

std::unique_ptr<Source> make_scene_source(const SceneEntry& scene, const Clip& clip) {
  return std::make_unique<SceneSource>(scene, clip);
}

}  // namespace videogen::scenes
