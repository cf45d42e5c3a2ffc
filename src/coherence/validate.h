// The main job: a clip in, a report out. The same function serves the program, servers and
// libraries.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "base/error.h"
#include "coherence/report.h"
#include "embed/choose.h"
#include "media/frame_reader.h"

namespace videogen::coherence {

struct Progress {
  std::int64_t samples = 0;           // embedded so far
  std::optional<std::int64_t> total;  // expected
};

struct Options {
  media::Rational fps{1, 1};  // samples a second
  double threshold = 0.85;    // -1…1
  Profile profile = Profile::full;
  bool multi_shot = false;
  media::Limits limits;
  std::function<void(const Progress&)> progress;  // called from one thread
};

struct Source {
  std::filesystem::path path;
  std::string uri;  // as the caller named it; goes into the report
};

// Decodes and embeds side by side; memory does not grow with the clip's length but for the
// embeddings. Errors: as media::FrameReader; interrupted.
[[nodiscard]] Result<Report> validate(const Source& source, const embed::Chosen& embedder,
                                      const Options& options, std::stop_token stop = {});

}  // namespace videogen::coherence
