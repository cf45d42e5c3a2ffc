#include <array>

#include "scenes/scenes_internal.h"

namespace videogen::scenes {

std::span<const SceneEntry> scene_table() {
  static const std::array table{
      SceneEntry{{"harbour", "boats rocking in a bay, hills behind, the sky on the water"},
                 make_harbour},
      SceneEntry{{"marbles", "glass and stone marbles rolling over a wooden tray"}, make_marbles},
  };
  return table;
}

}  // namespace videogen::scenes
