#include <array>

#include "scenes/scenes_internal.h"

namespace videogen::scenes {

std::span<const SceneEntry> scene_table() {
  static const std::array table{
      SceneEntry{{"bust", "a marble head in a museum, nearly still; the light wanders", true},
                 Layout::upright,
                 make_bust},
      SceneEntry{{"city", "a street after rain at dusk: lit windows, lamps, cars, people"},
                 Layout::upright,
                 make_city},
      SceneEntry{{"forest", "a walk through a wood, sun in shafts between the trunks"},
                 Layout::upright,
                 make_forest},
      SceneEntry{{"harbour", "boats rocking in a bay, hills behind, the sky on the water"},
                 Layout::level,
                 make_harbour},
      SceneEntry{{"highway", "a drive through the desert past mesas, poles and traffic"},
                 Layout::level,
                 make_highway},
      SceneEntry{{"marbles", "glass and stone marbles rolling over a wooden tray"},
                 Layout::level,
                 make_marbles},
      SceneEntry{{"mountains", "a slow flight over peaks and lakes, clouds in time-lapse"},
                 Layout::level,
                 make_mountains},
      SceneEntry{
          {"reef", "fish over a reef, light broken by the surface"}, Layout::level, make_reef},
      SceneEntry{{"snowfall", "snow on cabins between firs, smoke from the chimneys"},
                 Layout::level,
                 make_snowfall},
      SceneEntry{{"still-life", "fruit and a vase by a window; only the light moves", true},
                 Layout::level,
                 make_still_life},
  };
  return table;
}

}  // namespace videogen::scenes
