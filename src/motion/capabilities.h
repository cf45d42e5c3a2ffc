// What motion is estimated with.
#pragma once

#include <string>

namespace videogen::motion {

// The OpenCV that was loaded, "4.6.0".
[[nodiscard]] std::string opencv_version();

}  // namespace videogen::motion
