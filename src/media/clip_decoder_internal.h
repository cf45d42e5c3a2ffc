// Decodes the video stream of a file, frame by frame, with the times that ffmpeg gives them.
//
// One thread at a time; the decoder has threads of its own.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>

#include "base/error.h"
#include "media/converter_internal.h"
#include "media/damage_log_internal.h"
#include "media/demuxer_internal.h"
#include "media/packet_clock_internal.h"
#include "media/sample_plan_internal.h"

namespace videogen::media {

struct SourceFrame {
  Picture picture;
  PictureShape shape;
  bool shape_changed = false;  // against the frame before
  std::int64_t pts = kNoTime;  // in the stream's time base, start time removed
  std::int64_t index = 0;      // in the decoded sequence
  std::int64_t samples = 0;    // with a plan: how often it is taken
};

class ClipDecoder {
 public:
  // `threads` 0: one for each core. With a plan only what it names is decoded.
  // Errors: corrupt.
  static Result<ClipDecoder> open(Demuxer demuxer, const Limits& limits, int threads,
                                  Deadline& deadline, LogSink& decoder_log, DamageLog& damage,
                                  std::optional<SamplePlan> plan);

  // The next frame in the order of the decoder; nullopt after the last, or where the plan
  // turned out wrong. Errors: limit, interrupted. Damage goes to the log.
  Result<std::optional<SourceFrame>> next();

  // With a plan: the file or the decoder gave something else than it foretold. Frames so far
  // were right; the rest needs a decoder without a plan.
  [[nodiscard]] bool deviated() const { return deviated_; }
  [[nodiscard]] const std::optional<SamplePlan>& plan() const { return plan_; }

  [[nodiscard]] const Demuxer& demuxer() const { return demuxer_; }
  // After the last frame: where it ends.
  [[nodiscard]] std::int64_t end_pts() const { return clock_.end_pts(); }
  [[nodiscard]] std::int64_t frames() const { return frames_; }

 private:
  enum class Stage { reading, in_packet, draining, ended };

  ClipDecoder(Demuxer demuxer, CodecContext codec, const Limits& limits, Deadline& deadline,
              LogSink& decoder_log, DamageLog& damage, std::optional<SamplePlan> plan);
  Status read_packet();
  Status read_needed_packet();
  void begin_draining();
  void deviate();
  [[nodiscard]] bool planned(SourceFrame& frame);
  Result<std::optional<SourceFrame>> decode_once();
  int call_decoder(AVFrame& frame, std::int64_t dts);
  Result<SourceFrame> accept(Picture picture);
  void choose_time(AVFrame& frame);
  void add_stream_side_data();
  void note_early_end(int result);
  [[nodiscard]] std::int64_t guessed_duration_us() const;
  [[nodiscard]] double seconds(std::int64_t pts) const;

  Demuxer demuxer_;
  CodecContext codec_;
  Limits limits_;
  Deadline* deadline_;
  LogSink* decoder_log_;
  DamageLog* damage_;
  PacketClock clock_;
  Packet packet_;
  Stage stage_ = Stage::reading;
  bool first_call_ = true;  // of the decoder for this packet
  std::int64_t packet_duration_ = 0;
  std::int64_t packets_ = 0;  // read
  int packets_without_frame_ = 0;
  std::deque<std::int64_t> drained_dts_;  // for frames that come without a time at the end
  std::optional<PictureShape> shape_;
  std::optional<PictureShape> first_shape_;
  std::optional<SamplePlan> plan_;
  std::size_t plan_end_ = 0;  // packets from here on are not needed
  bool deviated_ = false;
  std::int64_t frames_ = 0;
  double last_time_s_ = 0;
};

}  // namespace videogen::media
