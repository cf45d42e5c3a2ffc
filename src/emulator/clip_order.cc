#include "emulator/clip_order.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "emulator/job_json_internal.h"

namespace videogen::emulator {
namespace {

std::string digest(const std::string& text) {
  Sha256 sha;
  sha.update(std::string_view(text));
  return sha.hex();
}

std::uint64_t hash(const std::string& text) {
  return std::stoull(digest(text).substr(0, 16), nullptr, 16);
}

struct Words {
  std::string_view scene;
  std::vector<std::string_view> words;  // beginnings of words
};
const std::vector<Words>& vocabulary() {
  static const std::vector<Words> table{
      {"harbour", {"harbo", "boat", "ship", "lighthouse", "sail", "sea", "bay", "ocean", "storm"}},
      {"city", {"city", "street", "neon", "rain", "traffic", "night", "urban", "car", "people"}},
      {"forest", {"forest", "wood", "tree", "jungle", "deer", "fox", "path"}},
      {"highway", {"highway", "road", "desert", "drive", "truck", "canyon"}},
      {"marbles", {"marble", "glass", "ball", "toy", "product", "table"}},
      {"mountains", {"mountain", "peak", "cloud", "flight", "drone", "lake", "valley", "eagle"}},
      {"reef", {"reef", "fish", "underwater", "coral", "whale", "turtle"}},
      {"snowfall", {"snow", "winter", "cabin", "ice", "christmas"}},
      {"still-life", {"fruit", "still", "vase", "flower", "food", "coffee", "apple"}},
      {"bust", {"portrait", "statue", "face", "museum", "sculpture", "man", "woman", "person"}},
  };
  return table;
}

std::vector<std::string> words_of(const std::string& prompt) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : prompt + " ") {
    if (std::isalpha(static_cast<unsigned char>(c)) != 0) {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  return words;
}

// The first word that means a scene decides: prompts begin with their subject.
std::string scene_of(const ClipOrder& order) {
  for (const std::string& word : words_of(order.prompt))
    for (const Words& entry : vocabulary())
      for (const std::string_view beginning : entry.words)
        if (word.starts_with(beginning)) return std::string(entry.scene);
  const auto scenes = scenes::all_scenes();
  return std::string(scenes[hash("scene\n" + order.prompt + order.pictures) % scenes.size()].name);
}

// What is seen in a clip of any scene, one for each kind; the last one always fits.
scenes::Defect defect_for(std::uint64_t chance, const scenes::Clip& clip) {
  static constexpr std::array<std::string_view, 7> kKinds{
      "cut", "flash", "flicker", "freeze", "corruption", "noise", "black"};
  const double place = 0.35 + 0.3 * double(chance % 1000) / 1000;
  scenes::Defect defect;
  defect.kind = kKinds[(chance / 1000) % kKinds.size()];
  defect.severity = scenes::Severity::heavy;
  defect.start_s = place * clip.seconds;
  scenes::Clip trial = clip;
  trial.defects = {defect};
  if (!scenes::Renderer::create(trial)) defect.kind = "cut";
  return defect;
}

}  // namespace

std::string key_of(const ClipOrder& order, int broken_every) {
  nlohmann::json document = as_json(order);
  document["broken_every"] = broken_every;
  // Prompts may hold broken UTF-8 only if a caller let them through.
  return digest(document.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace));
}

bool is_broken(const ClipOrder& order, int broken_every) {
  return broken_every > 0 && hash("broken\n" + key_of(order, 0)) % std::uint64_t(broken_every) == 0;
}

scenes::Clip clip_of(const ClipOrder& order, int broken_every) {
  const std::uint64_t chance = hash("clip\n" + key_of(order, 0));
  scenes::Clip clip;
  const bool continues = !order.continued_scene.empty();
  clip.scene = continues ? order.continued_scene : scene_of(order);
  clip.seed = continues ? order.continued_seed : chance;
  clip.width = order.width;
  clip.height = order.height;
  clip.frame_rate = {order.frames_per_second, 1};
  clip.seconds = order.seconds;
  if (is_broken(order, broken_every))
    clip.defects = {defect_for(hash("defect\n" + key_of(order, 0)), clip)};
  return clip;
}

}  // namespace videogen::emulator
