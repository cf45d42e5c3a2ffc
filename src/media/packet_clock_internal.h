// The timestamps that `ffmpeg` gives to packets and, through its guesses, to frames.
//
// Between the demuxer and the decoder ffmpeg removes the start time, unwraps and bridges
// discontinuities, drops absurd values, and fills in decoding times; containers without
// presentation times (AVI) live on the result. This is FFmpeg 5.1's fftools/ffmpeg.c,
// process_input() and process_input_packet(), for one mapped video stream, with its state.
//
// Times are in the stream's time base unless they are named _us (microseconds). One decode:
//   clock.stamp(packet);
//   do { clock.begin_call(); decode; clock.decoded(…); } while (a frame came);
// and at the end
//   do { clock.begin_drain(); clock.begin_call(); decode; clock.decoded(…); } while (frames come);
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "media/libav_internal.h"

namespace videogen::media {

inline constexpr std::int64_t kNoTime = AV_NOPTS_VALUE;

// Where a frame ends, rounded as ffmpeg does on its way through microseconds.
[[nodiscard]] std::int64_t end_of_frame(std::int64_t pts, std::int64_t duration,
                                        AVRational time_base);

struct ClockOptions {
  AVRational time_base{1, 1};
  AVRational average_rate{0, 0};
  int pts_wrap_bits = 64;
  int reorder_delay = 0;                 // frames, of the decoder
  std::int64_t start_us = kNoTime;       // of the file
  std::int64_t enabled_us = kNoTime;     // of the stream
  bool discontinuities_allowed = false;  // AVFMT_TS_DISCONT: transport streams and their like
};

class PacketClock {
 public:
  explicit PacketClock(const ClockOptions& options);

  // Puts the packet's times right, in place.
  void stamp(AVPacket& packet);

  // What the last call of the decoder did.
  struct Decoded {
    bool first_call = true;                // for this packet
    std::int64_t packet_duration = 0;      // 0: unknown, or the decoder is being drained
    std::int64_t guessed_duration_us = 0;  // from the codec's frame rate, when that is unknown
    const AVFrame* frame = nullptr;        // with its final pts; null: none came
    std::int64_t frame_duration = 0;
  };
  void decoded(const Decoded& event);

  // Before each call of the decoder; returns the decoding time that it gets.
  std::int64_t begin_call();
  void begin_drain();

  // The presentation time at which the stream ends.
  [[nodiscard]] std::int64_t end_pts() const;
  // True once a timestamp was changed by more than the start time: what the packets say can
  // then not be known without decoding.
  [[nodiscard]] bool repaired() const { return repaired_; }

 private:
  void start();
  void unwrap(AVPacket& packet);
  void check_against_expected(AVPacket& packet);
  [[nodiscard]] std::int64_t to_us(std::int64_t time) const;
  [[nodiscard]] std::int64_t from_us(std::int64_t time_us) const;

  ClockOptions options_;
  std::int64_t offset_us_;
  bool wrap_checked_ = false;
  bool started_ = false;
  bool repaired_ = false;
  std::int64_t last_dts_us_ = kNoTime;  // of the file
  std::int64_t dts_us_ = kNoTime, next_dts_us_ = kNoTime;
  std::int64_t pts_us_ = kNoTime, next_pts_us_ = kNoTime;
};

}  // namespace videogen::media
