#include "media/stream_choice_internal.h"

namespace videogen::media {

std::optional<int> choose_video_stream(const AVFormatContext& file) {
  constexpr std::int64_t kSeenPackets = 100'000'000;
  constexpr std::int64_t kMarkedDefault = 5'000'000;
  std::optional<int> best;
  std::int64_t best_score = 0;
  for (unsigned i = 0; i < file.nb_streams; ++i) {
    const AVStream& stream = *file.streams[i];
    if (stream.codecpar->codec_type != AVMEDIA_TYPE_VIDEO) continue;
    if ((stream.disposition & AV_DISPOSITION_ATTACHED_PIC) != 0) continue;
    std::int64_t score = std::int64_t{stream.codecpar->width} * stream.codecpar->height;
    if ((stream.event_flags & AVSTREAM_EVENT_FLAG_NEW_PACKETS) != 0) score += kSeenPackets;
    if ((stream.disposition & AV_DISPOSITION_DEFAULT) != 0) score += kMarkedDefault;
    if (score > best_score) {
      best_score = score;
      best = static_cast<int>(i);
    }
  }
  return best;
}

}  // namespace videogen::media
