#include "embed/preprocess.h"

#include <algorithm>
#include <cstring>

#include "embed/resample_internal.h"

namespace videogen::embed {
namespace {

struct Sides {
  std::int64_t width;
  std::int64_t height;
};

// transformers' get_resize_output_image_size(default_to_square=False).
Sides resized_sides(const media::Image& picture, const ProcessorConfig& config) {
  if (!config.do_resize) return {picture.width, picture.height};
  if (config.exact_size) return {config.exact_size->width, config.exact_size->height};
  const std::int64_t shorter = std::min(picture.width, picture.height);
  const std::int64_t longer = std::max(picture.width, picture.height);
  const std::int64_t scaled = config.shortest_edge * longer / shorter;
  if (picture.width <= picture.height) return {config.shortest_edge, scaled};
  return {scaled, config.shortest_edge};
}

// Where the crop lies on one axis, or where a smaller picture lies in the crop.
// transformers' center_crop: both offsets for an odd margin put the picture's centre half a
// pixel to the upper left of the crop's, and half a pixel to its lower right where it is padded.
struct Placement {
  std::int64_t first;  // in the resized picture
  int count;
  int offset;  // in the crop
};
Placement place(std::int64_t side, int crop) {
  if (side >= crop) return {(side - crop) / 2, crop, 0};
  return {0, static_cast<int>(side), static_cast<int>((crop - side + 1) / 2)};
}

Axis axis(int in, std::int64_t out, const Placement& kept) {
  return {in, out, kept.first, kept.count};
}

}  // namespace

media::Image resize_bicubic(const media::Image& picture, int width, int height) {
  VIDEOGEN_CHECK(width > 0 && height > 0, "a picture has at least one pixel");
  return resample(picture, {picture.width, width, 0, width}, {picture.height, height, 0, height});
}

media::Image resize_and_crop(const media::Image& picture, const ProcessorConfig& config) {
  VIDEOGEN_CHECK(picture.width > 0 && picture.height > 0, "a picture has at least one pixel");
  const Sides sides = resized_sides(picture, config);
  if (!config.do_center_crop) {
    return resize_bicubic(picture, static_cast<int>(sides.width), static_cast<int>(sides.height));
  }
  const Placement columns = place(sides.width, config.crop_width);
  const Placement rows = place(sides.height, config.crop_height);
  media::Image kept = resample(picture, axis(picture.width, sides.width, columns),
                               axis(picture.height, sides.height, rows));
  if (kept.width == config.crop_width && kept.height == config.crop_height) return kept;

  media::Image padded(config.crop_width, config.crop_height);
  for (int y = 0; y < kept.height; ++y) {
    std::memcpy(padded.row(rows.offset + y) + std::size_t(columns.offset) * 3, kept.row(y),
                std::size_t(kept.width) * 3);
  }
  return padded;
}

void clip_pixels(const media::Image& picture, const ProcessorConfig& config, std::span<float> out) {
  const media::Image image = resize_and_crop(picture, config);
  const std::size_t pixels = std::size_t(image.width) * std::size_t(image.height);
  VIDEOGEN_CHECK(out.size() == pixels * 3, "room for other than one picture");

  for (std::size_t channel = 0; channel < 3; ++channel) {
    std::array<float, 256> values;
    for (std::size_t value = 0; value < values.size(); ++value) {
      auto x = static_cast<float>(value);
      if (config.do_rescale) {
        x = static_cast<float>(static_cast<double>(value) * config.rescale_factor);
      }
      if (config.do_normalize) {
        x = (x - static_cast<float>(config.mean[channel])) /
            static_cast<float>(config.std[channel]);
      }
      values[value] = x;
    }
    const std::uint8_t* source = image.rgb.data() + channel;
    float* plane = out.data() + channel * pixels;
    for (std::size_t i = 0; i < pixels; ++i) plane[i] = values[source[i * 3]];
  }
}

}  // namespace videogen::embed
