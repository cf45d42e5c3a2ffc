// Which frames sampling at a rate takes: the arithmetic of FFmpeg's filter fps (libavfilter
// 5.1, vf_fps.c, round=near, eof_action=round), without its frames.
#pragma once

#include <cstdint>
#include <optional>

extern "C" {
#include <libavutil/rational.h>
}

namespace videogen::media {

class FpsSampler {
 public:
  // Input times count in `time_base`; `rate` is samples a second.
  FpsSampler(AVRational time_base, double rate);

  // The next frame, in the order of the decoder. Returns how often the frame *before* it is
  // taken, which its successor decides: 0 where frames are dense, more where they have holes.
  std::int64_t push(std::int64_t pts);
  // No frame follows and the stream ends at `end_pts`: how often the last one is taken.
  std::int64_t finish(std::int64_t end_pts);
  // Forgets all: ffmpeg rebuilds its filters, and loses the frame inside, where the size or
  // format of the pictures changes.
  void reset();

 private:
  [[nodiscard]] std::int64_t to_samples(std::int64_t pts) const;
  bool find_first();
  std::int64_t advance_to(std::int64_t sample);

  AVRational time_base_;
  AVRational sample_base_;
  std::optional<std::int64_t> held_;  // the frame that waits for its successor, in samples
  std::optional<std::int64_t> next_;  // the next sample to fill
};

}  // namespace videogen::media
