// What a packet's headers say about who refers to its picture. It decides what may stay
// undecoded, so every doubt is reported as one.
#pragma once

#include <cstdint>
#include <memory>

#include "media/libav_internal.h"

namespace videogen::media {

struct PictureFacts {
  // Neither it nor what is decoded after it, `leading` pictures excepted, refers to anything
  // that was decoded before it.
  bool entry = false;
  // No picture of its temporal layer refers to it; with `layer` the highest one, none at all.
  bool disposable = false;
  int layer = 0;
  // Shown before the entry picture that it is decoded after; may refer to what precedes that.
  // No later picture that is not leading refers to it.
  bool leading = false;
  // The packet is not exactly one shown picture of the size and parameters of the first, or
  // cannot be read: nothing may be left out of this clip.
  bool doubtful = false;
};

// Looks at the packets of a stream in their order.
class PictureInspector {
 public:
  PictureInspector() = default;
  PictureInspector(const PictureInspector&) = delete;
  PictureInspector& operator=(const PictureInspector&) = delete;
  virtual ~PictureInspector() = default;
  virtual PictureFacts inspect(const AVPacket& packet) = 0;

  // Null for codecs whose frames are all decoded.
  static std::unique_ptr<PictureInspector> create(const AVCodecParameters& codec);
};

[[nodiscard]] std::unique_ptr<PictureInspector> inspect_h264(const AVCodecParameters& codec);
[[nodiscard]] std::unique_ptr<PictureInspector> inspect_hevc(const AVCodecParameters& codec);
[[nodiscard]] std::unique_ptr<PictureInspector> inspect_vp9();
[[nodiscard]] std::unique_ptr<PictureInspector> inspect_av1(const AVCodecParameters& codec);

}  // namespace videogen::media
