#include "motion/capabilities.h"

#include <opencv2/core/utility.hpp>

namespace videogen::motion {

std::string opencv_version() { return cv::getVersionString(); }

}  // namespace videogen::motion
