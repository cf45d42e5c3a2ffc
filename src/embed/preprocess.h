// What Hugging Face's CLIPImageProcessor (slow, Pillow) does to a picture, to the last bit.
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <span>

#include "base/error.h"
#include "embed/embedder.h"
#include "media/image.h"

namespace videogen::embed {

// Pillow's Image.resize((width, height), BICUBIC) of an 8-bit RGB picture: antialiased cubic
// (a = -0.5), horizontal pass first, fixed-point with 8-bit intermediate, as Pillow 3.4 to 12.
// (From 12.2 on it turns the passes round for pictures over 100 times as tall as wide, and 13
// does for any whose height shrinks much more than its width, or is over twice the width.)
[[nodiscard]] media::Image resize_bicubic(const media::Image& picture, int width, int height);

// preprocessor_config.json. Defaults are those of openai/clip-vit-base-patch32.
struct ProcessorConfig {
  // The shorter side becomes this, the longer one keeps the aspect, rounded down …
  int shortest_edge = 224;
  // … unless the file gives both sides: then the picture becomes exactly that.
  std::optional<PictureSize> exact_size;
  int crop_width = 224, crop_height = 224;
  bool do_resize = true, do_center_crop = true, do_rescale = true, do_normalize = true;
  double rescale_factor = 1.0 / 255.0;
  std::array<double, 3> mean{0.48145466, 0.4578275, 0.40821073};
  std::array<double, 3> std{0.26862954, 0.26130258, 0.27577711};

  // Reads today's form, and the older one with plain numbers for size and crop_size.
  // Errors: not_found, corrupt (not JSON, wrong type or range), unsupported (another
  // processor or resample filter, pictures that would keep different shapes).
  static Result<ProcessorConfig> load(const std::filesystem::path& file);
};

// Resize and centre crop (floored offset; black around what is smaller than the crop), still
// 8-bit: what the check pictures show. Only what the crop keeps is computed.
[[nodiscard]] media::Image resize_and_crop(const media::Image& picture,
                                           const ProcessorConfig& config);
// The whole: [3, crop_height, crop_width], RGB planes, rescaled and normalised, float32.
// Rounds where transformers 4.57 does (product in double, then float32 throughout), so the
// floats are equal to the last bit, too.
void clip_pixels(const media::Image& picture, const ProcessorConfig& config, std::span<float> out);

}  // namespace videogen::embed
