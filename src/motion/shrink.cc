#include "motion/shrink.h"

#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

namespace videogen::motion {

media::Image shrink(const media::Image& picture, int side) {
  const int shorter = std::min(picture.width, picture.height);
  if (shorter <= side) return picture;
  const double factor = double(side) / shorter;
  const auto length = [&](int from) { return std::max(1, int(std::lround(from * factor))); };
  media::Image small(length(picture.width), length(picture.height));
  const cv::Mat from(picture.height, picture.width, CV_8UC3,
                     const_cast<std::uint8_t*>(picture.rgb.data()));
  cv::Mat to(small.height, small.width, CV_8UC3, small.rgb.data());
  cv::resize(from, to, to.size(), 0, 0, cv::INTER_AREA);
  return small;
}

Raster8 to_ycc(const media::Image& picture) {
  Raster8 ycc(picture.width, picture.height, 3);
  const std::uint8_t* in = picture.rgb.data();
  std::uint8_t* out = ycc.values.data();
  // BT.601 in 1/65536; each row of weights sums to 65536 or to 0.
  for (std::size_t i = 0; i < ycc.values.size(); i += 3) {
    const int r = in[i];
    const int g = in[i + 1];
    const int b = in[i + 2];
    out[i] = static_cast<std::uint8_t>((19595 * r + 38470 * g + 7471 * b + 32768) >> 16);
    const int cb = (-11059 * r - 21709 * g + 32768 * b + (128 << 16) + 32768) >> 16;
    const int cr = (32768 * r - 27439 * g - 5329 * b + (128 << 16) + 32768) >> 16;
    out[i + 1] = static_cast<std::uint8_t>(std::clamp(cb, 0, 255));
    out[i + 2] = static_cast<std::uint8_t>(std::clamp(cr, 0, 255));
  }
  return ycc;
}

Raster8 channel(const Raster8& raster, int c) {
  Raster8 plane(raster.width, raster.height, 1);
  const auto step = static_cast<std::size_t>(raster.channels);
  const std::uint8_t* in = raster.values.data() + c;
  for (std::size_t i = 0; i < plane.values.size(); ++i) plane.values[i] = in[i * step];
  return plane;
}

}  // namespace videogen::motion
