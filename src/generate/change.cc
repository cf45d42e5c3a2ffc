#include "generate/change.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

namespace videogen::generate {
namespace {

struct Remedy {
  std::string_view kind, name, addition;
};

// In words that video models follow: what should be seen, never what should not (a model that
// reads "no cuts" has read "cuts").
constexpr auto kRemedies = std::to_array<Remedy>({
    {"cut", "one take", "One continuous take from a single camera."},
    {"dissolve", "one take", "One continuous take from a single camera."},
    {"morph", "calmer camera", "Calm, slow camera movement; every shape stays as it is."},
    {"jump", "calmer camera", "Slow, steady camera movement at a constant speed."},
    {"coherence", "calmer camera", "Calm, slow camera movement; the scene changes little."},
    {"flagged_pair", "calmer camera", "Calm, slow camera movement; the scene changes little."},
    {"measure", "calmer camera", "Calm, slow camera movement; the scene changes little."},
    {"flicker", "steady light", "Constant, even lighting throughout."},
    {"flash", "steady light", "Constant, even lighting throughout."},
    {"drift", "steady look",
     "Colours and exposure stay the same from the first second to the last."},
    {"freeze", "steady motion", "Continuous motion from the first second to the last."},
});

}  // namespace

Change change_for(std::span<const coherence::Reason> reasons, std::span<const std::string> used) {
  for (const coherence::Reason& reason : reasons) {
    const auto* remedy = std::ranges::find(kRemedies, reason.kind, &Remedy::kind);
    if (remedy == kRemedies.end() || std::ranges::find(used, remedy->addition) != used.end())
      continue;
    return {std::string(remedy->addition),
            fmt::format("{}, another seed: {}", remedy->name, reason.message)};
  }
  if (reasons.empty()) return {"", "another seed"};
  return {"", fmt::format("another seed: {}", reasons.front().message)};
}

}  // namespace videogen::generate
