// What a scene is, and the table of those there are.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "scenes/film_internal.h"
#include "scenes/scene.h"

namespace videogen::scenes {

// Everything that a scene is made from. `seed` draws the light, the palette and the camera's
// path; `cast` draws who and what stands where, so that two scripts that differ in the cast
// alone show the same place under the same light, with other things in it.
struct Script {
  std::uint64_t seed = 1;
  std::uint64_t cast = 1;
  float aspect = 1;
  float seconds = 6;  // the latest moment that will be painted
};

// Immutable after construction: one scene paints many frames at once.
class Scene {
 public:
  Scene() = default;
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;
  virtual ~Scene() = default;

  // Covers the whole film with the moment t, in seconds; any order of moments.
  virtual void paint(float t, Film& film) const = 0;
  [[nodiscard]] virtual Grade grade() const { return {}; }
};

// How a picture is built: around a horizon and level things, or around upright ones. Between
// the two even a descriptor of mere layout sees a cut.
enum class Layout { level, upright };

struct SceneEntry {
  SceneInfo info;
  Layout layout;
  std::unique_ptr<Scene> (*make)(const Script&);
};
[[nodiscard]] std::span<const SceneEntry> scene_table();

}  // namespace videogen::scenes
