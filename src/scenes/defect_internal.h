// What a planted defect does, and the table of kinds.
//
// A frame n of a damaged clip is made in three steps: `held` says which frame is repeated
// there, `redirect` what is shown then, `damage` works on the pixels. Each effect overrides
// the steps it needs, so several in one clip compose.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "scenes/region_internal.h"
#include "scenes/source_internal.h"

namespace videogen::scenes {

// What can be shown: takes, and the moments of each. Effects add takes while they are planted;
// from then on the stage is immutable.
class Stage {
 public:
  using Take = std::size_t;
  static constexpr Take kOriginal = 0;

  Stage(std::unique_ptr<Source> source, const Clip& clip);

  // The same place and light with other things in it; in footage, something else.
  Take add_recast(std::uint64_t cast);
  // Anything else.
  Take add_stranger(Rng& rng);
  // Something else that could be cut to. `rank` 0…1 chooses, among some, between the one most
  // like the original at the frame and the one least like it.
  Take add_contrast(std::int64_t frame, float rank, Rng& rng);
  // Frames that will never be shown: a clip from footage is shorter by them.
  void skip(std::int64_t frames) { available_ -= frames; }

  [[nodiscard]] media::Image shoot(Take take, std::int64_t frame) const {
    return takes_[take]->shoot(frame);
  }
  // The same, small: for choosing where and with what to do damage.
  [[nodiscard]] media::Image sketch(Take take, std::int64_t frame) const {
    return takes_[take]->sketch(frame);
  }
  // A duration in frames, at least one.
  [[nodiscard]] std::int64_t span(double seconds) const;
  [[nodiscard]] std::int64_t frames() const { return std::min(asked_, available_); }
  [[nodiscard]] bool rendered() const { return source_->rendered(); }

 private:
  Take add(std::unique_ptr<Reel> reel);

  std::unique_ptr<Source> source_;
  media::Rational rate_;
  std::int64_t asked_, available_;
  std::vector<std::unique_ptr<Reel>> takes_;  // after source_, which outlives them
};

struct Moment {
  Stage::Take take = Stage::kOriginal;
  std::int64_t frame = 0;
};

// Immutable once planted; called from many threads.
class Effect {
 public:
  Effect() = default;
  Effect(const Effect&) = delete;
  Effect& operator=(const Effect&) = delete;
  virtual ~Effect() = default;

  [[nodiscard]] virtual std::int64_t held(std::int64_t frame) const { return frame; }
  virtual void redirect(Moment& /*moment*/, std::int64_t /*frame*/) const {}
  // `frame` lies in or after the planted range, or not: the effect decides.
  virtual void damage(media::Image& /*image*/, std::int64_t /*frame*/,
                      const Stage& /*stage*/) const {}
};

// Asks for a defect at a frame. The same order with another severity makes the same choices
// (style, place), more or less of them.
struct Order {
  std::int64_t first = 0;
  Severity severity = Severity::medium;
  std::uint64_t seed = 0;
  std::string style;  // one of the kind's; empty: the seed chooses

  // One of three by severity.
  template <class T>
  [[nodiscard]] T graded(T light, T medium, T heavy) const {
    return severity == Severity::light ? light : severity == Severity::medium ? medium : heavy;
  }
};

struct Planting {
  std::int64_t last = 0;  // last frame that it damages or, if it persists, is at work in
  std::unique_ptr<Effect> effect;
  std::optional<Region> region{};  // where it is at its first frame; absent: everywhere
};

struct DefectEntry {
  std::string_view kind;
  std::string_view description;  // one line for --help
  Planting (*plant)(const Order&, Stage&);
  bool instant = false;  // happens between two frames: no duration
  bool hides = false;    // nothing else can be seen while it lasts
  std::span<const std::string_view> styles{};
};
[[nodiscard]] std::span<const DefectEntry> defect_table();

// Families, one file each.
Planting plant_cut(const Order&, Stage&);
Planting plant_jump(const Order&, Stage&);
Planting plant_freeze(const Order&, Stage&);
Planting plant_flash(const Order&, Stage&);
Planting plant_flicker(const Order&, Stage&);
Planting plant_drift(const Order&, Stage&);
Planting plant_black(const Order&, Stage&);
Planting plant_corruption(const Order&, Stage&);
Planting plant_noise(const Order&, Stage&);
Planting plant_morph(const Order&, Stage&);
[[nodiscard]] std::span<const std::string_view> morph_styles();

}  // namespace videogen::scenes
