// Clips in, embeddings of their samples out: decoding and embedding run side by side.
//
// One thread decodes clip after clip, converts each sample and prepares it for the model; the
// caller's thread embeds batch by batch. A short queue lies between, so decoding of a clip
// goes on while the one before is still being embedded, and memory is that of a few batches,
// whatever the length and the number of clips. A third thread hashes the file meanwhile. With
// ReadOptions::every_frame the decoding thread hands every frame to a FrameAnalyser, too, whose
// threads work beside both.
//
// Batches never mix clips and are cut by counting, not by what happens to be ready: a clip's
// numbers are the same in every run and in any company (a shared embedder moves their last bits).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.h"
#include "coherence/fitted.h"
#include "coherence/series.h"
#include "embed/embedder.h"
#include "media/frame_reader.h"
#include "media/live_input.h"

namespace videogen::coherence {

struct Source {
  std::filesystem::path path;
  std::string uri;  // as the caller named it; goes into reports and errors
  // What is read instead of the path while it arrives; not owned.
  media::LiveInput* live = nullptr;
};

struct SampledClip {
  media::VideoInfo video;
  std::optional<std::int64_t> frames;  // of the decoded sequence
  std::int64_t samples = 0;
  std::vector<media::Damage> damage;
  std::string sha256;            // of the file, hex; empty where not all of it was read
  std::optional<Series> series;  // what analysing every frame gave, where that was asked for
  // Seconds: reading, converting and preparing; embedding; the analysing threads' work, summed
  // up; from opening to the last row.
  double decode_s = 0, embed_s = 0, analyse_s = 0, total_s = 0;
};

struct Progress {
  std::size_t clip = 0;               // position in the sources
  std::int64_t samples = 0;           // embedded so far
  std::optional<std::int64_t> total;  // expected
};

// When numbers are handed over. The numbers are the same but for the last bits that the size of
// a batch may move (CLIP).
enum class Pace {
  batches,  // as the embedder is fastest
  at_once,  // each sample by itself as soon as its frame is there
  in_step,  // at_once, and nothing more is read until the sink has had it
};

// All are called from the calling thread, for clip after clip in the sources' order.
struct EmbeddingSink {
  // A sample: its frame's own time in seconds and its row, [dimensions], all zero where the
  // picture has no descriptor. The row is valid during the call.
  std::function<void(double time_s, std::span<const float> row)> sample;
  // The end of a clip, once for each. An error may come after some samples.
  // Errors: as media::FrameReader; corrupt (the model gave a number that is none); interrupted.
  std::function<void(std::size_t clip, Result<SampledClip> done)> clip_done;
  std::function<void(const Progress&)> progress;  // may be empty
  Pace pace = Pace::batches;
  // With ReadOptions::every_frame: the last kWindow_s of the series, every kWindowStep_s of the
  // clip's time. May be empty.
  std::function<void(const SeriesWindow&)> window{};
  // A request means that this sink has seen enough: the clip ends where it has been read to.
  std::stop_token enough{};
};

inline constexpr double kWindow_s = 10;
inline constexpr double kWindowStep_s = 0.2;

// The error, with the caller's name of the source in place of its path: a spooled clip is read
// from a path that its user never saw.
[[nodiscard]] Error named_by_caller(Error error, const Source& source);

// `fitted` is what every_frame's analysis uses; null: shipped().
//
// After a stop request clip_done is called for the current clip with interrupted, and not for
// those after it.
void embed_clips(std::span<const Source> sources, const embed::Embedder& embedder,
                 const media::ReadOptions& options, const EmbeddingSink& sink,
                 std::stop_token stop = {}, const Fitted* fitted = nullptr);

}  // namespace videogen::coherence
