#include "media/clip_decoder_internal.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

extern "C" {
#include <libavutil/mem.h>
}

namespace videogen::media {
namespace {

std::optional<DisplayMatrix> matrix_of(const AVFrame& frame) {
  const AVFrameSideData* data = av_frame_get_side_data(&frame, AV_FRAME_DATA_DISPLAYMATRIX);
  DisplayMatrix matrix{};
  if (data == nullptr || data->size < sizeof matrix) return std::nullopt;
  std::copy_n(data->data, sizeof matrix, reinterpret_cast<std::uint8_t*>(matrix.data()));
  return matrix;
}

}  // namespace

Result<ClipDecoder> ClipDecoder::open(Demuxer demuxer, const Limits& limits, int threads,
                                      Deadline& deadline, LogSink& decoder_log, DamageLog& damage,
                                      std::optional<SamplePlan> plan) {
  const AVStream& stream = demuxer.stream();
  const AVCodec* codec = avcodec_find_decoder(stream.codecpar->codec_id);
  VIDEOGEN_CHECK(codec != nullptr, "the demuxer chose a stream that can be decoded");
  CodecContext context(avcodec_alloc_context3(codec));
  if (!context || avcodec_parameters_to_context(context.get(), stream.codecpar) < 0)
    return fail(ErrorCode::internal, "out of memory");
  context->framerate = stream.avg_frame_rate;
  context->pkt_timebase = stream.time_base;
  context->max_pixels = limits.max_pixels;
  context->opaque = &decoder_log;
  Options options;
  options.set("threads", threads > 0 ? std::to_string(threads) : "auto");
  // Threads that work on frames side by side hold back as many of them.
  if (demuxer.is_live()) options.set("thread_type", "slice");
  const LogScope scope(decoder_log);
  const int opened = avcodec_open2(context.get(), codec, options.get());
  if (opened < 0) {
    const std::string cause = decoder_log.take();
    return fail(ErrorCode::corrupt, fmt::format("cannot decode {}: {}", codec->name,
                                                cause.empty() ? libav_error(opened) : cause));
  }
  return ClipDecoder(std::move(demuxer), std::move(context), limits, deadline, decoder_log, damage,
                     std::move(plan));
}

ClipDecoder::ClipDecoder(Demuxer demuxer, CodecContext codec, const Limits& limits,
                         Deadline& deadline, LogSink& decoder_log, DamageLog& damage,
                         std::optional<SamplePlan> plan)
    : demuxer_(std::move(demuxer)),
      codec_(std::move(codec)),
      limits_(limits),
      deadline_(&deadline),
      decoder_log_(&decoder_log),
      damage_(&damage),
      clock_(demuxer_.clock_options(codec_->has_b_frames)),
      packet_(av_packet_alloc()),
      plan_(std::move(plan)) {
  VIDEOGEN_CHECK(packet_ != nullptr, "memory for a packet");
  if (!plan_) return;
  plan_end_ = plan_->decode.size();
  while (plan_end_ > 0 && !plan_->decode[plan_end_ - 1]) --plan_end_;
}

double ClipDecoder::seconds(std::int64_t pts) const {
  return pts == kNoTime ? last_time_s_
                        : static_cast<double>(pts) * av_q2d(demuxer_.stream().time_base);
}

Result<std::optional<SourceFrame>> ClipDecoder::next() {
  const LogScope scope(*decoder_log_);
  while (stage_ != Stage::ended) {
    VIDEOGEN_TRY(deadline_->check());
    if (stage_ == Stage::reading) VIDEOGEN_TRY(plan_ ? read_needed_packet() : read_packet());
    if (deviated_) break;
    VIDEOGEN_TRY(std::optional<SourceFrame> frame, decode_once());
    if (deviated_) break;
    if (frame) return frame;
  }
  if (plan_ && static_cast<std::size_t>(frames_) != plan_->frames.size()) deviate();
  return std::nullopt;
}

void ClipDecoder::deviate() {
  deviated_ = true;
  stage_ = Stage::ended;
}

void ClipDecoder::begin_draining() {
  stage_ = Stage::draining;
  packet_duration_ = 0;
  first_call_ = true;
}

// Passes over what the plan leaves out.
Status ClipDecoder::read_needed_packet() {
  while (static_cast<std::size_t>(packets_) < plan_end_) {
    const auto position = static_cast<std::size_t>(packets_);
    VIDEOGEN_TRY(read_packet());
    if (stage_ != Stage::in_packet || packet_->pts != plan_->packet_pts[position] ||
        !damage_->empty()) {
      deviate();
      return {};
    }
    if (plan_->decode[position]) return {};
    --packets_without_frame_;
    clock_.begin_call();
    clock_.decoded({.packet_duration = packet_duration_});
    stage_ = Stage::reading;
    VIDEOGEN_TRY(deadline_->check());
  }
  begin_draining();
  return {};
}

// Whether the frame is the one that the plan has next.
bool ClipDecoder::planned(SourceFrame& frame) {
  const auto position = static_cast<std::size_t>(frames_);
  if (frame.shape_changed || !damage_->empty() || position >= plan_->frames.size() ||
      plan_->frames[position].pts != frame.pts)
    return false;
  frame.index = plan_->frames[position].source_index;
  frame.samples = plan_->frames[position].samples;
  return true;
}

Status ClipDecoder::read_packet() {
  av_packet_unref(packet_.get());
  const int result = demuxer_.read(*packet_);
  if (result < 0) {
    VIDEOGEN_TRY(deadline_->check());
    note_early_end(result);
    begin_draining();
    return {};
  }
  if (packets_++ == 0) add_stream_side_data();
  clock_.stamp(*packet_);
  if ((packet_->flags & AV_PKT_FLAG_CORRUPT) != 0)
    damage_->add(DamageKind::packet, seconds(packet_->pts), demuxer_.take_log());
  if (++packets_without_frame_ > limits_.max_packets_without_frame)
    return fail(
        ErrorCode::limit,
        fmt::format("the decoder gave no frame for {} packets after {:.3f} s, more than "
                    "the {} that a clip may have",
                    packets_without_frame_, last_time_s_, limits_.max_packets_without_frame));
  packet_duration_ = packet_->duration;
  first_call_ = true;
  stage_ = Stage::in_packet;
  return {};
}

// Containers may keep a palette and the like beside the stream; decoders look for it in the
// first packet. The display matrix is left out: rotation is taken from the stream.
void ClipDecoder::add_stream_side_data() {
  const AVStream& stream = demuxer_.stream();
  for (int i = 0; i < stream.nb_side_data; ++i) {
    const AVPacketSideData& data = stream.side_data[i];
    if (data.type == AV_PKT_DATA_DISPLAYMATRIX ||
        av_packet_get_side_data(packet_.get(), data.type, nullptr) != nullptr)
      continue;
    std::uint8_t* copy = av_packet_new_side_data(packet_.get(), data.type, data.size);
    if (copy != nullptr) std::copy_n(data.data, data.size, copy);
  }
}

void ClipDecoder::note_early_end(int result) {
  std::string cause = demuxer_.take_log();
  const std::int64_t promised = demuxer_.promised_packets();
  if (result != AVERROR_EOF) {
    if (cause.empty()) cause = libav_error(result);
  } else if (packets_ < promised) {
    cause = fmt::format("{} of {} frames are there", packets_, promised);
  }
  if (!cause.empty()) damage_->add(DamageKind::container, last_time_s_, cause);
}

// ffmpeg's rule for what the codec's own frame rate says about a packet without a duration.
std::int64_t ClipDecoder::guessed_duration_us() const {
  const AVRational rate = codec_->framerate;
  if (rate.num == 0 || rate.den == 0) return 0;
  const AVCodecParserContext* parser = av_stream_get_parser(&demuxer_.stream());
  const std::int64_t ticks = parser != nullptr ? parser->repeat_pict + 1 : codec_->ticks_per_frame;
  return AV_TIME_BASE * std::int64_t{rate.den} * ticks / rate.num /
         std::max(codec_->ticks_per_frame, 1);
}

// libav's error number, 0 where a frame came, EAGAIN where none did.
int ClipDecoder::call_decoder(AVFrame& frame, std::int64_t dts) {
  if (stage_ == Stage::draining) {
    if (first_call_) avcodec_send_packet(codec_.get(), nullptr);
    drained_dts_.push_back(dts);
  } else if (first_call_) {
    if (packet_->size == 0) return AVERROR(EAGAIN);
    packet_->dts = dts;
    const int sent = avcodec_send_packet(codec_.get(), packet_.get());
    if (sent < 0 && sent != AVERROR_EOF) return sent == AVERROR(EAGAIN) ? AVERROR_BUG : sent;
  }
  return avcodec_receive_frame(codec_.get(), &frame);
}

Result<std::optional<SourceFrame>> ClipDecoder::decode_once() {
  const bool draining = stage_ == Stage::draining;
  Picture picture(av_frame_alloc());
  if (!picture) return fail(ErrorCode::internal, "out of memory");
  if (draining) clock_.begin_drain();
  const std::int64_t dts = clock_.begin_call();
  const int result = call_decoder(*picture, dts);
  const bool came = result >= 0;
  if (came) choose_time(*picture);

  clock_.decoded({.first_call = draining || first_call_,
                  .packet_duration = packet_duration_,
                  .guessed_duration_us = guessed_duration_us(),
                  .frame = came ? picture.get() : nullptr,
                  .frame_duration = came ? picture->pkt_duration : 0});
  first_call_ = false;
  if (came) {
    VIDEOGEN_TRY(SourceFrame frame, accept(std::move(picture)));
    if (plan_ && !planned(frame)) {
      deviate();
      return std::nullopt;
    }
    ++frames_;
    return frame;
  }
  if (result == AVERROR_EOF) {
    stage_ = Stage::ended;
  } else if (!draining) {
    stage_ = Stage::reading;
  }
  if (result != AVERROR_EOF && result != AVERROR(EAGAIN)) {
    if (plan_) deviate();
    const std::string cause = decoder_log_->take();
    damage_->add(DamageKind::decoding, draining ? last_time_s_ : seconds(packet_->pts),
                 cause.empty() ? libav_error(result) : cause);
  }
  return std::nullopt;
}

void ClipDecoder::choose_time(AVFrame& frame) {
  std::int64_t time = frame.best_effort_timestamp;
  if (time == kNoTime && stage_ == Stage::draining && !drained_dts_.empty()) {
    time = drained_dts_.front();
    drained_dts_.pop_front();
  }
  if (time != kNoTime) frame.pts = time;
}

Result<SourceFrame> ClipDecoder::accept(Picture picture) {
  packets_without_frame_ = 0;
  const double time_s = seconds(picture->pts);
  if (picture->width > limits_.max_dimension || picture->height > limits_.max_dimension ||
      std::int64_t{picture->width} * picture->height > limits_.max_pixels)
    return fail(ErrorCode::limit,
                fmt::format("the frame at {:.3f} s has {}x{} pixels, more than the {} a side or {} "
                            "in all that a frame may have",
                            time_s, picture->width, picture->height, limits_.max_dimension,
                            limits_.max_pixels));
  if (picture->decode_error_flags != 0 || (picture->flags & AV_FRAME_FLAG_CORRUPT) != 0)
    damage_->add(DamageKind::picture, time_s, decoder_log_->take());
  last_time_s_ = time_s;

  SourceFrame frame;
  frame.pts = picture->pts;
  frame.index = frames_;
  std::optional<DisplayMatrix> matrix = matrix_of(*picture);
  if (!matrix) matrix = demuxer_.display_matrix();
  PictureShape shape{picture->width, picture->height, picture->format, matrix, 0, 0};
  if (first_shape_) {
    PictureShape plain = *shape_;
    plain.fit_width = plain.fit_height = 0;
    frame.shape_changed = plain != shape;
    if (frame.shape_changed) shape_ = fitted(shape, *first_shape_);
  } else {
    first_shape_ = shape_ = shape;
  }
  frame.shape = *shape_;
  frame.picture = std::move(picture);
  return frame;
}

}  // namespace videogen::media
