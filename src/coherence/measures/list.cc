#include "coherence/measures/list.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "coherence/number_text.h"

namespace videogen::coherence {
namespace {

// What a terminal has room for comes first.
constexpr std::array kAll{
    // How well neighbouring frames go together.
    &kWarpError, &kTemporalFlickering, &kMotion, &kRepeatedFrames, &kSharpness, &kBlack,
    // What samples are like.
    &kNeighbourSimilarity, &kDriftToFirst, &kSimilarityOverTime, &kContentDrift, &kPromptAdherence,
    &kBackgroundConsistency,
    // Light and colour.
    &kGainJumps, &kChromaJumps, &kExposureDrift, &kColourDrift,
    // The worst place of the clip.
    &kMotionLeap, &kBlockDamage, &kNoiseBurst, &kBlurBurst, &kMelting,
    // How it was made.
    &kCadence, &kBlank, &kLetterbox};

constexpr std::array kNeeds{std::pair{kLuma, "luma"}, std::pair{kFlow, "flow"},
                            std::pair{kEmbeddings, "embeddings"}, std::pair{kText, "text"},
                            std::pair{kEveryEmbedding, "every embedding"}};

bool asked_for(const MeasureEntry& entry, const Observed& seen) {
  return ((entry.needs & kText) == 0 || seen.prompt != nullptr) &&
         ((entry.needs & kEveryEmbedding) == 0 || seen.background != nullptr);
}

}  // namespace

std::span<const MeasureEntry* const> all_measures() { return kAll; }

const MeasureEntry* find_measure(std::string_view name) {
  const auto found = std::ranges::find(kAll, name, &MeasureEntry::name);
  return found == kAll.end() ? nullptr : *found;
}

std::string needs_text(unsigned needs) {
  std::string text;
  for (const auto& [need, word] : kNeeds)
    if ((needs & need) != 0) text += fmt::format("{}{}", text.empty() ? "" : ", ", word);
  return text;
}

std::string unit_text(const MeasureEntry& entry) {
  if (entry.least && entry.most)
    return fmt::format("{}, {}…{}", entry.unit, shortest_text(*entry.least),
                       shortest_text(*entry.most));
  if (entry.least) return fmt::format("{}, from {}", entry.unit, shortest_text(*entry.least));
  return std::string(entry.unit);
}

std::vector<Measure> measure_all(const Observed& seen) {
  std::vector<Measure> measures;
  for (const MeasureEntry* entry : kAll) {
    if (!asked_for(*entry, seen)) continue;
    Measure measure = entry->measure(seen);
    measure.name = entry->name;
    measure.unit = unit_text(*entry);
    measure.least = entry->least;
    measure.most = entry->most;
    measure.gate = entry->gate;
    measure.passes = entry->passes;
    measures.push_back(std::move(measure));
  }
  return measures;
}

Measure measured(double value) {
  Measure measure;
  measure.value = value;
  return measure;
}

Measure not_measured(std::string why) {
  Measure measure;
  measure.absent = std::move(why);
  return measure;
}

}  // namespace videogen::coherence
