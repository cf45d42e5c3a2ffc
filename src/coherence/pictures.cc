#include "coherence/pictures.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "base/error.h"
#include "media/picture.h"

namespace videogen::coherence {
namespace {

using media::Image;

constexpr int kLongestSide = 320;

// Each pixel is the mean of those it covers.
Image shrunk(const Image& image, ThumbnailSize size) {
  Image small(size.width, size.height);
  for (int y = 0; y < size.height; ++y) {
    const int top = static_cast<int>(std::int64_t{y} * image.height / size.height);
    const int bottom = static_cast<int>((std::int64_t{y} + 1) * image.height / size.height);
    for (int x = 0; x < size.width; ++x) {
      const int left = static_cast<int>(std::int64_t{x} * image.width / size.width);
      const int right = static_cast<int>((std::int64_t{x} + 1) * image.width / size.width);
      std::array<std::int64_t, 3> sum{};
      for (int from_y = top; from_y < bottom; ++from_y)
        for (int from_x = left; from_x < right; ++from_x)
          for (std::size_t channel = 0; channel < 3; ++channel)
            sum[channel] += image.row(from_y)[std::size_t(from_x) * 3 + channel];
      const std::int64_t count = std::int64_t{bottom - top} * (right - left);
      for (std::size_t channel = 0; channel < 3; ++channel)
        small.row(y)[std::size_t(x) * 3 + channel] =
            static_cast<std::uint8_t>((sum[channel] + count / 2) / count);
    }
  }
  return small;
}

Image at_thumbnail_size(const Image& image) {
  VIDEOGEN_CHECK(image.width > 0 && image.height > 0, "a picture has pixels");
  const ThumbnailSize size = thumbnail_size(image.width, image.height);
  return size.width == image.width ? image : shrunk(image, size);
}

Thumbnail thumbnail(double time_s, const Image& small) {
  Result<std::string> jpeg = media::encode_jpeg(small);
  VIDEOGEN_CHECK(jpeg.has_value(), "a thumbnail can be encoded");
  return {time_s, small.width, small.height, *std::move(jpeg)};
}

// The largest power of two, 16 at most, that cuts off no more than a hundredth of the values.
int amplification_of(const Image& difference) {
  std::array<std::int64_t, 256> count{};
  for (const std::uint8_t value : difference.rgb) ++count[value];
  const std::int64_t allowed = static_cast<std::int64_t>(difference.rgb.size()) / 100;
  for (int factor = 16; factor > 1; factor /= 2) {
    std::int64_t cut_off = 0;
    for (std::size_t value = 255 / static_cast<std::size_t>(factor) + 1; value < 256; ++value)
      cut_off += count[value];
    if (cut_off <= allowed) return factor;
  }
  return 1;
}

Image difference_of(const Image& a, const Image& b) {
  VIDEOGEN_CHECK(a.width == b.width && a.height == b.height, "pictures of one clip have one size");
  Image difference(a.width, a.height);
  for (std::size_t i = 0; i < a.rgb.size(); ++i)
    difference.rgb[i] = static_cast<std::uint8_t>(std::abs(int(a.rgb[i]) - int(b.rgb[i])));
  return difference;
}

void add_difference(Moment& moment, const Image& a, const Image& b) {
  Image difference = difference_of(a, b);
  moment.amplification = amplification_of(difference);
  for (std::uint8_t& value : difference.rgb)
    value = static_cast<std::uint8_t>(std::min(value * moment.amplification, 255));
  moment.difference = thumbnail(0, difference);
}

}  // namespace

ThumbnailSize thumbnail_size(int width, int height) {
  const int longest = std::max(width, height);
  if (longest <= kLongestSide) return {width, height};
  const auto scaled = [&](int side) {
    return std::max(1,
                    static_cast<int>((std::int64_t{side} * kLongestSide + longest / 2) / longest));
  };
  return {scaled(width), scaled(height)};
}

void PictureCollector::add_sample(std::int64_t sample, double time_s, const Image& picture) {
  VIDEOGEN_CHECK(sample > last_, "samples come in their order");
  last_ = sample;
  if (seen_++ % stride_ != 0) return;
  std::vector<SamplePicture>& kept = pictures_.samples;
  if (kept.size() == kMostSamples) {
    stride_ *= 2;
    for (std::size_t i = 0; 2 * i < kept.size(); ++i)
      if (i > 0) kept[i] = std::move(kept[2 * i]);
    kept.resize((kept.size() + 1) / 2);
    if ((seen_ - 1) % stride_ != 0) return;
  }
  kept.push_back({sample, thumbnail(time_s, at_thumbnail_size(picture))});
}

bool PictureCollector::has_moment(std::string_view kind, std::int64_t first) const {
  return std::ranges::any_of(pictures_.moments, [&](const Moment& moment) {
    return moment.kind == kind && moment.first == first;
  });
}

void PictureCollector::add_moment(const MomentSeen& seen) {
  if (pictures_.moments.size() >= kMostMoments || has_moment(seen.kind, seen.first)) return;
  Moment moment;
  moment.kind = seen.kind;
  moment.first = seen.first;
  std::optional<Image> before, other;  // what the difference is taken of
  const auto take = [&](const std::optional<Seen>& from, std::optional<Thumbnail>& to) {
    if (!from) return;
    Image small = at_thumbnail_size(from->picture);
    to = thumbnail(from->time_s, small);
    if (&to == &moment.before) {
      before = std::move(small);
    } else if (!other) {
      other = std::move(small);
    }
  };
  take(seen.before, moment.before);
  take(seen.at, moment.at);
  take(seen.after, moment.after);
  VIDEOGEN_CHECK(before || other, "a moment has a picture");
  if (before && other) add_difference(moment, *before, *other);
  if (seen.flow) moment.flow = thumbnail(0, at_thumbnail_size(*seen.flow));
  moment.flow_full = seen.flow_full;
  pictures_.moments.push_back(std::move(moment));
}

}  // namespace videogen::coherence
