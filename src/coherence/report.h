// What validating a clip found: plain data. docs/report.schema.json describes its JSON.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coherence/opinion.h"
#include "embed/embedder.h"
#include "media/probe.h"

namespace videogen::coherence {

enum class Verdict { pass, fail, unknown };
enum class Profile { quick, full };
// At the rate that the caller named, or one that follows the clip.
enum class Sampling { fixed, automatic };

struct FlaggedPair {
  std::int64_t first = 0, second = 0;  // sample numbers i, i+1
  double similarity = 0;
};

struct Reason {
  // One of kDefectKinds or "dissolve" (an event of that kind), or "coherence" (the mean is under
  // the threshold), "flagged_pair" (one pair is), "measure" (one is past its gate), "judge" (an
  // opinion is under the caller's gate),
  // "too_few_samples", "not_comparable" (no pair of samples has a similarity).
  std::string kind;
  std::string message;  // one sentence with a time, checkable by looking
  std::optional<double> start_s, end_s;
};

// A defect that was found, or another thing worth a look, at a place in time.
struct Event {
  // One of kDefectKinds; or "dissolve", "fade": a gradual change; a dissolve speaks against a
  // single shot as a cut does, a fade against nothing.
  std::string kind;
  double start_s = 0, end_s = 0;                       // of the frames below, their own times
  std::int64_t first_frame = 0, last_frame = 0;        // of the decoded sequence; a cut: both the
                                                       // first frame of the new shot
  double score = 0;                                    // evidence, 0…1; 0.5 is the working point
  std::vector<std::pair<std::string, double>> detail;  // the numbers behind it, by name
};

// In the order that reports list them.
inline constexpr std::array<std::string_view, 10> kDefectKinds{
    "cut", "flash", "flicker", "freeze", "jump", "corruption", "noise", "morph", "drift", "black"};

struct Shot {
  double start_s = 0, end_s = 0;  // the first frame's time; the end of the last frame's
};

// One number for the whole clip.
struct Measure {
  enum class Passes { at_most, at_least };
  std::string name;             // "warp_error"
  std::optional<double> value;  // absent: `absent` says why
  std::string unit;             // "mean squared RGB error, 0…1"
  std::optional<double> gate;   // absent: the measure gates nothing
  Passes passes = Passes::at_most;
  std::string absent;                     // the reason, one sentence without a full stop
  std::optional<double> least{}, most{};  // the bounds of the value; absent: open
  std::string label{};                    // the value in words, where it has a name: "on twos"
  std::vector<std::pair<std::string, double>> detail{};  // the numbers behind it, by name
  std::vector<std::pair<double, double>> curve{};        // seconds, value: the points behind it
  // What only prompt_adherence has.
  struct Moment {
    double time_s = 0, value = 0;
  };
  struct Alternative {
    std::string text;
    double cosine = 0;  // mean
    double wins = 0;    // share of the samples that are nearer to it than to the prompt
    std::optional<double> probability;  // mean, in the softmax over all texts
  };
  std::string prompt{};
  std::vector<Moment> moments{};  // the weakest, weakest first
  std::vector<Alternative> alternatives{};
  [[nodiscard]] std::optional<bool> passed() const {
    if (!value || !gate) return std::nullopt;
    return passes == Passes::at_most ? *value <= *gate : *value >= *gate;
  }
};

// A number for each frame or pair of frames, for plots.
struct Curve {
  std::string name;             // "brightness"
  std::string unit;             // "0…255"
  std::vector<double> times_s;  // as long as values
  std::vector<double> values;
};

// What looking at every frame found; Profile::full only.
struct Analysis {
  struct Evidence {
    std::string kind;             // of kDefectKinds, in its order
    std::optional<double> score;  // 0…1 that the clip has it anywhere; absent: not measured
    std::string absent{};         // why not, one sentence without a full stop
  };
  std::vector<Evidence> defects;
  std::vector<Event> events;  // by start
  std::vector<Shot> shots;
  std::vector<Measure> measures;
  std::vector<Curve> curves;  // not part of the JSON
};

struct Report {
  struct Source {
    std::string uri;     // as the caller named it
    std::string sha256;  // hex; empty where not all bytes were read
    media::VideoInfo video;
    std::optional<std::int64_t> frames;  // of the decoded sequence
  } source;
  double fps = 1.0;  // with `refined`, before anything was refined
  Sampling sampling = Sampling::fixed;
  // Where Sampling::automatic took further samples, by time.
  struct Refined {
    double start_s = 0, end_s = 0;  // the samples that they lie between
    int samples = 0;
    std::string why;  // "similarity 0.82", "flash", "motion"
  };
  std::vector<Refined> refined;
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

  std::optional<Analysis> analysis;  // absent under Profile::quick
  std::optional<Opinion> opinion;    // absent: nobody was asked; see take_opinion()

  Verdict verdict = Verdict::unknown;
  std::vector<Reason> reasons;     // why it is not `pass`; empty when it is
  std::vector<std::string> notes;  // what a reader must know to trust the numbers
  struct Timing {
    // Seconds; all but total overlap. `analyse`: flow and measures, summed over their threads.
    double decode = 0, embed = 0, analyse = 0, total = 0;
  } timing_s;
};

}  // namespace videogen::coherence
