// JPEG through libjpeg-turbo, with the settings that Pillow leaves at libjpeg's defaults: the
// accurate integer DCT and smooth chroma upsampling. FFmpeg's decoder gives other pixels.
#include <algorithm>
#include <string>

#include <fmt/format.h>
#include <turbojpeg.h>

#include "base/handle.h"
#include "media/picture.h"
#include "media/picture_internal.h"

namespace videogen::media {
namespace {

using Decompressor = Handle<void, tjDestroy>;
using Compressor = Handle<void, tjDestroy>;
using Bytes = Handle<unsigned char, tjFree>;

constexpr int kLongestSide = 65535;  // of the format

// TJFLAG_LIMITSCANS: a progressive file of thousands of empty scans takes hours otherwise.
constexpr int kFlags = TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS;

Error jpeg_error(const std::string& name, void* decoder) {
  return Error{ErrorCode::corrupt,
               fmt::format("cannot read {}: damaged JPEG: {}", name,
                           printable(tjGetErrorStr2(decoder), 200)),
               std::source_location::current()};
}

// libjpeg goes on after a warning with pixels that it made up; Pillow refuses a file that is
// cut off, and takes the rest.
bool cut_off(void* decoder) {
  return std::string_view(tjGetErrorStr2(decoder)).find("Premature end") != std::string_view::npos;
}

// A header is refused at the end if TurboJPEG has no name for its subsampling, as that of inks
// which Pillow saves; libjpeg decodes it all the same.
bool only_subsampling_is_unknown(int width, int height, int subsampling, int colours) {
  return width > 0 && height > 0 && subsampling < 0 && colours >= 0;
}

Status decompress(void* decoder, const std::string& bytes, int pixel_format, int width, int height,
                  std::uint8_t* out, const std::string& name) {
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  if (tjDecompress2(decoder, data, bytes.size(), out, width, width * tjPixelSize[pixel_format],
                    height, pixel_format, kFlags) == 0)
    return {};
  if (tjGetErrorCode(decoder) == TJERR_WARNING && !cut_off(decoder)) return {};
  return tl::unexpected(jpeg_error(name, decoder));
}

// Pillow's conversion: Adobe's files store the inks inverted, and black is taken off first.
Image from_inverted_cmyk(const std::vector<std::uint8_t>& cmyk, int width, int height) {
  Image image(width, height);
  for (std::size_t i = 0; i < image.rgb.size() / 3; ++i) {
    const int light = cmyk[i * 4 + 3];
    for (std::size_t channel = 0; channel < 3; ++channel) {
      const int ink = (255 - cmyk[i * 4 + channel]) * light + 128;
      image.rgb[i * 3 + channel] =
          static_cast<std::uint8_t>(std::max(light - ((ink + (ink >> 8)) >> 8), 0));
    }
  }
  return image;
}

}  // namespace

bool is_jpeg(std::string_view bytes) { return bytes.starts_with("\xFF\xD8\xFF"); }

Result<Image> decode_jpeg(const std::string& bytes, const std::string& name, const Limits& limits) {
  const Decompressor decoder(tjInitDecompress());
  if (!decoder) return fail(ErrorCode::internal, "out of memory");
  int width = 0;
  int height = 0;
  int subsampling = 0;
  int colours = -1;
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  if (tjDecompressHeader3(decoder.get(), data, bytes.size(), &width, &height, &subsampling,
                          &colours) != 0 &&
      tjGetErrorCode(decoder.get()) != TJERR_WARNING &&
      !only_subsampling_is_unknown(width, height, subsampling, colours))
    return tl::unexpected(jpeg_error(name, decoder.get()));
  VIDEOGEN_TRY(check_size(width, height, name, limits));

  if (colours == TJCS_CMYK || colours == TJCS_YCCK) {
    std::vector<std::uint8_t> cmyk(std::size_t(width) * std::size_t(height) * 4);
    VIDEOGEN_TRY(decompress(decoder.get(), bytes, TJPF_CMYK, width, height, cmyk.data(), name));
    return from_inverted_cmyk(cmyk, width, height);
  }
  Image image(width, height);
  VIDEOGEN_TRY(decompress(decoder.get(), bytes, TJPF_RGB, width, height, image.rgb.data(), name));
  return image;
}

Result<std::string> encode_jpeg(const Image& image, int quality) {
  VIDEOGEN_CHECK(quality >= 1 && quality <= 100, "a JPEG quality");
  if (image.width <= 0 || image.height <= 0)
    return fail(ErrorCode::corrupt,
                fmt::format("cannot encode a picture of {}x{} pixels", image.width, image.height));
  if (image.width > kLongestSide || image.height > kLongestSide)
    return fail(ErrorCode::limit, fmt::format("{}x{} pixels: a side of a JPEG has at most {}",
                                              image.width, image.height, kLongestSide));
  const Compressor encoder(tjInitCompress());
  if (!encoder) return fail(ErrorCode::internal, "out of memory");
  unsigned char* out = nullptr;
  unsigned long size = 0;
  const int status = tjCompress2(encoder.get(), image.rgb.data(), image.width, 0, image.height,
                                 TJPF_RGB, &out, &size, TJSAMP_420, quality, TJFLAG_ACCURATEDCT);
  const Bytes bytes(out);  // may hold memory after a failure, too
  if (status != 0) {
    return fail(ErrorCode::internal, fmt::format("cannot encode a JPEG: {}",
                                                 printable(tjGetErrorStr2(encoder.get()), 200)));
  }
  return std::string(reinterpret_cast<const char*>(bytes.get()), size);
}

}  // namespace videogen::media
