#include "coherence/background_consistency.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "coherence/similarity.h"
#include "embed/clip.h"
#include "embed/torch_bicubic.h"
#include "media/frame_reader.h"

namespace videogen::coherence {
namespace {

constexpr std::string_view kPublishedWith = "openai/clip-vit-base-patch32";

// Prepared frames that wait to be embedded together.
class Batch {
 public:
  Batch(const embed::Embedder& embedder, int picture_side)
      : embedder_(embedder),
        picture_side_(picture_side),
        length_(std::size_t(std::max(1, embedder.preferred_batch()))) {}

  Status add(const media::Frame& frame) {
    VIDEOGEN_TRY(const media::Image picture, frame.rgb());
    const std::size_t size = embedder_.input_size();
    pixels_.resize((times_s_.size() + 1) * size);
    embed::vbench_pixels(picture, picture_side_,
                         std::span(pixels_).subspan(times_s_.size() * size, size));
    times_s_.push_back(frame.time_s());
    return {};
  }

  [[nodiscard]] bool full() const { return times_s_.size() == length_; }

  Status embed_into(BackgroundWatch& watch, const Source& source, const std::stop_token& stop) {
    if (times_s_.empty()) return {};
    VIDEOGEN_TRY(const std::vector<float> rows, embedder_.embed(pixels_, stop));
    const std::size_t columns = rows.size() / times_s_.size();
    for (std::size_t i = 0; i < times_s_.size(); ++i) {
      const auto row = std::span(rows).subspan(i * columns, columns);
      if (!std::ranges::all_of(row, [](float x) { return std::isfinite(x); }))
        return fail(ErrorCode::corrupt,
                    fmt::format("cannot judge {}: {} gave a number that is none",
                                printable(source.uri), printable(embedder_.identity().model)));
      watch.add(times_s_[i], row);
    }
    times_s_.clear();
    pixels_.clear();
    return {};
  }

 private:
  const embed::Embedder& embedder_;
  const int picture_side_;
  const std::size_t length_;
  std::vector<float> pixels_;
  std::vector<double> times_s_;
};

std::vector<std::string> differences(const embed::Identity& identity) {
  std::vector<std::string> notes;
  if (identity.model != kPublishedWith)
    notes.push_back(
        fmt::format("background_consistency: VBench's tables were made with {}, this with {}: "
                    "compare only if the weights are the same",
                    kPublishedWith, printable(identity.model)));
  if (identity.precision != "f32")
    notes.push_back(
        fmt::format("background_consistency: computed in {}; --precision f32 is what "
                    "VBench's numbers on a CPU have",
                    identity.precision));
  return notes;
}

}  // namespace

void BackgroundWatch::add(double time_s, std::span<const float> row) {
  if (first_.empty()) {
    first_.assign(row.begin(), row.end());
  } else {
    const double to_last = std::max(0.0, cosine(last_, row).value_or(0));
    const double to_first = std::max(0.0, cosine(first_, row).value_or(0));
    const double value = (to_last + to_first) / 2;
    sum_ += value;
    ++count_;
    if (value < lowest_) {
      lowest_ = value;
      lowest_at_s_ = time_s;
    }
  }
  last_.assign(row.begin(), row.end());
}

BackgroundConsistency BackgroundWatch::finish() const {
  if (count_ == 0) return {.absent = "a single frame has no neighbour"};
  return {.value = sum_ / double(count_), .lowest = lowest_, .lowest_at_s = lowest_at_s_};
}

Result<BackgroundConsistency> background_consistency(
    const Source& source, const embed::Embedder& embedder, const media::Limits& limits,
    const std::function<void(std::int64_t, std::optional<std::int64_t>)>& progress,
    std::stop_token stop) {
  const auto* clip = dynamic_cast<const embed::Clip*>(&embedder.model());
  if (clip == nullptr)
    return BackgroundConsistency{
        .absent = fmt::format("VBench's formula is over CLIP embeddings, and {} judges: give a "
                              "CLIP model (its flag, or VIDEOGEN_MODEL)",
                              embedder.identity().model)};
  media::ReadOptions reading;
  reading.limits = limits;
  VIDEOGEN_TRY(media::FrameReader reader, media::FrameReader::open(source.path, reading));
  BackgroundWatch watch;
  Batch batch(embedder, clip->picture_side());
  while (true) {
    VIDEOGEN_TRY(const std::optional<media::Frame> frame, reader.next(stop));
    if (!frame) break;
    VIDEOGEN_TRY(batch.add(*frame));
    if (batch.full()) VIDEOGEN_TRY(batch.embed_into(watch, source, stop));
    if (progress) progress(frame->index() + 1, reader.expected_frames());
  }
  VIDEOGEN_TRY(batch.embed_into(watch, source, stop));
  BackgroundConsistency result = watch.finish();
  if (result.value) result.notes = differences(embedder.identity());
  return result;
}

}  // namespace videogen::coherence
