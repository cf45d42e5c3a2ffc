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
  // "coherence" (the mean is under the threshold), "flagged_pair" (one pair is),
  // "too_few_samples", "not_comparable" (no pair of samples has a similarity).
  std::string kind;
  std::string message;  // one sentence with a time, checkable by looking
  std::optional<double> start_s, end_s;
};

struct Report {
  struct Source {
    std::string uri;  // as the caller named it
    std::string sha256;
    media::VideoInfo video;
    std::optional<std::int64_t> frames;  // of the decoded sequence
  } source;
  double fps = 1.0;
  Profile profile = Profile::full;
  bool multi_shot = false;
  embed::Identity embedder;
  std::string embedder_why;

  // The original fields. Absent: no pair of samples could be compared.
  std::optional<double> overall_coherence, min_coherence, max_coherence;
  std::vector<FlaggedPair> flagged_frames;
  std::int64_t frame_count = 0;           // samples
  std::optional<bool> validation_passed;  // mean ≥ threshold
  double threshold = 0.85;
  // Cosines of neighbouring samples, -1…1; one fewer than timestamps_s. nullopt where one of
  // the two has no descriptor (a flat frame has no GIST).
  std::vector<std::optional<double>> similarities;
  std::vector<double> timestamps_s;  // the samples' own

  Verdict verdict = Verdict::unknown;
  std::vector<Reason> reasons;     // why it is not `pass`; empty when it is
  std::vector<std::string> notes;  // what a reader must know to trust the numbers
  struct Timing {
    double decode = 0, embed = 0, total = 0;  // seconds; the two first overlap
  } timing_s;
};

}  // namespace videogen::coherence
