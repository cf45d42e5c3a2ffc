// A picture in memory: 8-bit RGB, rows packed, no padding.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace videogen::media {

struct Image {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> rgb;  // [height, width, 3], values 0…255

  Image() = default;
  Image(int w, int h) : width(w), height(h), rgb(std::size_t(w) * std::size_t(h) * 3) {}

  [[nodiscard]] const std::uint8_t* row(int y) const {
    return rgb.data() + std::size_t(y) * std::size_t(width) * 3;
  }
  [[nodiscard]] std::uint8_t* row(int y) {
    return rgb.data() + std::size_t(y) * std::size_t(width) * 3;
  }
  friend bool operator==(const Image&, const Image&) = default;
};

}  // namespace videogen::media
