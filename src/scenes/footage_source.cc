// Footage as a source. What is foreign to it comes from a second clip, from another moment of
// the same one where that looks different enough, or from a rendered scene.
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "media/probe.h"
#include "scenes/footage_internal.h"
#include "scenes/source_internal.h"

namespace videogen::scenes {
namespace {

constexpr int kMostLines = 640;  // of a clip that does not say its size
constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMostBytes = 1'500'000'000;
constexpr float kForeign = 30;  // of 255: another moment that differs less is the same picture
constexpr int kMoments = 4;     // that are looked at
constexpr double kLongestLeap_s = 1;

// Footage from a frame on; where it ends it runs backwards, so that it never leaps.
class FootageReel final : public Reel {
 public:
  FootageReel(const Footage& footage, std::int64_t offset) : footage_(footage), offset_(offset) {}
  [[nodiscard]] media::Image shoot(std::int64_t frame) const override {
    return footage_.frame(at(frame));
  }
  [[nodiscard]] media::Image sketch(std::int64_t frame) const override {
    return footage_.sketch(at(frame));
  }

 private:
  [[nodiscard]] std::int64_t at(std::int64_t frame) const {
    const std::int64_t last = footage_.frames() - 1;
    if (last == 0) return 0;
    const std::int64_t there = (frame + offset_) % (2 * last);
    return there <= last ? there : 2 * last - there;
  }

  const Footage& footage_;
  std::int64_t offset_;
};

class FootageSource final : public Source {
 public:
  FootageSource(Footage own, std::optional<Footage> other, const Clip& clip)
      : own_(std::move(own)), other_(std::move(other)), clip_(clip) {}

  [[nodiscard]] std::unique_ptr<Reel> original() const override { return reel(own_, 0); }

  // The cast of a film cannot be changed any more.
  [[nodiscard]] std::unique_ptr<Reel> recast(std::uint64_t cast) const override {
    Rng rng(cast);
    return stranger(rng);
  }

  [[nodiscard]] std::unique_ptr<Reel> stranger(Rng& rng) const override {
    if (other_) return reel(*other_, rng.below(int(other_->frames())));
    auto found = moments(0, rng);
    if (!found.empty()) return std::move(found.front());
    return scene(rng);
  }

  [[nodiscard]] std::vector<std::unique_ptr<Reel>> contrasts(std::int64_t frame,
                                                             Rng& rng) const override {
    std::vector<std::unique_ptr<Reel>> reels;
    if (other_) {
      for (int i = 0; i < kMoments; ++i) {
        reels.push_back(reel(*other_, rng.below(int(other_->frames()))));
      }
      return reels;
    }
    reels = moments(frame, rng);
    if (reels.size() > 1) reels.resize(1);
    reels.push_back(scene(rng));
    return reels;
  }

  [[nodiscard]] std::int64_t length() const override { return own_.frames(); }
  [[nodiscard]] bool rendered() const override { return false; }

 private:
  static std::unique_ptr<Reel> reel(const Footage& footage, std::int64_t offset) {
    return std::make_unique<FootageReel>(footage, offset);
  }

  // Moments of the own footage that look like another place, seen from the frame.
  [[nodiscard]] std::vector<std::unique_ptr<Reel>> moments(std::int64_t frame, Rng& rng) const {
    std::vector<std::unique_ptr<Reel>> found;
    for (int i = 0; i < kMoments; ++i) {
      auto moved = reel(own_, own_.frames() / 4 + rng.below(int(own_.frames() / 2 + 1)));
      const media::Image here = own_.sketch(std::min(frame, own_.frames() - 1));
      if (difference(here, moved->sketch(frame)) >= kForeign) found.push_back(std::move(moved));
    }
    return found;
  }

  // Any rendered scene; its reel holds all it needs.
  [[nodiscard]] std::unique_ptr<Reel> scene(Rng& rng) const {
    Clip clip = clip_;
    clip.seed = rng.next();
    return make_scene_source(rng.pick(scene_table()), clip)->original();
  }

  Footage own_;
  std::optional<Footage> other_;
  Clip clip_;
};

int even(double side) { return std::max(2, 2 * int(std::lround(side / 2))); }

bool same(media::Rational a, media::Rational b) { return a.num * b.den == b.num * a.den; }

// The rate in the terms that a clip is written with.
media::Rational plain(media::Rational rate) {
  if (rate.num <= 1'000'000) return rate;
  return {std::llround(rate.value() * 1000), 1000};
}

}  // namespace

Clip clip_of_footage(const std::filesystem::path& from) {
  Clip clip;
  clip.from = from;
  clip.width = clip.height = 0;
  clip.frame_rate = {0, 1};
  clip.seconds = 0;
  return clip;
}

Status fill_in_from_footage(Clip& clip) {
  VIDEOGEN_TRY(const media::VideoInfo info, media::probe(clip.from));
  if (clip.width == 0 || clip.height == 0) {
    const double scale = std::min(1.0, double(kMostLines) / info.height);
    // Rounded down where the footage is odd: a line is cropped, none is made up.
    clip.width = scale < 1 ? even(scale * info.width) : info.width / 2 * 2;
    clip.height = scale < 1 ? kMostLines : info.height / 2 * 2;
  }
  if (clip.frame_rate.num == 0) {
    if (!info.frame_rate) {
      return fail(ErrorCode::unsupported, fmt::format("{} does not say its frame rate: --fps does",
                                                      printable(clip.from.string())));
    }
    clip.frame_rate = plain(*info.frame_rate);
  }
  return {};
}

Result<std::unique_ptr<Source>> read_footage(Clip& clip, const std::stop_token& stop) {
  VIDEOGEN_TRY(const media::VideoInfo info, media::probe(clip.from));
  FootageOptions options{clip.width, clip.height, clip.frame_rate, kNoLimit, kMostBytes};
  // At its own rate footage is taken frame by frame, even where its frames come unevenly:
  // sampling would repeat some and drop others.
  if (info.frame_rate && same(plain(*info.frame_rate), clip.frame_rate)) options.rate.reset();
  const std::int64_t asked = std::llround(clip.seconds * clip.frame_rate.value());
  if (clip.seconds > 0) {
    const double spare = kLongestLeap_s * double(clip.defects.size()) * clip.frame_rate.value();
    options.most_frames = std::max<std::int64_t>(1, asked) + std::llround(spare);
  }
  VIDEOGEN_TRY(Footage own, Footage::read(clip.from, options, stop));
  const double seconds = double(own.frames()) / clip.frame_rate.value();
  if (clip.seconds == 0) clip.seconds = seconds;
  if (asked > own.frames()) {
    return fail(ErrorCode::usage,
                fmt::format("{} is {:.3f} s long, shorter than the {:g} s that are asked for",
                            printable(clip.from.string()), seconds, clip.seconds));
  }
  std::optional<Footage> other;
  if (!clip.with.empty()) {
    options.rate = clip.frame_rate;
    options.most_frames = own.frames();
    options.most_bytes = kMostBytes - own.bytes();
    VIDEOGEN_TRY(other, Footage::read(clip.with, options, stop));
  }
  return std::make_unique<FootageSource>(std::move(own), std::move(other), clip);
}

}  // namespace videogen::scenes
