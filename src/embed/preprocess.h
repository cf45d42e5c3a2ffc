// What Hugging Face's CLIPImageProcessor (slow, Pillow) does to a picture, to the last bit.
#pragma once

#include <array>
#include <filesystem>
#include <span>

#include "base/error.h"
#include "media/image.h"

namespace videogen::embed {

// Pillow's Image.resize((width, height), BICUBIC) of an 8-bit RGB picture: antialiased cubic
// (a = -0.5), horizontal pass first, fixed-point with 8-bit intermediate, as Pillow ≥ 3.4.
[[nodiscard]] media::Image resize_bicubic(const media::Image& picture, int width, int height);

// preprocessor_config.json. Defaults are those of openai/clip-vit-base-patch32.
struct ProcessorConfig {
  int shortest_edge = 224;
  int crop_width = 224, crop_height = 224;
  bool do_resize = true, do_center_crop = true, do_rescale = true, do_normalize = true;
  double rescale_factor = 1.0 / 255.0;
  std::array<double, 3> mean{0.48145466, 0.4578275, 0.40821073};
  std::array<double, 3> std{0.26862954, 0.26130258, 0.27577711};

  // Errors: not_found, corrupt, unsupported (another resample filter, crop unlike image_size).
  static Result<ProcessorConfig> load(const std::filesystem::path& file);
};

// Resize and centre crop (floored offset), still 8-bit: what the check pictures show.
[[nodiscard]] media::Image resize_and_crop(const media::Image& picture,
                                           const ProcessorConfig& config);
// The whole: [3, crop_height, crop_width], RGB planes, rescaled and normalised, float32.
void clip_pixels(const media::Image& picture, const ProcessorConfig& config, std::span<float> out);

}  // namespace videogen::embed
