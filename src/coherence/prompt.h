// How near the samples of a clip come to a prompt, and to what else it might have been.
//
// The cosine of a picture and a text says little by itself: it depends on the words as much as
// on the picture, and agrees hardly with what people say of two clips of different prompts. It
// ranks clips of one prompt, and texts for one clip.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.h"
#include "embed/embedder.h"

namespace videogen::coherence {

// Texts as a model sees them.
struct Prompt {
  std::vector<std::string> texts{};        // the prompt, then its alternatives
  std::vector<std::vector<float>> rows{};  // one each, unit length; empty: see absent
  std::optional<double> logit_scale{};     // of the model's softmax over texts
  std::string absent{};                    // why there are no rows, one sentence
  std::vector<std::string> notes{};        // texts that the model reads only in part
};

// texts: the prompt first. An embedder that knows no texts is no error: `absent` says so.
// Errors: as embed::TextEmbedder::embed_text.
[[nodiscard]] Result<Prompt> read_prompt(std::vector<std::string> texts,
                                         const embed::Embedder& embedder,
                                         std::stop_token stop = {});

struct PromptSeries {
  std::string text;                            // the prompt
  std::string absent;                          // why nothing was compared
  std::vector<std::optional<double>> cosines;  // one a sample, of its picture and the prompt
  struct Alternative {
    std::string text;
    double cosine = 0;                  // mean
    double wins = 0;                    // share of the samples that are nearer to it
    std::optional<double> probability;  // mean; absent where the model has no logit scale
  };
  std::vector<Alternative> alternatives;
  // Of the prompt, where there are alternatives: share of the samples that are nearer to it
  // than to any of them, and its mean probability in the softmax over all texts.
  std::optional<double> wins, probability;
};

// Takes embeddings of samples one by one; keeps one number a sample.
class PromptWatch {
 public:
  // The prompt must outlive it.
  explicit PromptWatch(const Prompt& prompt);
  void add(std::span<const float> row);
  // Hands over what was seen and begins anew.
  [[nodiscard]] PromptSeries finish();

 private:
  struct Sums {
    double cosine = 0, probability = 0;
    std::size_t nearest = 0, nearer_than_prompt = 0;
  };
  const Prompt* prompt_;
  std::vector<std::optional<double>> cosines_;
  std::vector<Sums> sums_;  // of each text
  std::size_t compared_ = 0;
};

}  // namespace videogen::coherence
