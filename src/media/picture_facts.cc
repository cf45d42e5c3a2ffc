#include "media/picture_facts_internal.h"

namespace videogen::media {
namespace {

// Codecs whose every packet is one picture that stands alone.
class IndependentPictures : public PictureInspector {
 public:
  PictureFacts inspect(const AVPacket& /*packet*/) override {
    return {.entry = true, .disposable = true};
  }
};

}  // namespace

std::unique_ptr<PictureInspector> PictureInspector::create(const AVCodecParameters& codec) {
  switch (codec.codec_id) {
    case AV_CODEC_ID_H264:
      return inspect_h264(codec);
    case AV_CODEC_ID_HEVC:
      return inspect_hevc(codec);
    case AV_CODEC_ID_VP9:
      return inspect_vp9();
    case AV_CODEC_ID_AV1:
      return inspect_av1(codec);
    case AV_CODEC_ID_PRORES:
    case AV_CODEC_ID_DNXHD:
      return std::make_unique<IndependentPictures>();
    default:
      return nullptr;
  }
}

}  // namespace videogen::media
