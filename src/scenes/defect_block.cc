// What a damaged bitstream or a torn buffer does: macroblocks in the wrong place, rows that
// repeat, bands that slide, patches from elsewhere.
#include <algorithm>
#include <optional>

#include "scenes/defect_internal.h"
#include "scenes/pixels_internal.h"

namespace videogen::scenes {
namespace {

// Sizes in macroblocks of 16 pixels at 360 lines, scaled with the picture.
struct BlockGrid {
  explicit BlockGrid(const media::Image& image)
      : size(std::max(4, (image.height * 2 + 22) / 45)),
        columns((image.width + size - 1) / size),
        rows((image.height + size - 1) / size) {}
  int size, columns, rows;
};

// One macroblock taken from another place, its colour planes off by a constant, as when the
// prediction it is added to is wrong.
void misplace(media::Image& image, const media::Image& source, const BlockGrid& grid, int to,
              int from, Rgb shift) {
  const int tx = to % grid.columns * grid.size;
  const int ty = to / grid.columns * grid.size;
  const int fx = from % grid.columns * grid.size;
  const int fy = from / grid.columns * grid.size;
  for (int y = 0; y < grid.size && ty + y < image.height; ++y) {
    for (int x = 0; x < grid.size && tx + x < image.width; ++x) {
      const std::uint8_t* s =
          source.row(std::min(fy + y, source.height - 1)) + 3 * std::min(fx + x, source.width - 1);
      std::uint8_t* d = image.row(ty + y) + 3 * (tx + x);
      d[0] = rounded(float(s[0]) + shift.x);
      d[1] = rounded(float(s[1]) + shift.y);
      d[2] = rounded(float(s[2]) + shift.z);
    }
  }
}

// Runs of blocks that show other blocks of the same frame.
void shuffle(media::Image& image, float share, Rng rng) {
  const BlockGrid grid(image);
  const media::Image source = image;
  const int count = grid.columns * grid.rows;
  int left = std::max(2, int(share * float(count)));
  while (left > 0) {
    const int run = std::min(left, 2 + rng.below(grid.columns / 2 + 1));
    const int start = rng.below(count);
    const int origin = rng.below(count);
    const Rgb shift{rng.range(-40, 40), rng.range(-25, 25), rng.range(-40, 40)};
    for (int i = 0; i < run; ++i) {
      misplace(image, source, grid, (start + i) % count, (origin + i * 3) % count, shift);
    }
    left -= run;
  }
}

// Slices lost to the end of their row: what was last decoded is dragged down and goes grey.
void smear(media::Image& image, float share, Rng rng) {
  const BlockGrid grid(image);
  int left = std::max(2, int(share * float(grid.columns * grid.rows)));
  while (left > 0) {
    const int row = 1 + rng.below(grid.rows - 1);
    const int column = rng.below(grid.columns * 3 / 4 + 1);
    const int high = std::min(1 + rng.below(3), grid.rows - row);
    const int top = row * grid.size;
    const Rgb tint{rng.range(-10, 30), rng.range(-20, 40), rng.range(-10, 30)};
    for (int y = top; y < std::min(top + high * grid.size, image.height); ++y) {
      const float fade = 0.35F * float(y - top) / float(3 * grid.size);
      for (int x = column * grid.size; x < image.width; ++x) {
        const std::uint8_t* s = image.row(top - 1) + 3 * x;
        std::uint8_t* d = image.row(y) + 3 * x;
        d[0] = rounded(mix(float(s[0]) + tint.x, 118, fade));
        d[1] = rounded(mix(float(s[1]) + tint.y, 128, fade));
        d[2] = rounded(mix(float(s[2]) + tint.z, 118, fade));
      }
    }
    left -= high * (grid.columns - column);
  }
}

// Bands that slide sideways, each by its own amount, wrapping around.
void tear(media::Image& image, float share, Rng rng) {
  int left = std::max(3, int(share * float(image.height)));
  while (left > 0) {
    const int high = std::min(left, 2 + rng.below(std::max(2, image.height / 8)));
    const int top = rng.below(image.height - std::min(high, image.height - 1));
    const float reach = 0.15F * float(image.width) * rng.range(0.35F, 1.0F);
    const int slide = (rng.chance(0.5F) ? 1 : -1) * std::max(3, int(reach));
    const int at = (image.width + slide) % image.width;
    for (int y = top; y < std::min(top + high, image.height); ++y) {
      std::uint8_t* row = image.row(y);
      std::rotate(row, row + 3 * at, row + 3 * image.width);
    }
    left -= high;
  }
}

// A block-shaped island of the picture from another scene.
void intrude(media::Image& image, const media::Image& foreign, float share, Rng rng) {
  const BlockGrid grid(image);
  int left = std::max(2, int(share * float(grid.columns * grid.rows)));
  const int wide = std::clamp(int(std::sqrt(1.8F * float(left)) + 0.5F), 1, grid.columns);
  const int column = rng.below(grid.columns - wide + 1);
  int row = rng.below(std::max(1, grid.rows - left / wide));
  for (; left > 0 && row < grid.rows; ++row, left -= wide) {
    const int ragged = rng.below(3) - 1;
    for (int i = 0; i < wide; ++i) {
      const int block = row * grid.columns + std::clamp(column + i + ragged, 0, grid.columns - 1);
      misplace(image, foreign, grid, block, block, {});
    }
  }
}

class Corruption final : public Effect {
 public:
  enum class Style { shuffle, smear, tear, intrude };
  Corruption(std::int64_t first, std::int64_t last, Style style, float share, std::uint64_t seed,
             std::optional<Stage::Take> take)
      : first_(first), last_(last), style_(style), share_(share), seed_(seed), take_(take) {}

  void damage(media::Image& image, std::int64_t frame, const Stage& stage) const override {
    if (frame < first_ || frame > last_) return;
    const Rng moving(seed_, std::uint64_t(frame));
    switch (style_) {
      case Style::shuffle:
        return shuffle(image, share_, moving);
      case Style::smear:
        return smear(image, share_, moving);
      case Style::tear:
        return tear(image, share_, moving);
      // The island stays where it is: only its rags change.
      case Style::intrude:
        return intrude(image, stage.shoot(*take_, frame), share_, Rng(seed_, 0));
    }
  }

 private:
  std::int64_t first_, last_;
  Style style_;
  float share_;  // of the picture
  std::uint64_t seed_;
  std::optional<Stage::Take> take_;
};

}  // namespace

Planting plant_corruption(const Order& order, Stage& stage) {
  Rng rng(order.seed, 6);
  const auto style = static_cast<Corruption::Style>(rng.below(4));
  std::optional<Stage::Take> take;
  if (style == Corruption::Style::intrude) take = stage.add_stranger(rng);
  const auto last = order.first + stage.span(order.graded(0.08, 0.125, 0.25)) - 1;
  const float share = order.graded(0.05F, 0.13F, 0.32F);
  return {last, std::make_unique<Corruption>(order.first, last, style, share, rng.next(), take)};
}

}  // namespace videogen::scenes
