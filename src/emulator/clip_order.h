// Which clip answers a prompt: a rendered scene, chosen by the words, varied by the seed.
#pragma once

#include <cstdint>
#include <string>

#include "scenes/scene.h"

namespace videogen::emulator {

struct ClipOrder {
  std::string prompt;
  std::string pictures;  // digest of the images that came along; empty: none
  std::string negative_prompt;
  std::uint64_t seed = 0;
  int width = 1280, height = 720;  // pixels, even
  int frames_per_second = 24;
  double seconds = 8;
  // Of a clip that is to be continued, as clip_of() made it; empty: a new clip.
  std::string continued_scene;
  std::uint64_t continued_seed = 0;
};

// 64 hex digits; equal orders and settings have equal keys, others don't.
[[nodiscard]] std::string key_of(const ClipOrder& order, int broken_every);

// Whether the clip of an order is one of those with a defect.
[[nodiscard]] bool is_broken(const ClipOrder& order, int broken_every);

// The same order gives the same clip. One order in `broken_every` has a planted defect (0:
// none, 1: all). A scene that the words name is taken; else the words choose one by chance.
[[nodiscard]] scenes::Clip clip_of(const ClipOrder& order, int broken_every);

}  // namespace videogen::emulator
