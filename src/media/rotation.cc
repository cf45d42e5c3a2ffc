#include <cmath>

#include <fmt/format.h>

#include "media/rotation_internal.h"

extern "C" {
#include <libavutil/display.h>
}

namespace videogen::media {

double rotation_degrees(const std::optional<DisplayMatrix>& matrix) {
  double theta = matrix ? -std::round(av_display_rotation_get(matrix->data())) : 0;
  theta -= 360 * std::floor(theta / 360 + 0.9 / 360);
  return theta;
}

std::string rotation_filters(const std::optional<DisplayMatrix>& matrix) {
  if (!matrix) return {};
  const DisplayMatrix& m = *matrix;
  const double theta = rotation_degrees(matrix);
  if (std::abs(theta - 90) < 1) return m[3] > 0 ? "transpose=cclock_flip" : "transpose=clock";
  if (std::abs(theta - 180) < 1) {
    if (m[0] < 0) return m[4] < 0 ? "hflip,vflip" : "hflip";
    return m[4] < 0 ? "vflip" : "";
  }
  if (std::abs(theta - 270) < 1) return m[3] < 0 ? "transpose=clock_flip" : "transpose=cclock";
  if (std::abs(theta) > 1) return fmt::format("rotate={:f}*PI/180", theta);
  return std::abs(theta) < 1 && m[4] < 0 ? "vflip" : "";  // not where theta is no number
}

}  // namespace videogen::media
