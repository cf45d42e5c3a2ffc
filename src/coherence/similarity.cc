#include "coherence/similarity.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace videogen::coherence {

std::optional<double> cosine(std::span<const float> a, std::span<const float> b) {
  VIDEOGEN_CHECK(a.size() == b.size(), "embeddings of one model have one length");
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double x = a[i], y = b[i];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  if (aa == 0 || bb == 0) return std::nullopt;
  // Rows are of unit length only to float precision. Dividing by their lengths takes that
  // error out; what double leaves is cut at the bounds of a cosine.
  return std::clamp(ab / std::sqrt(aa * bb), -1.0, 1.0);
}

}  // namespace videogen::coherence
