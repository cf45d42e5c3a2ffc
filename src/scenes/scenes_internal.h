// One function a scene, one file each; scene_table() lists them.
#pragma once

#include <memory>

#include "scenes/stage_internal.h"

namespace videogen::scenes {

std::unique_ptr<Scene> make_bust(const Script& script);
std::unique_ptr<Scene> make_city(const Script& script);
std::unique_ptr<Scene> make_forest(const Script& script);
std::unique_ptr<Scene> make_harbour(const Script& script);
std::unique_ptr<Scene> make_highway(const Script& script);
std::unique_ptr<Scene> make_marbles(const Script& script);
std::unique_ptr<Scene> make_mountains(const Script& script);
std::unique_ptr<Scene> make_reef(const Script& script);
std::unique_ptr<Scene> make_snowfall(const Script& script);
std::unique_ptr<Scene> make_still_life(const Script& script);

}  // namespace videogen::scenes
