#include "media/frame_writer.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "media/libav_internal.h"
#include "media/log_capture_internal.h"

extern "C" {
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
}

namespace videogen::media {
namespace {

using Scaler = Handle<SwsContext, sws_freeContext>;

constexpr auto kPresets =
    std::to_array<std::string_view>({"ultrafast", "superfast", "veryfast", "faster", "fast",
                                     "medium", "slow", "slower", "veryslow", "placebo"});

Status check(const WriteOptions& options) {
  if (options.width <= 0 || options.height <= 0 || options.width % 2 != 0 ||
      options.height % 2 != 0)
    return fail(ErrorCode::usage, fmt::format("a clip of {}x{} pixels: both sides must be even "
                                              "and positive",
                                              options.width, options.height));
  if (options.width > 16384 || options.height > 16384)
    return fail(ErrorCode::usage, fmt::format("a clip of {}x{} pixels: H.264 ends at 16384",
                                              options.width, options.height));
  const Rational rate = options.frame_rate;
  // x264 keeps both in 32 bits, and MP4 its time scale.
  if (rate.num <= 0 || rate.den <= 0 || rate.num > 1'000'000 || rate.den > 1'000'000 ||
      rate.value() > 1000)
    return fail(ErrorCode::usage,
                fmt::format("a frame rate of {}/{}: expected more than 0 and at most 1000",
                            rate.num, rate.den));
  if (options.crf < 0 || options.crf > 51)
    return fail(ErrorCode::usage, fmt::format("crf {}: expected 0 to 51", options.crf));
  if (std::find(kPresets.begin(), kPresets.end(), options.preset) == kPresets.end())
    return fail(ErrorCode::usage, fmt::format("x264 has no preset {}", printable(options.preset)));
  if (options.keyframe_interval < 0 || options.threads < 1)
    return fail(ErrorCode::usage,
                fmt::format("key frames every {} frames with {} threads: expected at least 0 and 1",
                            options.keyframe_interval, options.threads));
  return {};
}

}  // namespace

struct FrameWriter::State {
  WriteOptions options;
  std::filesystem::path path;
  LogSink log;
  std::optional<AtomicFile> file;
  CodecContext encoder;
  Handle<AVFormatContext, avformat_free_context> muxer;
  Scaler scaler;
  Picture picture;
  Packet packet;
  std::int64_t frames = 0;
  bool finished = false;

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { static_cast<void>(close_output()); }

  Status open();
  Status open_encoder();
  Status open_output();
  Status encode(const AVFrame* frame);
  int close_output() { return muxer && muxer->pb != nullptr ? avio_closep(&muxer->pb) : 0; }

  [[nodiscard]] tl::unexpected<Error> broken(int result) {
    const std::string cause = log.take();
    // A full disk is the usual reason, and the only one that an encoder does not have.
    const bool output = result == AVERROR(ENOSPC) || result == AVERROR(EIO) ||
                        result == AVERROR(EDQUOT) || result == AVERROR(EFBIG);
    return fail(output ? ErrorCode::unwritable : ErrorCode::internal,
                fmt::format("cannot write {}: {}", printable(path.string()),
                            output || cause.empty() ? libav_error(result) : cause));
  }
};

Status FrameWriter::State::open() {
  VIDEOGEN_TRY(check(options));
  VIDEOGEN_TRY(file, AtomicFile::create(path, options.existing));
  const LogScope scope(log);
  VIDEOGEN_TRY(open_encoder());
  VIDEOGEN_TRY(open_output());
  // Full-range RGB to limited-range BT.709, as the stream's header says.
  scaler.reset(sws_getContext(options.width, options.height, AV_PIX_FMT_RGB24, options.width,
                              options.height, AV_PIX_FMT_YUV420P,
                              SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT, nullptr, nullptr,
                              nullptr));
  picture.reset(av_frame_alloc());
  packet.reset(av_packet_alloc());
  if (!scaler || !picture || !packet) return fail(ErrorCode::internal, "out of memory");
  const int* bt709 = sws_getCoefficients(SWS_CS_ITU709);
  sws_setColorspaceDetails(scaler.get(), bt709, 1, bt709, 0, 0, 1 << 16, 1 << 16);
  return {};
}

Status FrameWriter::State::open_encoder() {
  const AVCodec* codec = avcodec_find_encoder_by_name("libx264");
  if (codec == nullptr)
    return fail(ErrorCode::unsupported, "this FFmpeg has no libx264 to encode H.264 with");
  encoder.reset(avcodec_alloc_context3(codec));
  if (!encoder) return fail(ErrorCode::internal, "out of memory");
  const AVRational rate{static_cast<int>(options.frame_rate.num),
                        static_cast<int>(options.frame_rate.den)};
  encoder->opaque = &log;
  encoder->width = options.width;
  encoder->height = options.height;
  encoder->pix_fmt = AV_PIX_FMT_YUV420P;
  encoder->framerate = rate;
  encoder->time_base = av_inv_q(rate);
  encoder->sample_aspect_ratio = AVRational{1, 1};
  encoder->color_range = AVCOL_RANGE_MPEG;
  encoder->colorspace = AVCOL_SPC_BT709;
  encoder->color_primaries = AVCOL_PRI_BT709;
  encoder->color_trc = AVCOL_TRC_BT709;
  encoder->chroma_sample_location = AVCHROMA_LOC_LEFT;
  encoder->thread_count = options.threads;
  encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_BITEXACT;
  if (options.keyframe_interval > 0) encoder->gop_size = options.keyframe_interval;
  Options settings;
  settings.set("preset", options.preset);
  settings.set("crf", std::to_string(options.crf));
  const int result = avcodec_open2(encoder.get(), codec, settings.get());
  if (result < 0) return broken(result);
  return {};
}

Status FrameWriter::State::open_output() {
  AVFormatContext* context = nullptr;
  int result = avformat_alloc_output_context2(&context, nullptr, "mp4", nullptr);
  if (result < 0) return broken(result);
  muxer.reset(context);
  muxer->flags |= AVFMT_FLAG_BITEXACT;  // no version of the library in the file
  // The header in front is written by reading the file again, under its present name.
  const std::string url = "file:" + file->partial_path().string();
  muxer->url = av_strdup(url.c_str());
  AVStream* stream = avformat_new_stream(muxer.get(), nullptr);
  if (stream == nullptr || muxer->url == nullptr) return fail(ErrorCode::internal, "out of memory");
  stream->time_base = encoder->time_base;
  stream->avg_frame_rate = encoder->framerate;
  result = avcodec_parameters_from_context(stream->codecpar, encoder.get());
  if (result >= 0) result = avio_open(&muxer->pb, url.c_str(), AVIO_FLAG_WRITE);
  Options settings;
  settings.set("movflags", "+faststart");
  if (result >= 0) result = avformat_write_header(muxer.get(), settings.get());
  if (result < 0) return broken(result);
  return {};
}

// Null flushes.
Status FrameWriter::State::encode(const AVFrame* frame) {
  int result = avcodec_send_frame(encoder.get(), frame);
  while (result >= 0) {
    result = avcodec_receive_packet(encoder.get(), packet.get());
    if (result == AVERROR(EAGAIN) || result == AVERROR_EOF) return {};
    if (result < 0) break;
    const AVStream& stream = *muxer->streams[0];
    packet->duration = 1;
    packet->stream_index = stream.index;
    av_packet_rescale_ts(packet.get(), encoder->time_base, stream.time_base);
    result = av_interleaved_write_frame(muxer.get(), packet.get());
    if (result >= 0 && muxer->pb->error < 0) result = muxer->pb->error;
  }
  return broken(result);
}

FrameWriter::FrameWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
FrameWriter::FrameWriter(FrameWriter&&) noexcept = default;
FrameWriter& FrameWriter::operator=(FrameWriter&&) noexcept = default;
FrameWriter::~FrameWriter() = default;

Result<FrameWriter> FrameWriter::create(const std::filesystem::path& path,
                                        const WriteOptions& options) {
  auto state = std::make_unique<State>();
  state->options = options;
  state->path = path;
  VIDEOGEN_TRY(state->open());
  return FrameWriter(std::move(state));
}

Status FrameWriter::write(const Image& image) {
  State& state = *state_;
  VIDEOGEN_CHECK(!state.finished, "write after finish");
  if (image.width != state.options.width || image.height != state.options.height)
    return fail(ErrorCode::usage,
                fmt::format("a frame of {}x{} pixels in a clip of {}x{}", image.width, image.height,
                            state.options.width, state.options.height));
  const LogScope scope(state.log);
  AVFrame& picture = *state.picture;
  // The encoder may still hold the buffer of the frame before.
  av_frame_unref(&picture);
  picture.width = image.width;
  picture.height = image.height;
  picture.format = AV_PIX_FMT_YUV420P;
  picture.color_range = AVCOL_RANGE_MPEG;
  const int allocated = av_frame_get_buffer(&picture, 0);
  if (allocated < 0) return state.broken(allocated);
  const std::array<const std::uint8_t*, 4> rows{image.rgb.data()};  // four: sws_scale reads all
  const std::array<int, 4> stride{image.width * 3};
  sws_scale(state.scaler.get(), rows.data(), stride.data(), 0, image.height, picture.data,
            picture.linesize);
  picture.pts = state.frames++;
  return state.encode(&picture);
}

Status FrameWriter::finish() {
  State& state = *state_;
  VIDEOGEN_CHECK(!state.finished, "finish after finish");
  if (state.frames == 0)
    return fail(ErrorCode::usage, fmt::format("cannot write {}: a clip without frames",
                                              printable(state.path.string())));
  state.finished = true;
  const LogScope scope(state.log);
  VIDEOGEN_TRY(state.encode(nullptr));
  int result = av_write_trailer(state.muxer.get());
  if (result >= 0 && state.muxer->pb->error < 0) result = state.muxer->pb->error;
  const int closed = state.close_output();
  if (result >= 0) result = closed;
  if (result < 0) return state.broken(result);
  return state.file->commit();
}

}  // namespace videogen::media
