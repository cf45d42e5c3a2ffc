// Which packets must be decoded for the frames that a sampling takes. Pure arithmetic on the
// packets' facts; no file, no decoder.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "media/frame_reader.h"
#include "media/packet_index_internal.h"

namespace videogen::media {

struct PlannedFrame {
  std::int64_t pts = 0;
  std::int64_t source_index = 0;  // among all frames that a full decoding gives
  std::int64_t samples = 0;       // how often it is taken; 0: only others refer to it
};

struct SamplePlan {
  std::vector<bool> decode;              // of each packet, in the order of the file
  std::vector<std::int64_t> packet_pts;  // to know the packets again by
  std::vector<PlannedFrame> frames;      // that come out of the decoder, in that order
  std::int64_t source_frames = 0;
  std::int64_t samples = 0;
};

struct PlanOptions {
  // Samples a second; nullopt: each frame whose time lies in one of `only` is taken once.
  std::optional<double> rate = 1;
  std::span<const TimeSpan> only{};
  // Frames that the decoder holds back at least. One that holds back fewer than the clip
  // reorders drops frames, and that is not planned for.
  int reorder_delay = 0;
  // Containers whose discontinuities ffmpeg bridges (AVFMT_TS_DISCONT).
  bool discontinuities_allowed = false;
};

// Whether a time lies in one of the spans.
[[nodiscard]] bool within(std::span<const TimeSpan> spans, double time_s);

// nullopt where the times leave a doubt about what ffmpeg would take.
[[nodiscard]] std::optional<SamplePlan> plan_samples(const PacketIndex& index,
                                                     const PlanOptions& options);

}  // namespace videogen::media
