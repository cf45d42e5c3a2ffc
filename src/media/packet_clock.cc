#include "media/packet_clock_internal.h"

#include <algorithm>

extern "C" {
#include <libavutil/avutil.h>
#include <libavutil/mathematics.h>
}

namespace videogen::media {
namespace {

constexpr AVRational kMicroseconds{1, AV_TIME_BASE};
// ffmpeg's -dts_delta_threshold and -dts_error_threshold.
constexpr std::int64_t kJumpUs = 10LL * AV_TIME_BASE;
constexpr std::int64_t kAbsurdUs = 30LL * 3600 * AV_TIME_BASE;

// Hostile timestamps may leave the range of 64 bits; what comes then only has to be defined.
std::int64_t plus(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b > 0 ? std::numeric_limits<std::int64_t>::max() : kNoTime + 1;
}

void shift(std::int64_t& time, std::int64_t by) {
  if (time != kNoTime) time = plus(time, by);
}

std::int64_t minus(std::int64_t a, std::int64_t b) {
  std::int64_t difference = 0;
  if (!__builtin_sub_overflow(a, b, &difference)) return difference;
  return b < 0 ? std::numeric_limits<std::int64_t>::max() : kNoTime + 1;
}

void shift_back(std::int64_t& time, std::int64_t by) {
  if (time != kNoTime) time = minus(time, by);
}

constexpr auto kRounding = static_cast<AVRounding>(AV_ROUND_NEAR_INF | AV_ROUND_PASS_MINMAX);

std::int64_t to_us(std::int64_t time, AVRational time_base) {
  return av_rescale_q_rnd(time, time_base, kMicroseconds, kRounding);
}

std::int64_t from_us(std::int64_t time_us, AVRational time_base) {
  return av_rescale_q_rnd(time_us, kMicroseconds, time_base, kRounding);
}

}  // namespace

std::int64_t end_of_frame(std::int64_t pts, std::int64_t duration, AVRational time_base) {
  return from_us(plus(to_us(pts, time_base), to_us(duration, time_base)), time_base);
}

PacketClock::PacketClock(const ClockOptions& options)
    : options_(options), offset_us_(options.start_us == kNoTime ? 0 : minus(0, options.start_us)) {}

std::int64_t PacketClock::to_us(std::int64_t time) const {
  return media::to_us(time, options_.time_base);
}

std::int64_t PacketClock::from_us(std::int64_t time_us) const {
  return media::from_us(time_us, options_.time_base);
}

void PacketClock::unwrap(AVPacket& packet) {
  if (wrap_checked_ || options_.start_us == kNoTime || options_.pts_wrap_bits >= 64) return;
  // The file's start may belong to a stream that is not read.
  if (next_dts_us_ == kNoTime && offset_us_ == minus(0, options_.start_us) &&
      options_.discontinuities_allowed && options_.enabled_us != kNoTime &&
      options_.enabled_us > options_.start_us) {
    offset_us_ = minus(0, options_.enabled_us);
  }
  wrap_checked_ = true;
  if (options_.pts_wrap_bits < 1 || options_.pts_wrap_bits > 62) return;
  const std::int64_t period = std::int64_t{1} << options_.pts_wrap_bits;
  const std::int64_t latest = plus(from_us(options_.start_us), period / 2);
  for (std::int64_t* time : {&packet.dts, &packet.pts}) {
    if (*time == kNoTime || *time <= latest) continue;
    *time -= period;
    wrap_checked_ = false;
    repaired_ = true;
  }
}

void PacketClock::check_against_expected(AVPacket& packet) {
  if (packet.dts == kNoTime) return;
  const std::int64_t dts_us = to_us(packet.dts);
  if (next_dts_us_ == kNoTime) {
    const std::int64_t jump = last_dts_us_ == kNoTime ? 0 : minus(dts_us, last_dts_us_);
    if (!options_.discontinuities_allowed || (jump >= -kJumpUs && jump <= kJumpUs)) return;
    repaired_ = true;
    offset_us_ = minus(offset_us_, jump);
    shift_back(packet.dts, from_us(jump));
    shift_back(packet.pts, from_us(jump));
    return;
  }
  const std::int64_t jump = minus(dts_us, next_dts_us_);
  if (options_.discontinuities_allowed) {
    const bool backwards = plus(dts_us, AV_TIME_BASE / 10) < std::max(pts_us_, dts_us_);
    if (jump >= -kJumpUs && jump <= kJumpUs && !backwards) return;
    repaired_ = true;
    offset_us_ = minus(offset_us_, jump);
    shift_back(packet.dts, from_us(jump));
    shift_back(packet.pts, from_us(jump));
    return;
  }
  if (jump < -kAbsurdUs || jump > kAbsurdUs) {
    repaired_ = true;
    packet.dts = kNoTime;
  }
  if (packet.pts == kNoTime) return;
  const std::int64_t ahead = minus(to_us(packet.pts), next_dts_us_);
  if (ahead < -kAbsurdUs || ahead > kAbsurdUs) {
    repaired_ = true;
    packet.pts = kNoTime;
  }
}

void PacketClock::start() {
  if (!started_) {
    started_ = true;
    const AVRational rate = options_.average_rate;
    dts_us_ = rate.num != 0 ? static_cast<std::int64_t>(-options_.reorder_delay *
                                                        double{AV_TIME_BASE} / av_q2d(rate))
                            : 0;
    pts_us_ = 0;
  }
  if (next_dts_us_ == kNoTime) next_dts_us_ = dts_us_;
  if (next_pts_us_ == kNoTime) next_pts_us_ = pts_us_;
}

void PacketClock::begin_drain() { start(); }

void PacketClock::stamp(AVPacket& packet) {
  unwrap(packet);
  shift(packet.dts, from_us(offset_us_));
  shift(packet.pts, from_us(offset_us_));
  check_against_expected(packet);
  if (packet.dts != kNoTime) last_dts_us_ = to_us(packet.dts);

  start();
  if (packet.dts != kNoTime) next_dts_us_ = dts_us_ = to_us(packet.dts);
}

std::int64_t PacketClock::begin_call() {
  pts_us_ = next_pts_us_;
  dts_us_ = next_dts_us_;
  return dts_us_ == kNoTime ? kNoTime : from_us(dts_us_);
}

void PacketClock::decoded(const Decoded& event) {
  if (event.frame != nullptr && event.frame->pts != kNoTime)
    next_pts_us_ = pts_us_ = to_us(event.frame->pts);
  const std::int64_t duration_us =
      event.packet_duration != 0 ? to_us(event.packet_duration) : event.guessed_duration_us;
  if (event.first_call || event.frame != nullptr)
    next_dts_us_ =
        dts_us_ != kNoTime && duration_us != 0 ? plus(next_dts_us_, duration_us) : kNoTime;
  if (event.frame != nullptr)
    next_pts_us_ =
        plus(next_pts_us_, event.frame_duration > 0 ? to_us(event.frame_duration) : duration_us);
}

std::int64_t PacketClock::end_pts() const { return from_us(pts_us_); }

}  // namespace videogen::media
