// PNG through FFmpeg's decoder and encoder; the widening to RGB is Pillow's.
#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>

#include <fmt/format.h>

#include "media/libav_internal.h"
#include "media/log_capture_internal.h"
#include "media/picture_internal.h"

extern "C" {
#include <libavutil/intreadwrite.h>
}

namespace videogen::media {
namespace {

constexpr std::string_view kSignature("\x89PNG\r\n\x1a\n", 8);
constexpr std::size_t kHeaderEnd = 33;  // signature, length, "IHDR", 13 bytes, checksum

Error png_error(const std::string& name, int result, const std::string& cause) {
  return Error{ErrorCode::corrupt,
               fmt::format("cannot read {}: damaged PNG: {}", name,
                           cause.empty() ? libav_error(result) : cause),
               std::source_location::current()};
}

using Pixel = std::array<std::uint8_t, 3>;

// One row to RGB: `pixel(row, x)` for every x.
template <class PixelAt>
Image convert(const AVFrame& frame, PixelAt pixel) {
  Image image(frame.width, frame.height);
  for (int y = 0; y < frame.height; ++y) {
    const std::uint8_t* row = frame.data[0] + std::ptrdiff_t{y} * frame.linesize[0];
    for (int x = 0; x < frame.width; ++x) {
      const Pixel rgb = pixel(row, x);
      std::copy(rgb.begin(), rgb.end(), image.row(y) + std::ptrdiff_t{x} * 3);
    }
  }
  return image;
}

Pixel grey(int level) {
  const auto byte = static_cast<std::uint8_t>(level);
  return {byte, byte, byte};
}

// Pillow's convert("RGB"): alpha is dropped, 16-bit colour keeps its high byte, 16-bit grey
// without alpha is clipped to 255.
Result<Image> to_rgb(const AVFrame& frame, const std::string& name) {
  const auto components = [&](std::ptrdiff_t stride, std::ptrdiff_t step) {
    return convert(frame, [=](const std::uint8_t* row, std::ptrdiff_t x) {
      const std::uint8_t* at = row + x * stride;
      return Pixel{at[0], at[step], at[2 * step]};
    });
  };
  switch (frame.format) {
    case AV_PIX_FMT_RGB24:
      return components(3, 1);
    case AV_PIX_FMT_RGBA:
      return components(4, 1);
    case AV_PIX_FMT_RGB48BE:
      return components(6, 2);
    case AV_PIX_FMT_RGBA64BE:
      return components(8, 2);
    case AV_PIX_FMT_GRAY8:
      return components(1, 0);
    case AV_PIX_FMT_YA8:
      return components(2, 0);
    case AV_PIX_FMT_YA16BE:
      return components(4, 0);
    case AV_PIX_FMT_GRAY16BE:
      return convert(frame, [](const std::uint8_t* row, std::ptrdiff_t x) {
        return grey(std::min<int>(AV_RB16(row + x * 2), 255));
      });
    case AV_PIX_FMT_MONOBLACK:
      return convert(frame, [](const std::uint8_t* row, std::ptrdiff_t x) {
        return grey((row[x / 8] >> (7 - x % 8) & 1) * 255);
      });
    case AV_PIX_FMT_PAL8:
      return convert(frame, [&](const std::uint8_t* row, std::ptrdiff_t x) {
        std::uint32_t argb = 0;
        std::memcpy(&argb, frame.data[1] + std::size_t{row[x]} * 4, sizeof argb);
        return Pixel{static_cast<std::uint8_t>(argb >> 16), static_cast<std::uint8_t>(argb >> 8),
                     static_cast<std::uint8_t>(argb)};
      });
    default:
      return fail(ErrorCode::unsupported,
                  fmt::format("cannot read {}: a PNG of an unknown kind", name));
  }
}

CodecContext open_codec(const AVCodec* codec, LogSink& log,
                        const std::function<void(AVCodecContext&)>& set_up) {
  CodecContext context(codec != nullptr ? avcodec_alloc_context3(codec) : nullptr);
  if (!context) return nullptr;
  context->opaque = &log;
  context->thread_count = 1;
  set_up(*context);
  if (avcodec_open2(context.get(), codec, nullptr) < 0) return nullptr;
  return context;
}

}  // namespace

bool is_png(std::string_view bytes) { return bytes.starts_with(kSignature); }

Result<Image> decode_png(const std::string& bytes, const std::string& name, const Limits& limits) {
  if (bytes.size() < kHeaderEnd)
    return tl::unexpected(png_error(name, AVERROR_INVALIDDATA, "cut off in its header"));
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  VIDEOGEN_TRY(check_size(AV_RB32(data + 16), AV_RB32(data + 20), name, limits));
  if (bytes.size() > std::numeric_limits<int>::max() - AV_INPUT_BUFFER_PADDING_SIZE)
    return fail(ErrorCode::limit, fmt::format("cannot read {}: larger than 2 GiB", name));

  LogSink log;
  const LogScope scope(log);
  const CodecContext decoder =
      open_codec(avcodec_find_decoder(AV_CODEC_ID_PNG), log, [&](AVCodecContext& context) {
        // Without these a broken checksum or a missing end gives a picture with holes.
        context.err_recognition = AV_EF_CRCCHECK | AV_EF_EXPLODE;
        context.max_pixels = limits.max_pixels;
      });
  const Packet packet(av_packet_alloc());
  const Picture frame(av_frame_alloc());
  if (!decoder || !packet || !frame ||
      av_new_packet(packet.get(), static_cast<int>(bytes.size())) < 0)
    return fail(ErrorCode::internal, "FFmpeg's PNG decoder does not start");
  std::copy(bytes.begin(), bytes.end(), packet->data);
  int result = avcodec_send_packet(decoder.get(), packet.get());
  if (result >= 0) result = avcodec_receive_frame(decoder.get(), frame.get());
  if (result < 0) return tl::unexpected(png_error(name, result, log.take()));
  return to_rgb(*frame, name);
}

Result<std::string> encode_png(const Image& image) {
  VIDEOGEN_CHECK(image.width > 0 && image.height > 0, "a picture to write has pixels");
  LogSink log;
  const LogScope scope(log);
  const CodecContext encoder =
      open_codec(avcodec_find_encoder(AV_CODEC_ID_PNG), log, [&](AVCodecContext& context) {
        context.width = image.width;
        context.height = image.height;
        context.pix_fmt = AV_PIX_FMT_RGB24;
        context.time_base = AVRational{1, 1};
      });
  const Packet packet(av_packet_alloc());
  const Picture frame(av_frame_alloc());
  if (!encoder || !packet || !frame)
    return fail(ErrorCode::internal, "FFmpeg's PNG encoder does not start");
  frame->width = image.width;
  frame->height = image.height;
  frame->format = AV_PIX_FMT_RGB24;
  int result = av_frame_get_buffer(frame.get(), 0);
  if (result >= 0) {
    for (int y = 0; y < image.height; ++y)
      std::copy_n(image.row(y), std::size_t(image.width) * 3,
                  frame->data[0] + std::ptrdiff_t{y} * frame->linesize[0]);
    result = avcodec_send_frame(encoder.get(), frame.get());
  }
  if (result >= 0) result = avcodec_receive_packet(encoder.get(), packet.get());
  if (result < 0)
    return fail(ErrorCode::internal, fmt::format("cannot encode a PNG: {}", libav_error(result)));
  return std::string(reinterpret_cast<const char*>(packet->data),
                     static_cast<std::size_t>(packet->size));
}

}  // namespace videogen::media
