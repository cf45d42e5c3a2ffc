#include "media/capabilities.h"

#include <array>

#include <fmt/format.h>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavfilter/avfilter.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libswscale/swscale.h>
}

namespace videogen::media {
namespace {

std::string version_text(unsigned version) {
  return fmt::format("{}.{}.{}", AV_VERSION_MAJOR(version), AV_VERSION_MINOR(version),
                     AV_VERSION_MICRO(version));
}

CodecSupport support(AVCodecID id, const AVCodec* codec) {
  return {avcodec_get_name(id), codec != nullptr ? codec->name : ""};
}

}  // namespace

Capabilities capabilities() {
  constexpr std::array kCodecs{AV_CODEC_ID_H264, AV_CODEC_ID_HEVC,  AV_CODEC_ID_VP9,
                               AV_CODEC_ID_AV1,  AV_CODEC_ID_MPEG4, AV_CODEC_ID_GIF};
  Capabilities found;
  found.ffmpeg = av_version_info();
  found.libraries = {{"libavformat", version_text(avformat_version())},
                     {"libavcodec", version_text(avcodec_version())},
                     {"libavfilter", version_text(avfilter_version())},
                     {"libavutil", version_text(avutil_version())},
                     {"libswscale", version_text(swscale_version())}};
  for (const AVCodecID id : kCodecs)
    found.decoders.push_back(support(id, avcodec_find_decoder(id)));
  found.encoder = support(AV_CODEC_ID_H264, avcodec_find_encoder_by_name("libx264"));
  return found;
}

}  // namespace videogen::media
