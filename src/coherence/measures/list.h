// The measures of a clip: one number each, computed from what was seen of it. Each lies in a
// file of its own, which declares it; list.cc has the one list of them.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "coherence/background_consistency.h"
#include "coherence/prompt.h"
#include "coherence/report.h"
#include "coherence/sample_series.h"
#include "coherence/series.h"

namespace videogen::coherence {

// What a measure reads; bits of MeasureEntry::needs.
enum Need : unsigned {
  kLuma = 1,             // facts of each frame, and plain differences of neighbours
  kFlow = 2,             // what motion between neighbours explains
  kEmbeddings = 4,       // cosines of samples
  kText = 8,             // a prompt; without one the measure is left out
  kEveryEmbedding = 16,  // those of all frames; left out unless they were asked for
};

// All that was seen of a clip.
struct Observed {
  const Series& series;         // of every frame
  const SampleSeries& samples;  // of the samples' embeddings
  // nullptr: was not asked for.
  const PromptSeries* prompt = nullptr;
  const BackgroundConsistency* background = nullptr;
};

struct MeasureEntry {
  std::string_view name;  // in reports: "warp_error"
  unsigned needs = 0;     // of Need
  std::string_view unit;  // "mean squared RGB error"
  // The bounds of the value; absent: open.
  std::optional<double> least, most;
  std::string_view source;  // of the formula: a paper and its section, or "ours"
  std::string_view text;    // what it means, a sentence or two for a reader of the page
  // A value past `gate` fails the clip; absent: it decides nothing, what it sees is a detector's
  // to judge.
  std::optional<double> gate = std::nullopt;
  Measure::Passes passes = Measure::Passes::at_most;
  // Fills in value or absent, and what else of a Measure is not declared above.
  Measure (*measure)(const Observed&) = nullptr;
};

// In the order in which reports list them.
[[nodiscard]] std::span<const MeasureEntry* const> all_measures();
// nullptr: there is none of this name.
[[nodiscard]] const MeasureEntry* find_measure(std::string_view name);
// "luma, flow"
[[nodiscard]] std::string needs_text(unsigned needs);
// "mean squared RGB error, 0…1"; "from 0" where there is no upper bound.
[[nodiscard]] std::string unit_text(const MeasureEntry& entry);

// All that are in the list, but for those that need what was not asked for.
[[nodiscard]] std::vector<Measure> measure_all(const Observed& seen);

// For the files of the measures.
[[nodiscard]] Measure measured(double value);
// `why`: one sentence without a full stop.
[[nodiscard]] Measure not_measured(std::string why);

extern const MeasureEntry kWarpError, kTemporalFlickering, kMotion, kRepeatedFrames, kSharpness,
    kBlack, kNeighbourSimilarity, kDriftToFirst, kSimilarityOverTime, kContentDrift,
    kPromptAdherence, kBackgroundConsistency, kGainJumps, kChromaJumps, kExposureDrift,
    kColourDrift, kMotionLeap, kBlockDamage, kNoiseBurst, kBlurBurst, kMelting, kCadence, kBlank,
    kLetterbox;

}  // namespace videogen::coherence
