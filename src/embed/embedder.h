// Maps pictures to unit vectors whose cosine says how alike they are.
//
// Two implementations: GIST-512 (gist.h), which needs no weights, and CLIP (clip.h). Both are
// immutable once made and may be shared by threads. shared_embedder.h lets many threads share
// one in batches.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
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

// How many tokens a text has, start and end included, and how many of them the model reads.
struct TextLength {
  std::size_t tokens = 0, read = 0;
};

// Texts in the space of an embedder's pictures. May be shared by threads.
class TextEmbedder {
 public:
  virtual ~TextEmbedder() = default;

  // Unit row, [dimensions]. Text past what the model reads is cut.
  // Errors: what loading the text side brings up, at its first use; interrupted.
  [[nodiscard]] virtual Result<std::vector<float>> embed_text(std::string_view text,
                                                              std::stop_token stop = {}) const = 0;
  // Errors: as embed_text().
  [[nodiscard]] virtual Result<TextLength> text_length(std::string_view text,
                                                       std::stop_token stop = {}) const = 0;
  // What the model reads of a text: equal ids have equal rows. Errors: as embed_text().
  [[nodiscard]] virtual Result<std::vector<std::int32_t>> token_ids(
      std::string_view text, std::stop_token stop = {}) const = 0;
  // What the model's softmax over texts multiplies cosines with; nullopt: it has none.
  // Errors: as embed_text().
  [[nodiscard]] virtual Result<std::optional<double>> logit_scale() const = 0;
};

// Memory that a model keeps as long as it lives, one copy for all who use it.
struct HeldMemory {
  std::string what;  // "vision weights"
  std::size_t bytes = 0;
  std::string backing;  // "mapped file", "memory"
};

class Embedder {
 public:
  virtual ~Embedder() = default;

  [[nodiscard]] virtual const Identity& identity() const = 0;

  // Everything that decides what embed() makes of its input, and a text embedder of its token
  // ids: two with equal recipes give equal rows, up to the last bits. For keys of caches.
  [[nodiscard]] virtual std::string recipe() const {
    const Identity& own = identity();
    return own.name + ' ' + own.digest + ' ' + own.precision;
  }

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

  // Null where the model knows no texts. Lives as long as the embedder.
  [[nodiscard]] virtual const TextEmbedder* texts() const { return nullptr; }
  // The model itself, where this one only shares it (shared_embedder.h).
  [[nodiscard]] virtual const Embedder& model() const { return *this; }
  [[nodiscard]] virtual std::vector<HeldMemory> held() const { return {}; }
};

}  // namespace videogen::embed
