// What a clip is made of: a rendered scene or footage, and what else could be shown there.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <vector>

#include "scenes/random_internal.h"
#include "scenes/scene.h"
#include "scenes/stage_internal.h"

namespace videogen::scenes {

constexpr int kSketchHeight = 72;
// As wide as the clip is in proportion.
[[nodiscard]] int sketch_width(int width, int height);

// Moving pictures without end. Immutable: any frame, in any order, from any thread.
class Reel {
 public:
  Reel() = default;
  Reel(const Reel&) = delete;
  Reel& operator=(const Reel&) = delete;
  virtual ~Reel() = default;

  // At the size of the clip.
  [[nodiscard]] virtual media::Image shoot(std::int64_t frame) const = 0;
  // The same, kSketchHeight high: for choosing where and with what to do damage.
  [[nodiscard]] virtual media::Image sketch(std::int64_t frame) const = 0;
};

// Outlives the reels that it gives.
class Source {
 public:
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;

  [[nodiscard]] virtual std::unique_ptr<Reel> original() const = 0;
  // The same place and light with other things in it, as far as the source can show that.
  [[nodiscard]] virtual std::unique_ptr<Reel> recast(std::uint64_t cast) const = 0;
  // Something else.
  [[nodiscard]] virtual std::unique_ptr<Reel> stranger(Rng& rng) const = 0;
  // Some that could be cut to, at least one.
  [[nodiscard]] virtual std::vector<std::unique_ptr<Reel>> contrasts(std::int64_t frame,
                                                                     Rng& rng) const = 0;
  // Frames that there are of the original.
  [[nodiscard]] virtual std::int64_t length() const = 0;
  // Whether its clips are a promise to keep: the same seed, the same pixels as ever.
  [[nodiscard]] virtual bool rendered() const = 0;
};

// How unlike two pictures of one size are, 0…255: mean over pixels and channels.
[[nodiscard]] float difference(const media::Image& a, const media::Image& b);

[[nodiscard]] std::unique_ptr<Source> make_scene_source(const SceneEntry& scene, const Clip& clip);

// Fills in what the clip leaves to its footage, its length excepted. Errors: as media::probe;
// unsupported (the footage has no frame rate).
[[nodiscard]] Status fill_in_from_footage(Clip& clip);
// Reads the footage and fills in the length. Errors: as media::FrameReader; usage (the footage
// is shorter than the clip); limit (its frames don't fit into memory).
[[nodiscard]] Result<std::unique_ptr<Source>> read_footage(Clip& clip, const std::stop_token& stop);

}  // namespace videogen::scenes
