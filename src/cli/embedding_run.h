// What `videogen embed` computes: rows of pictures, clips and texts, in the order given.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/inputs.h"
#include "embed/choose.h"
#include "media/probe.h"

namespace videogen::cli {

struct Embedding {
  std::string input;  // as the caller named it; the text itself for a text
  enum class Kind { picture, clip, text } kind = Kind::picture;
  std::optional<double> time_s;  // of a clip's sample
  std::vector<float> row;        // unit length, or all zero: no descriptor
  std::optional<Error> error;    // in place of the row
};

class EmbeddingRun {
 public:
  // `embedder` may be null where every input is an error and there are no texts.
  EmbeddingRun(const embed::Embedder* embedder, media::Rational fps, std::stop_token stop)
      : embedder_(embedder), fps_(fps), stop_(std::move(stop)) {}

  // (what, samples done, total)
  std::function<void(std::string_view, std::int64_t, std::optional<std::int64_t>)> on_progress;

  // Pictures are embedded in batches, clips one beside the other; what fails leaves an
  // embedding with an error, and a clip that fails leaves nothing else. After a stop request
  // what is there is not complete.
  void add_inputs(std::span<const Input> inputs);
  // Errors: not_found (no CLIP model), usage (GIST was asked for), interrupted.
  [[nodiscard]] Status add_texts(std::span<const std::string> texts);

  [[nodiscard]] const std::vector<Embedding>& embeddings() const { return embeddings_; }

 private:
  void add_pictures(std::span<const Input> inputs);
  void add_clips(std::span<const Input> inputs);
  void add_error(const std::string& input, Error error);

  const embed::Embedder* embedder_;
  media::Rational fps_;
  std::stop_token stop_;
  std::vector<Embedding> embeddings_;
};

// "videogen.embeddings/1", one line and a line break. Rows are float32 with the fewest digits
// that read back as the same; null for a row without a descriptor.
[[nodiscard]] std::string embeddings_json(std::span<const Embedding> embeddings,
                                          const embed::Chosen& chosen);

}  // namespace videogen::cli
