// What the packets of a clip say before anything is decoded: a pass over the file that keeps
// some 30 bytes a packet.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/error.h"
#include "media/deadline_internal.h"
#include "media/demuxer_internal.h"

namespace videogen::media {

struct PacketEntry {
  std::int64_t pts = 0;  // as ffmpeg gives it to the decoder
  std::int64_t dts = 0;  // kNoTime where the container gives none
  std::int32_t duration = 0;
  // See PictureFacts.
  bool entry : 1 = false;
  bool disposable : 1 = false;
  bool leading : 1 = false;
  bool hidden : 1 = false;  // decoded, not shown: before the start of an edit list
};

// Packets in the order of the file.
struct PacketIndex {
  std::vector<PacketEntry> packets;
  AVRational time_base{1, 1};
};

// Whether this codec's packets are understood at all.
[[nodiscard]] bool can_index(const Demuxer& demuxer);

// Reads the file to its end; can_index() holds. nullopt where its packets do not foretell what a
// full decoding gives: a doubtful structure, times that are missing, repaired or ambiguous, damage.
// Errors: interrupted, limit.
[[nodiscard]] Result<std::optional<PacketIndex>> index_packets(Demuxer& demuxer,
                                                               const Deadline& deadline);

}  // namespace videogen::media
