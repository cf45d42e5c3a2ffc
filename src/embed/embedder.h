// Maps pictures to unit vectors whose cosine says how alike they are.
//
// Two implementations: GIST-512 (gist.h), which needs no weights, and CLIP (clip.h). Both are
// immutable once made and may be shared by threads.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.h"
#include "media/image.h"

namespace videogen::embed {

// Everything that makes a number reproducible.
struct Identity {
  std::string name;       // "gist", "clip"
  std::string model;      // "gist-512", "openai/clip-vit-base-patch32" or the folder
  std::string digest;     // "sha256:…" of weights (CLIP) or of the definition (GIST)
  std::string precision;  // "f32", "bf16"
  int dimensions = 0;
};

// A picture's size in pixels.
struct PictureSize {
  int width = 0;
  int height = 0;
};

class Embedder {
 public:
  virtual ~Embedder() = default;

  [[nodiscard]] virtual const Identity& identity() const = 0;

  // Floats that one prepared picture takes.
  [[nodiscard]] virtual std::size_t input_size() const = 0;
  // What the model sees of a picture, written to out[input_size()].
  // CLIP: [3, S, S] normalised; GIST: [256, 256] log-luma.
  // Cheap next to embed() and without shared state: run it where the frame is decoded.
  virtual void prepare(const media::Image& picture, std::span<float> out) const = 0;

  // The size to which prepare() shrinks every picture by area, aspect not kept; nullopt where
  // it does not. A clip's frame is then given to prepare() as media::Frame::shrunk() has it,
  // straight from the decoder's planes: closer to the mean of what was shown, and cheaper.
  [[nodiscard]] virtual std::optional<PictureSize> area_size() const { return std::nullopt; }

  // inputs: [n, input_size()]. Returns [n, dimensions]: rows of unit L2 length, or all zero
  // where a picture has no descriptor (a flat frame has no GIST).
  // Errors: interrupted (stop requested; CLIP looks between layers).
  [[nodiscard]] virtual Result<std::vector<float>> embed(std::span<const float> inputs,
                                                         std::stop_token stop = {}) const = 0;

  // Pictures that one call to embed() should carry for best speed.
  [[nodiscard]] virtual int preferred_batch() const = 0;
};

}  // namespace videogen::embed
