#include "coherence/measure_texts.h"

#include <array>
#include <span>
#include <utility>

#include "coherence/measures/list.h"

namespace videogen::coherence {
namespace {

using Entry = std::pair<std::string_view, std::string_view>;

constexpr std::array<Entry, 12> kKinds{{
    {"cut", "the scene changes from one frame to the next and does not come back"},
    {"flash", "one or a few foreign, white or black frames; then the scene goes on"},
    {"flicker", "brightness or colour jumps and returns, or pumps"},
    {"freeze", "frames are repeated while the scene moves"},
    {"jump", "frames are missing: motion leaps"},
    {"corruption", "blocks, bands, tearing, patches that come and go"},
    {"noise", "a burst of noise or blur"},
    {"morph", "something melts, appears, vanishes or turns into something else without a cut"},
    {"drift", "colour, exposure or content slowly leave where they began"},
    {"black", "black frames inside the clip"},
    {"dissolve",
     "one shot turns into the next gradually; like a cut it speaks against a single shot"},
    {"fade", "the picture comes from or goes to one colour; no defect by itself"},
}};

std::string_view find(std::span<const Entry> table, std::string_view name) {
  for (const auto& [entry, text] : table)
    if (entry == name) return text;
  return "";
}

}  // namespace

std::string_view kind_text(std::string_view kind) { return find(kKinds, kind); }

std::string_view measure_text(std::string_view name) {
  const MeasureEntry* entry = find_measure(name);
  return entry == nullptr ? "" : entry->text;
}

}  // namespace videogen::coherence
