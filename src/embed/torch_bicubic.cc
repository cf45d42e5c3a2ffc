#include "embed/torch_bicubic.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/error.h"
#include "embed/preprocess.h"

namespace videogen::embed {
namespace {

// The four source places of an output place, borders repeated, and their weights.
struct Cubic {
  std::array<int, 4> at{};
  std::array<float, 4> weight{};
};

// torch's get_cubic_upsample_coefficients, a = -0.75.
std::array<float, 4> weights(float t) {
  constexpr float a = -0.75F;
  const auto near = [](float x) { return ((a + 2) * x - (a + 3)) * x * x + 1; };
  const auto far = [](float x) { return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a; };
  return {far(t + 1), near(t), near(1 - t), far(2 - t)};
}

std::vector<Cubic> cubics(int in, int out) {
  std::vector<Cubic> result(static_cast<std::size_t>(out));
  const float scale = float(in) / float(out);
  for (int i = 0; i < out; ++i) {
    const float source = scale * (float(i) + 0.5F) - 0.5F;
    const float floor = std::floor(source);
    Cubic& cubic = result[static_cast<std::size_t>(i)];
    cubic.weight = weights(source - floor);
    for (int k = 0; k < 4; ++k)
      cubic.at[static_cast<std::size_t>(k)] = std::clamp(int(floor) - 1 + k, 0, in - 1);
  }
  return result;
}

// Columns and rows of a result of the given size, of which a part is wanted.
struct Part {
  int first = 0, count = 0;
};

void resize_part(const media::Image& picture, int width, int height, Part columns, Part rows,
                 std::span<float> out) {
  const std::vector<Cubic> across = cubics(picture.width, width);
  const std::vector<Cubic> down = cubics(picture.height, height);
  const auto plane = std::size_t(columns.count) * std::size_t(rows.count);
  VIDEOGEN_CHECK(out.size() == 3 * plane, "room for other than one picture");
  std::size_t place = 0;
  for (int y = 0; y < rows.count; ++y) {
    const Cubic& v = down[static_cast<std::size_t>(rows.first + y)];
    for (int x = 0; x < columns.count; ++x, ++place) {
      const Cubic& u = across[static_cast<std::size_t>(columns.first + x)];
      std::array<float, 3> sum{};
      for (std::size_t j = 0; j < 4; ++j) {
        const std::uint8_t* row = picture.row(v.at[j]);
        for (std::size_t c = 0; c < 3; ++c) {
          float line = 0;
          for (std::size_t i = 0; i < 4; ++i)
            line += u.weight[i] * float(row[3 * std::size_t(u.at[i]) + c]);
          sum[c] += v.weight[j] * line;
        }
      }
      for (std::size_t c = 0; c < 3; ++c) out[c * plane + place] = sum[c];
    }
  }
}

// Python's round(margin / 2): half to even, as torchvision's center_crop.
int half_to_even(int margin) {
  return margin % 2 == 0 ? margin / 2 : (margin / 2) + ((margin / 2) % 2);
}

}  // namespace

void resize_like_torch(const media::Image& picture, int width, int height, std::span<float> out) {
  VIDEOGEN_CHECK(width > 0 && height > 0 && picture.width > 0 && picture.height > 0,
                 "a picture has at least one pixel");
  resize_part(picture, width, height, {0, width}, {0, height}, out);
}

void vbench_pixels(const media::Image& picture, int size, std::span<float> out) {
  VIDEOGEN_CHECK(size > 0 && picture.width > 0 && picture.height > 0,
                 "a picture has at least one pixel");
  const std::int64_t shorter = std::min(picture.width, picture.height);
  const std::int64_t longer = std::max(picture.width, picture.height);
  const auto scaled = static_cast<int>(size * longer / shorter);
  const bool tall = picture.width <= picture.height;
  const int width = tall ? size : scaled;
  const int height = tall ? scaled : size;
  resize_part(picture, width, height, {half_to_even(width - size), size},
              {half_to_even(height - size), size}, out);
  const ProcessorConfig openai;
  const std::size_t plane = std::size_t(size) * std::size_t(size);
  for (std::size_t c = 0; c < 3; ++c) {
    const auto mean = static_cast<float>(openai.mean[c]);
    const auto deviation = static_cast<float>(openai.std[c]);
    for (float& value : out.subspan(c * plane, plane)) value = (value / 255 - mean) / deviation;
  }
}

}  // namespace videogen::embed
