#include "motion/flow_colours.h"

#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "base/error.h"

namespace videogen::motion {
namespace {

using Colour = std::array<float, 3>;  // 0…1

// Six arcs between the primary and secondary colours. Their lengths are such that steps look
// alike (colorcode.cpp, makecolorwheel).
std::vector<Colour> make_wheel() {
  struct Arc {
    int steps;
    std::size_t full, moving;  // channels
    bool rising;
  };
  constexpr std::array<Arc, 6> kArcs{{
      {15, 0, 1, true},   // red to yellow
      {6, 1, 0, false},   // to green
      {4, 1, 2, true},    // to cyan
      {11, 2, 1, false},  // to blue
      {13, 2, 0, true},   // to magenta
      {6, 0, 2, false},   // back to red
  }};
  std::vector<Colour> wheel;
  for (const Arc& arc : kArcs) {
    for (int i = 0; i < arc.steps; ++i) {
      const float share = float(i) / float(arc.steps);
      Colour colour{};
      colour[arc.full] = 1;
      colour[arc.moving] = arc.rising ? share : 1 - share;
      wheel.push_back(colour);
    }
  }
  return wheel;
}

}  // namespace

media::Image colours_of(const Flow& flow, float full, std::span<const std::uint8_t> known) {
  VIDEOGEN_CHECK(full > 0, "full colour stands for a length");
  VIDEOGEN_CHECK(known.empty() || known.size() * 2 == flow.values.size(), "a mask for each pixel");
  static const std::vector<Colour> wheel = make_wheel();
  // One short of a turn, as in colorcode.cpp.
  const auto steps = float(wheel.size() - 1);
  media::Image picture(flow.width, flow.height);
  for (std::size_t i = 0; i < flow.values.size() / 2; ++i) {
    if (!known.empty() && known[i] == 0) continue;
    const float u = flow.values[2 * i] / full;
    const float v = flow.values[2 * i + 1] / full;
    const float length = std::hypot(u, v);
    // From 0, to the right, clockwise as seen: rows grow downwards.
    const float turn = std::atan2(v, u) / (2 * std::numbers::pi_v<float>);
    const float place = (turn < 0 ? turn + 1 : turn) * steps;
    const auto first = std::size_t(place) % wheel.size();
    const std::size_t second = (first + 1) % wheel.size();
    const float between = place - std::floor(place);
    for (std::size_t channel = 0; channel < 3; ++channel) {
      const float hue = (1 - between) * wheel[first][channel] + between * wheel[second][channel];
      const float value = length <= 1 ? 1 - length * (1 - hue) : hue * 0.75F;
      picture.rgb[3 * i + channel] = static_cast<std::uint8_t>(255 * value);
    }
  }
  return picture;
}

}  // namespace videogen::motion
