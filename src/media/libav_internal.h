// FFmpeg's C handles, owned; and its error numbers as text.
#pragma once

#include <string>

#include "base/handle.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavfilter/avfilter.h>
#include <libavformat/avformat.h>
#include <libavutil/dict.h>
#include <libavutil/frame.h>
}

namespace videogen::media {

using Picture = Handle<AVFrame, av_frame_free>;
using Packet = Handle<AVPacket, av_packet_free>;
using CodecContext = Handle<AVCodecContext, avcodec_free_context>;
using FilterGraph = Handle<AVFilterGraph, avfilter_graph_free>;

inline std::string libav_error(int error_number) {
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(error_number, text, sizeof text);
  return text;
}

// A reference to the same buffers; null when memory is short.
inline Picture share(const AVFrame& frame) { return Picture(av_frame_clone(&frame)); }

// Options for a library call; what the library does not know stays in here.
class Options {
 public:
  Options() = default;
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;
  ~Options() { av_dict_free(&entries_); }
  void set(const char* key, const std::string& value) {
    av_dict_set(&entries_, key, value.c_str(), 0);
  }
  AVDictionary** get() { return &entries_; }

 private:
  AVDictionary* entries_ = nullptr;
};

}  // namespace videogen::media
