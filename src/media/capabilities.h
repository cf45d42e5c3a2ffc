// What the FFmpeg libraries that this program runs with can do.
#pragma once

#include <string>
#include <vector>

namespace videogen::media {

struct LibraryVersion {
  std::string name;     // "libavcodec"
  std::string version;  // of the library that was loaded, "59.37.100"
};

struct CodecSupport {
  std::string codec;           // "h264"
  std::string implementation;  // FFmpeg's name of what handles it, "libx264"; empty: nothing does
};

struct Capabilities {
  std::string ffmpeg;  // the release, "5.1.9-0+deb12u1"
  std::vector<LibraryVersion> libraries;
  std::vector<CodecSupport> decoders;  // of the codecs that clips commonly use
  CodecSupport encoder;                // of the clips that this program writes
};

[[nodiscard]] Capabilities capabilities();

}  // namespace videogen::media
