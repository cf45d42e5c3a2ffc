#include "coherence/measure_texts.h"

#include <array>
#include <span>
#include <utility>

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
    {"dissolve", "one shot fades into the next; no defect by itself"},
    {"fade", "the picture comes from or goes to one colour; no defect by itself"},
}};

constexpr std::array<Entry, 6> kMeasures{{
    {"warp_error",
     "How badly a frame predicts the next one after its motion was followed. Low for steady "
     "pictures; fine texture, water and smoke raise it, too."},
    {"temporal_flickering",
     "How alike neighbouring frames are, pixel by pixel. Rewards stillness: a still picture "
     "reaches the top."},
    {"motion", "How far things move. Neither good nor bad; it says how hard the clip was."},
    {"repeated_frames",
     "Share of the frames that repeat the one before. Animation on twos has half of them."},
    {"sharpness", "Fine detail in the picture. Falls with blur, rises with noise."},
    {"black", "Share of the frames with nothing to see."},
}};

std::string_view find(std::span<const Entry> table, std::string_view name) {
  for (const auto& [entry, text] : table)
    if (entry == name) return text;
  return "";
}

}  // namespace

std::string_view kind_text(std::string_view kind) { return find(kKinds, kind); }

std::string_view measure_text(std::string_view name) { return find(kMeasures, name); }

}  // namespace videogen::coherence
