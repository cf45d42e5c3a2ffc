#include "media/packet_index_internal.h"

#include <algorithm>
#include <limits>

#include "media/picture_facts_internal.h"

namespace videogen::media {
namespace {

// Adds packets until one of them leaves a doubt.
class Indexer {
 public:
  Indexer(const Demuxer& demuxer, std::unique_ptr<PictureInspector> inspector)
      : inspector_(std::move(inspector)),
        clock_(demuxer.clock_options(demuxer.stream().codecpar->video_delay)) {
    index_.time_base = demuxer.stream().time_base;
  }

  // False: in doubt.
  bool add(AVPacket& packet) {
    if ((packet.flags & AV_PKT_FLAG_CORRUPT) != 0 || packet.size <= 0 || packet.duration < 0 ||
        packet.duration > std::numeric_limits<std::int32_t>::max() || changes_codec(packet))
      return false;
    const std::int64_t duration = packet.duration;
    clock_.stamp(packet);
    clock_.begin_call();
    clock_.decoded({.packet_duration = duration});
    if (packet.pts == kNoTime || clock_.repaired()) return false;
    const PictureFacts facts = inspector_->inspect(packet);
    if (facts.doubtful) return false;
    highest_layer_ = std::max(highest_layer_, facts.layer);
    layers_.push_back(static_cast<std::uint8_t>(facts.layer));
    index_.packets.push_back({.pts = packet.pts,
                              .dts = packet.dts,
                              .duration = static_cast<std::int32_t>(duration),
                              .entry = facts.entry,
                              .disposable = facts.disposable,
                              .leading = facts.leading,
                              .hidden = (packet.flags & AV_PKT_FLAG_DISCARD) != 0});
    return true;
  }

  PacketIndex finish() {
    // Pictures of higher temporal layers may refer to those that their own layer does not need.
    for (std::size_t i = 0; i < layers_.size(); ++i)
      if (layers_[i] < highest_layer_) index_.packets[i].disposable = false;
    return std::move(index_);
  }

 private:
  static bool changes_codec(const AVPacket& packet) {
    return av_packet_get_side_data(&packet, AV_PKT_DATA_NEW_EXTRADATA, nullptr) != nullptr ||
           av_packet_get_side_data(&packet, AV_PKT_DATA_PARAM_CHANGE, nullptr) != nullptr;
  }

  std::unique_ptr<PictureInspector> inspector_;
  PacketClock clock_;
  PacketIndex index_;
  std::vector<std::uint8_t> layers_;
  int highest_layer_ = 0;
};

}  // namespace

bool can_index(const Demuxer& demuxer) {
  return PictureInspector::create(*demuxer.stream().codecpar) != nullptr;
}

Result<std::optional<PacketIndex>> index_packets(Demuxer& demuxer, const Deadline& deadline) {
  std::unique_ptr<PictureInspector> inspector =
      PictureInspector::create(*demuxer.stream().codecpar);
  VIDEOGEN_CHECK(inspector != nullptr, "only codecs that can be indexed come here");
  Indexer indexer(demuxer, std::move(inspector));
  const Packet packet(av_packet_alloc());
  if (!packet) return fail(ErrorCode::internal, "out of memory");
  std::int64_t packets = 0;
  while (true) {
    const int result = demuxer.read(*packet);
    VIDEOGEN_TRY(deadline.check());
    if (result == AVERROR_EOF) break;
    if (result < 0) return std::nullopt;
    ++packets;
    const bool sure = indexer.add(*packet);
    av_packet_unref(packet.get());
    if (!sure) return std::nullopt;
  }
  if (packets == 0 || packets < demuxer.promised_packets() || !demuxer.take_log().empty())
    return std::nullopt;
  return indexer.finish();
}

}  // namespace videogen::media
