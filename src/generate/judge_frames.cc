#include "generate/judge_frames.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "media/frame_reader.h"
#include "media/probe.h"

namespace videogen::generate {
namespace {

struct Size {
  int width = 0, height = 0;
};
Size fitted(Size size, int most) {
  const int larger = std::max(size.width, size.height);
  if (larger <= most) return size;
  const double scale = double(most) / larger;
  return {std::max(1, int(std::lround(size.width * scale))),
          std::max(1, int(std::lround(size.height * scale)))};
}

// Which of `available` frames are taken: the middles of as many equal stretches.
std::vector<std::int64_t> middles(std::int64_t available, int count) {
  const std::int64_t taken = std::min<std::int64_t>(available, count);
  std::vector<std::int64_t> chosen;
  for (std::int64_t i = 0; i < taken; ++i) chosen.push_back((2 * i + 1) * available / (2 * taken));
  return chosen;
}

}  // namespace

Result<std::vector<JudgeFrame>> judge_frames(const std::filesystem::path& clip, int count,
                                             int most_pixels, const std::stop_token& stop) {
  VIDEOGEN_TRY(media::FrameReader reader, media::FrameReader::open(clip, {}, stop));
  const Size size = fitted({reader.info().width, reader.info().height}, most_pixels);
  const auto available = reader.source_frames();
  // Where the packets don't tell how many frames there are, they are counted by reading.
  std::optional<std::vector<std::int64_t>> wanted;
  if (available && *available > 0) wanted = middles(*available, count);
  std::vector<JudgeFrame> frames;
  std::int64_t index = 0;
  for (;; ++index) {
    VIDEOGEN_TRY(const std::optional<media::Frame> frame, reader.next(stop));
    if (!frame) break;
    if (wanted && !std::ranges::binary_search(*wanted, index)) continue;
    const bool as_it_is = size.width == reader.info().width && size.height == reader.info().height;
    auto picture = as_it_is ? frame->rgb() : frame->shrunk(size.width, size.height);
    if (!picture) return tl::unexpected(std::move(picture).error());
    frames.push_back({frame->time_s(), *std::move(picture)});
    constexpr std::size_t kMostKept = 1024;
    if (wanted && frames.size() == wanted->size()) break;
    if (!wanted && frames.size() >= kMostKept) break;
  }
  if (wanted) return frames;
  std::vector<JudgeFrame> chosen;
  for (const std::int64_t i : middles(std::ssize(frames), count))
    chosen.push_back(std::move(frames[std::size_t(i)]));
  return chosen;
}

media::Image contact_sheet(const std::vector<JudgeFrame>& frames) {
  VIDEOGEN_CHECK(!frames.empty(), "a sheet of something");
  const int count = int(frames.size());
  const int columns = int(std::ceil(std::sqrt(double(count))));
  const int rows = (count + columns - 1) / columns;
  const int width = frames.front().picture.width, height = frames.front().picture.height;
  media::Image sheet(columns * width, rows * height);
  for (int i = 0; i < count; ++i) {
    const media::Image& picture = frames[std::size_t(i)].picture;
    VIDEOGEN_CHECK(picture.width == width && picture.height == height, "frames of one size");
    for (int y = 0; y < height; ++y)
      std::copy_n(picture.row(y), std::size_t(width) * 3,
                  sheet.row((i / columns) * height + y) + std::size_t(i % columns * width) * 3);
  }
  return sheet;
}

}  // namespace videogen::generate
