#include <array>

#include "scenes/defect_internal.h"

namespace videogen::scenes {

std::span<const DefectEntry> defect_table() {
  static const std::array table{
      DefectEntry{"cut", "another scene from here on", plant_cut, true},
      DefectEntry{"flash", "one to three frames of white, black or another scene", plant_flash},
      DefectEntry{"flicker", "brightness or colour pumps", plant_flicker},
      DefectEntry{"freeze", "a frame repeats while the scene moves", plant_freeze, false, true},
      DefectEntry{"jump", "frames are missing: motion leaps", plant_jump, true},
      DefectEntry{"corruption", "blocks, smears, tearing, patches from elsewhere",
                  plant_corruption},
      DefectEntry{"noise", "a burst of noise or blur", plant_noise},
      DefectEntry{"morph", "something melts or turns into something else, and stays", plant_morph,
                  false, false, morph_styles()},
      DefectEntry{"drift", "exposure, colour or content leaves for good", plant_drift},
      DefectEntry{"black", "the picture goes dark for a while", plant_black, false, true},
  };
  return table;
}

}  // namespace videogen::scenes
