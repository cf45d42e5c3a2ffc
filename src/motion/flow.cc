#include "motion/flow.h"

#include <opencv2/core.hpp>
#include <opencv2/video/tracking.hpp>

#include "base/error.h"

namespace videogen::motion {
namespace {

constexpr int kSmallestSide = 16;  // two patches of the search

cv::Mat view(const Raster8& raster) {
  return {raster.height, raster.width, CV_8UC1, const_cast<std::uint8_t*>(raster.values.data())};
}

}  // namespace

struct FlowEstimator::State {
  cv::Ptr<cv::DISOpticalFlow> search = cv::DISOpticalFlow::create(cv::DISOpticalFlow::PRESET_FAST);
  State() { search->setUseSpatialPropagation(true); }
};

FlowEstimator::FlowEstimator() {
  // Frames are analysed side by side; a second thread within one flow gains little. OpenCV sets
  // this for the whole process, and not safely while others compute: once.
  [[maybe_unused]] static const bool serial = (cv::setNumThreads(1), true);
  state_ = std::make_unique<State>();
}
FlowEstimator::FlowEstimator(FlowEstimator&&) noexcept = default;
FlowEstimator& FlowEstimator::operator=(FlowEstimator&&) noexcept = default;
FlowEstimator::~FlowEstimator() = default;

Flow FlowEstimator::between(const Raster8& first, const Raster8& second) {
  VIDEOGEN_CHECK(first.channels == 1 && second.channels == 1 && first.width == second.width &&
                     first.height == second.height,
                 "flow is between two planes of one size");
  Flow flow(first.width, first.height, 2);
  if (first.width < kSmallestSide || first.height < kSmallestSide) return flow;
  cv::Mat out(flow.height, flow.width, CV_32FC2, flow.values.data());
  const void* before = out.data;
  state_->search->calc(view(first), view(second), out);
  if (out.data != before) {  // OpenCV chose memory of its own
    cv::Mat own(flow.height, flow.width, CV_32FC2, flow.values.data());
    out.copyTo(own);
  }
  return flow;
}

}  // namespace videogen::motion
