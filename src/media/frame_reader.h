// Reads the frames of a clip, all of them or those that sampling at a rate would take.
//
// Sampled frames are, to the last bit and in the same order, those of
//   ffmpeg -i X -map 0:N -vf fps=R -fps_mode passthrough -pix_fmt rgb24
// (rotation metadata applied). With `skip_unneeded` packets whose frames are neither sampled
// nor referred to are not decoded; the result is identical.
//
// A reader belongs to one thread at a time; its decoder may use several of its own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.h"
#include "media/image.h"
#include "media/probe.h"

namespace videogen::media {

// Both ends belong to it.
struct TimeSpan {
  double from_s = 0, to_s = 0;
};

class LiveInput;

struct ReadOptions {
  // Samples a second; nullopt: no sampling. Positive, at most 1000.
  std::optional<Rational> sample_rate;
  // With a sample rate: give every decoded frame once, whether it is sampled or not, and let
  // Frame::samples() tell. Without one every frame is given anyway.
  bool every_frame = false;
  // Without a sample rate, where there are any: only the frames whose time lies in one of them.
  // In order of time, not overlapping.
  std::vector<TimeSpan> only{};
  bool skip_unneeded = true;
  // What is read instead of a file, frame by frame as its bytes arrive; not owned, and must
  // outlive the reader. The path then only names it. Frames and samples are those of the
  // finished file.
  LiveInput* live = nullptr;
  int threads = 0;  // of the decoder; 0: one for each core
  Limits limits{};
};

// One frame as shown: rotation applied. Movable; holds a decoder's buffer until destroyed or
// converted, so keep few of them.
class Frame {
 public:
  Frame(Frame&&) noexcept;
  Frame& operator=(Frame&&) noexcept;
  ~Frame();

  // Position in the sequence that the reader returns: 0, 1, 2, …
  [[nodiscard]] std::int64_t index() const;
  // Position in the decoded sequence, whether or not all of it was decoded.
  [[nodiscard]] std::int64_t source_index() const;
  // How often sampling takes this frame: 1 or more for a frame that a sampling reader returns
  // (once each time), 0 or more with `every_frame`, 1 without sampling.
  [[nodiscard]] std::int64_t samples() const;
  // The source frame's own presentation time, seconds from the start of the clip as `ffmpeg`
  // counts it (start time removed).
  [[nodiscard]] double time_s() const;
  // 8-bit RGB, bit for bit what ffmpeg converts it to. Errors: limit, internal.
  [[nodiscard]] Result<Image> rgb() const;
  // The same scaled to width × height by area, aspect not kept, straight from the decoder's
  // planes: what ffmpeg's scale=W:H:flags=area gives, and cheaper than rgb(). Errors: as rgb().
  [[nodiscard]] Result<Image> shrunk(int width, int height) const;

 private:
  friend class FrameReader;
  struct State;
  explicit Frame(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Something that was wrong with the file but did not stop the reading.
struct Damage {
  double time_s = 0;    // where, as far as known
  std::string message;  // "truncated after 2.4 s: …"
};

class FrameReader {
 public:
  // Errors: as probe; usage (a rate out of range); interrupted.
  static Result<FrameReader> open(const std::filesystem::path& path, const ReadOptions& options,
                                  std::stop_token stop = {});
  FrameReader(FrameReader&&) noexcept;
  FrameReader& operator=(FrameReader&&) noexcept;
  ~FrameReader();

  // Of a live input, more may be known after its last frame.
  [[nodiscard]] const VideoInfo& info() const;

  // The next frame in presentation order; nullopt after the last. A damaged file ends early
  // or skips frames and says so in damage(); it is an error only if nothing could be decoded.
  // Errors: corrupt, limit, interrupted (within 100 ms of a stop request).
  [[nodiscard]] Result<std::optional<Frame>> next(std::stop_token stop = {});

  // How many frames next() will return in all, as far as the packets tell; for progress.
  [[nodiscard]] std::optional<std::int64_t> expected_frames() const;
  // Frames in the whole decoded sequence, from the packets; known once the file was scanned.
  [[nodiscard]] std::optional<std::int64_t> source_frames() const;
  [[nodiscard]] const std::vector<Damage>& damage() const;

 private:
  struct State;
  explicit FrameReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace videogen::media
