// The main job: a clip in, a report out. The same function serves the program, servers and
// libraries.
#pragma once

#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.h"
#include "coherence/embed_clips.h"
#include "coherence/fitted.h"
#include "coherence/pictures.h"
#include "coherence/report.h"
#include "embed/choose.h"
#include "media/probe.h"

namespace videogen::coherence {

struct Options {
  media::Rational fps{1, 1};  // samples a second, positive, at most 1000; unused when automatic
  Sampling sampling = Sampling::fixed;
  double threshold = 0.85;  // -1…1
  Profile profile = Profile::full;
  bool multi_shot = false;
  // What the clip should show, and what else it might; Profile::full only. Empty: no prompt.
  std::string prompt{};
  std::vector<std::string> versus{};
  bool vbench = false;  // VBench's background consistency, too: an embedding for every frame
  media::Limits limits{};
  std::function<void(const Progress&)> progress{};  // called from the calling thread
  // Gets pictures that come by anyway; not owned, of one clip. What it lacks afterwards,
  // read_pictures() fetches.
  PictureCollector* pictures = nullptr;
  // Working points and weights other than shipped(), for who evaluates them; not owned.
  const Fitted* fitted = nullptr;
};

[[nodiscard]] inline const Fitted& fitted_of(const Options& options) {
  return options.fitted != nullptr ? *options.fitted : shipped();
}

// Decodes and embeds side by side; memory does not grow with the clip's length but for
// three numbers a sample (the last 1,024 embeddings are kept; with Sampling::automatic all are).
// Errors: usage (threshold or rate out of range, a prompt or VBench's measures under
// Profile::quick, alternatives to no prompt); as media::FrameReader; interrupted.
[[nodiscard]] Result<Report> validate(const Source& source, const embed::Chosen& embedder,
                                      const Options& options, std::stop_token stop = {});

// Many clips with one model: decoding of a clip overlaps embedding of the one before. `done`
// is called from the calling thread once for each source, in their order; a clip that cannot
// be judged does not stop the rest. After a stop request the current clip is done as
// interrupted, and `done` is not called for those after it.
void validate_all(std::span<const Source> sources, const embed::Chosen& embedder,
                  const Options& options,
                  const std::function<void(std::size_t source, Result<Report>)>& done,
                  std::stop_token stop = {});

}  // namespace videogen::coherence
