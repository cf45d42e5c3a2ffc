// What validating a clip found: plain data. docs/report.schema.json describes its JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "embed/embedder.h"
#include "media/probe.h"

namespace videogen::coherence {

enum class Verdict { pass, fail, unknown };
enum class Profile { quick, full };

struct FlaggedPair {
  std::int64_t first = 0, second = 0;  // sample numbers i, i+1
  double similarity = 0;
};

struct Reason {
  std::string kind;     // "coherence", "flagged_pair", "too_few_samples"
  std::string message;  // one sentence with a time, checkable by looking
  std::optional<double> start_s, end_s;
};

struct Report {
  struct Source {
    std::string uri;
    std::string sha256;
    media::VideoInfo video;
    std::int64_t frames = 0;  // of the decoded sequence
  } source;
  double fps = 1.0;
  Profile profile = Profile::full;
  bool multi_shot = false;
  embed::Identity embedder;
  std::string embedder_why;

  // The original fields. Absent: fewer than two comparable samples.
  std::optional<double> overall_coherence, min_coherence, max_coherence;
  std::vector<FlaggedPair> flagged_frames;
  std::int64_t frame_count = 0;           // samples
  std::optional<bool> validation_passed;  // mean ≥ threshold
  double threshold = 0.85;
  std::vector<std::optional<double>> similarities;  // nullopt where a flat frame has no descriptor
  std::vector<double> timestamps_s;                 // the samples' own

  Verdict verdict = Verdict::unknown;
  std::vector<Reason> reasons;
  std::vector<std::string> notes;
  struct Timing {
    double decode = 0, embed = 0, total = 0;
  } timing_s;
};

}  // namespace videogen::coherence
