// The pictures that go with a report: a thumbnail of each sample, and what was before, at and
// after each event and flagged pair.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "media/image.h"

namespace videogen::coherence {

struct Thumbnail {
  double time_s = 0;
  int width = 0, height = 0;
  std::string jpeg;  // the bytes of a JPEG file
};

struct SamplePicture {
  std::int64_t sample = 0;  // its number, as in Report::timestamps_s
  Thumbnail picture;
};

// The name that Moment::kind has for a FlaggedPair.
inline constexpr std::string_view kFlaggedPair = "flagged_pair";

// What an event or a flagged pair looks like.
struct Moment {
  // Which: an Event by its kind and first_frame, a FlaggedPair by kFlaggedPair and `first`.
  std::string kind;
  std::int64_t first = 0;
  std::optional<Thumbnail> before, at, after;
  // |at − before| (|after − before| where that is the only other picture), each channel times
  // `amplification`, cut off at 255.
  std::optional<Thumbnail> difference;
  int amplification = 1;
  // Motion from before to at, as colours (motion/flow_colours.h); absent: the pictures are too
  // small to search in.
  std::optional<Thumbnail> flow;
  double flow_full = 0;  // what the full colour stands for, in widths of the picture
};

struct Pictures {
  std::vector<SamplePicture> samples;  // by number; evenly thinned where there were many
  std::vector<Moment> moments;         // in the order in which they were added
};

// Width and height of the thumbnail of a picture: as it is where it fits into 320 × 320, else
// the largest of the same shape that does.
struct ThumbnailSize {
  int width = 0, height = 0;
};
[[nodiscard]] ThumbnailSize thumbnail_size(int width, int height);

// Gathers pictures in bounded memory, a few megabytes: at most kMostSamples thumbnails of
// samples (every second is dropped when there are more, so they stay evenly spaced) and the
// pictures of kMostMoments moments (what comes after is not kept).
//
// Pictures may have any size; those larger than a thumbnail are shrunk. Nothing is kept of
// them after the call. A call costs about a millisecond for each thumbnail.
//
// One thread at a time, of one clip; samples in the order of their numbers.
class PictureCollector {
 public:
  static constexpr std::size_t kMostSamples = 240;
  static constexpr std::size_t kMostMoments = 48;

  struct Seen {
    double time_s = 0;
    media::Image picture;  // not empty
  };
  struct MomentSeen {
    std::string kind;  // as Moment::kind and first
    std::int64_t first = 0;
    std::optional<Seen> before, at, after;  // at least one; any sizes, but the same for all
    std::optional<media::Image> flow;
    double flow_full = 0;
  };

  // A sample that is none the next one (a number at most the last one's) breaks an invariant.
  void add_sample(std::int64_t sample, double time_s, const media::Image& picture);
  // Ignored where that moment has pictures already.
  void add_moment(const MomentSeen& moment);

  // True once any sample came; read_pictures() leaves samples alone then.
  [[nodiscard]] bool has_samples() const { return seen_ > 0; }
  [[nodiscard]] bool has_moment(std::string_view kind, std::int64_t first) const;

  [[nodiscard]] const Pictures& pictures() const { return pictures_; }

 private:
  Pictures pictures_;
  std::int64_t seen_ = 0, stride_ = 1, last_ = -1;
};

}  // namespace videogen::coherence
