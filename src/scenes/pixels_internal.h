// Arithmetic on the pixels of a developed picture, for defects that happen after the lens.
#pragma once

#include <cstdint>

#include "media/image.h"
#include "scenes/random_internal.h"

namespace videogen::scenes {

// Rounds with a threshold from place and seed, so that a change far below one step of 8 bits
// still shows, as a share of the pixels.
inline std::uint8_t dithered(float value, std::uint32_t noise) {
  return static_cast<std::uint8_t>(clamp(value + to_unit(noise), 0, 255));
}
inline std::uint8_t rounded(float value) {
  return static_cast<std::uint8_t>(clamp(value + 0.5F, 0, 255));
}

// image = image + (other − image) · share(x, y), 0…1.
template <class Share>
void blend(media::Image& image, const media::Image& other, const Share& share) {
  for (int y = 0; y < image.height; ++y) {
    std::uint8_t* to = image.row(y);
    const std::uint8_t* from = other.row(y);
    for (int x = 0; x < image.width; ++x, to += 3, from += 3) {
      const float k = share(x, y);
      if (k <= 0) continue;
      for (int c = 0; c < 3; ++c) to[c] = rounded(mix(float(to[c]), float(from[c]), k));
    }
  }
}

}  // namespace videogen::scenes
