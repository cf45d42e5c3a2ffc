#include "media/fps_sampler_internal.h"

#include <climits>
#include <limits>

extern "C" {
#include <libavutil/avutil.h>
#include <libavutil/mathematics.h>
}

namespace videogen::media {

FpsSampler::FpsSampler(AVRational time_base, double rate)
    : time_base_(time_base), sample_base_(av_inv_q(av_d2q(rate, INT_MAX))) {}

std::int64_t FpsSampler::to_samples(std::int64_t pts) const {
  return av_rescale_q_rnd(pts, time_base_, sample_base_,
                          static_cast<AVRounding>(AV_ROUND_NEAR_INF | AV_ROUND_PASS_MINMAX));
}

// Leading frames without a time are lost.
bool FpsSampler::find_first() {
  if (!next_ && *held_ != AV_NOPTS_VALUE) next_ = held_;
  return next_.has_value();
}

std::int64_t FpsSampler::advance_to(std::int64_t sample) {
  if (sample <= *next_) return 0;
  std::int64_t taken = 0;
  if (__builtin_sub_overflow(sample, *next_, &taken))  // hostile times
    taken = std::numeric_limits<std::int64_t>::max();
  next_ = sample;
  return taken;
}

std::int64_t FpsSampler::push(std::int64_t pts) {
  const std::int64_t sample = to_samples(pts);
  const std::int64_t taken = held_ && find_first() ? advance_to(sample) : 0;
  held_ = sample;
  return taken;
}

std::int64_t FpsSampler::finish(std::int64_t end_pts) {
  const std::int64_t taken = held_ && find_first() ? advance_to(to_samples(end_pts)) : 0;
  held_.reset();
  return taken;
}

void FpsSampler::reset() {
  held_.reset();
  next_.reset();
}

}  // namespace videogen::media
