#include <array>

#include "scenes/scenes_internal.h"

namespace videogen::scenes {

std::span<const SceneEntry> scene_table() {
  using enum Layout;
  static const std::array table{
      SceneEntry{{"bust", "a marble head in a museum, nearly still; the light wanders", true},
                 upright,
                 make_bust},
      SceneEntry{{"city", "a street after rain at dusk: lit windows, lamps, cars, people"},
                 upright,
                 make_city},
      SceneEntry{{"forest", "a walk through a wood, sun in shafts between the trunks"},
                 upright,
                 make_forest},
      SceneEntry{{"harbour", "boats rocking in a bay, hills behind, the sky on the water"},
                 level,
                 make_harbour},
      SceneEntry{{"highway", "a drive through the desert past mesas, poles and traffic"},
                 level,
                 make_highway},
      SceneEntry{
          {"marbles", "glass and stone marbles rolling over a wooden tray"}, level, make_marbles},
      SceneEntry{{"mountains", "a slow flight over peaks and lakes, clouds in time-lapse"},
                 level,
                 make_mountains},
      SceneEntry{{"reef", "fish over a reef, light broken by the surface"}, level, make_reef},
      SceneEntry{{"snowfall", "snow on cabins between firs, smoke from the chimneys"},
                 level,
                 make_snowfall},
      SceneEntry{{"still-life", "fruit and a vase by a window; only the light moves", true},
                 level,
                 make_still_life},
  };
  return table;
}

}  // namespace videogen::scenes
