#include "coherence/detectors.h"

#include <algorithm>
#include <array>

namespace videogen::coherence {

std::span<const Detector> all_detectors() {
  static constexpr std::array kDetectors{
      Detector{"cut", detect_cut, "cut"},
      Detector{"flash", detect_flash, "flash"},
      Detector{"flicker", detect_flicker, "flicker"},
      Detector{"freeze", detect_freeze, "freeze"},
      Detector{"jump", detect_jump, "jump"},
      Detector{"corruption", detect_corruption, "corruption"},
      Detector{"noise", detect_noise, "noise"},
      Detector{"morph", detect_morph, "morph"},
      Detector{"morph", detect_widespread_morph, "widespread_morph"},
      Detector{"drift", detect_drift, "drift"},
      Detector{"black", detect_black, "black"},
  };
  return kDetectors;
}

Findings without_overlaps(Findings findings, std::size_t gap) {
  std::ranges::stable_sort(findings,
                           [](const Finding& a, const Finding& b) { return a.raw > b.raw; });
  Findings kept;
  for (Finding& finding : findings) {
    const bool taken = std::ranges::any_of(kept, [&](const Finding& other) {
      return finding.first <= other.last + gap && other.first <= finding.last + gap;
    });
    if (!taken) kept.push_back(std::move(finding));
  }
  std::ranges::sort(kept, [](const Finding& a, const Finding& b) { return a.first < b.first; });
  return kept;
}

}  // namespace videogen::coherence
