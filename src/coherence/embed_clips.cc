#include "coherence/embed_clips.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <memory>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "coherence/bounded_queue_internal.h"
#include "coherence/file_digest.h"
#include "coherence/frame_analyser.h"
#include "coherence/number_text.h"

namespace videogen::coherence {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// What the decoding thread knows at a clip's end.
struct ClipEnd {
  Result<SampledClip> clip;
  std::unique_ptr<FileDigest> digest;  // null where the clip has its own, or none
};

// Prepared samples of one clip; the last batch of each carries its end.
struct Batch {
  std::size_t clip = 0;
  Clock::time_point opened;
  std::optional<std::int64_t> expected;
  std::vector<double> times_s;
  std::unique_ptr<float[]> inputs;  // [times_s.size(), input_size]
  std::optional<SeriesWindow> window;
  std::optional<ClipEnd> end;
};

using Queue = BoundedQueue<Batch>;

// Half of a short clip at a time, so that the two sides overlap there as well.
std::size_t batch_length(int preferred, std::optional<std::int64_t> expected) {
  const std::int64_t most = std::max(preferred, 1);
  const std::int64_t wanted = expected ? std::max<std::int64_t>((*expected + 1) / 2, 1) : most;
  return static_cast<std::size_t>(std::min(most, wanted));
}

// The decoding side: fills batches and pushes them.
class Decoding {
 public:
  Decoding(const embed::Embedder& embedder, const media::ReadOptions& options, const Fitted* fitted,
           const EmbeddingSink& sink, Queue& queue, std::stop_token stop)
      : embedder_(embedder),
        options_(options),
        fitted_(fitted),
        sink_(sink),
        queue_(queue),
        stop_(std::move(stop)),
        on_stop_(stop_, [this] { halt_.request_stop(); }),
        on_enough_(sink.enough, [this] { halt_.request_stop(); }) {}

  // False if stopped.
  bool read(std::size_t clip, const Source& source) {
    batch_ = Batch{};
    batch_.clip = clip;
    batch_.opened = Clock::now();
    waited_ = {};
    Result<SampledClip> facts = read_samples(source);
    if (!facts) facts = tl::unexpected(named_by_caller(std::move(facts).error(), source));
    batch_.end.emplace(ClipEnd{std::move(facts), std::move(digest_)});
    return queue_.push(std::move(batch_), stop_);
  }

 private:
  Result<SampledClip> read_samples(const Source& source) {
    media::ReadOptions options = options_;
    options.live = source.live;
    VIDEOGEN_TRY(media::FrameReader reader, media::FrameReader::open(source.path, options, stop_));
    digest_.reset();
    if (source.live == nullptr) digest_ = std::make_unique<FileDigest>(source.path, stop_);
    std::optional<FrameAnalyser> analyser;
    if (options_.every_frame) {
      FrameAnalyser::Settings settings;
      if (fitted_ != nullptr) settings.network = &fitted_->network;
      analyser.emplace(settings);
    }
    batch_.expected = expected_samples(reader);
    const std::size_t length = sink_.pace == Pace::batches
                                   ? batch_length(embedder_.preferred_batch(), batch_.expected)
                                   : 1;
    SampledClip facts;
    next_window_s_ = 0;
    while (true) {
      const Result<std::optional<media::Frame>> read = reader.next(halt_.get_token());
      if (!read && !(read.error().code == ErrorCode::interrupted && sink_.enough.stop_requested()))
        return tl::unexpected(read.error());
      if (!read || !*read) break;
      const std::optional<media::Frame>& frame = *read;
      if (analyser) VIDEOGEN_TRY(analyse(*frame, *analyser));
      if (analyser && sink_.window) add_window(frame->time_s(), *analyser);
      // A sampling reader gives a frame as often as it is taken.
      const std::int64_t times = options_.every_frame ? frame->samples() : 1;
      for (std::int64_t i = 0; i < times && !stop_.stop_requested(); ++i) {
        if (batch_.times_s.size() == length && !push()) break;
        VIDEOGEN_TRY(add(*frame, length));
        ++facts.samples;
      }
      if (sink_.pace != Pace::batches && !hand_over()) break;
    }
    if (analyser) {
      const Clock::time_point start = Clock::now();
      facts.series = analyser->finish(stop_);
      facts.analyse_s = analyser->worked_s();
      waited_ += Clock::now() - start;
    }
    if (stop_.stop_requested()) return fail(ErrorCode::interrupted, "interrupted");
    facts.video = reader.info();
    facts.frames = reader.source_frames();
    facts.damage = reader.damage();
    if (source.live != nullptr && !sink_.enough.stop_requested()) {
      const Clock::time_point start = Clock::now();
      VIDEOGEN_TRY(facts.sha256, source.live->digest(stop_));
      waited_ += Clock::now() - start;
    }
    facts.decode_s = seconds_since(batch_.opened) - waited_.count();
    return facts;
  }

  [[nodiscard]] std::optional<std::int64_t> expected_samples(
      const media::FrameReader& reader) const {
    if (!options_.every_frame || !options_.sample_rate) return reader.expected_frames();
    const std::optional<double> seconds = reader.info().duration_s;
    if (!seconds) return std::nullopt;
    return std::llround(*seconds * options_.sample_rate->value());
  }

  Status analyse(const media::Frame& frame, FrameAnalyser& analyser) {
    VIDEOGEN_TRY(media::Image picture, frame.rgb());
    const Clock::time_point start = Clock::now();
    analyser.push(std::move(picture), frame.source_index(), frame.time_s(), stop_);
    waited_ += Clock::now() - start;
    return {};
  }

  Status add(const media::Frame& frame, std::size_t length) {
    const auto area = embedder_.area_size();
    VIDEOGEN_TRY(const media::Image picture,
                 area ? frame.shrunk(area->width, area->height) : frame.rgb());
    const std::size_t size = embedder_.input_size();
    if (!batch_.inputs) batch_.inputs = std::make_unique_for_overwrite<float[]>(length * size);
    embedder_.prepare(picture, {batch_.inputs.get() + batch_.times_s.size() * size, size});
    batch_.times_s.push_back(frame.time_s());
    return {};
  }

  void add_window(double time_s, FrameAnalyser& analyser) {
    if (time_s < next_window_s_) return;
    next_window_s_ = time_s + kWindowStep_s;
    const Clock::time_point start = Clock::now();
    batch_.window = analyser.window(kWindow_s, stop_);
    waited_ += Clock::now() - start;
  }

  // What is there goes out at once. False: nothing more is to be read.
  bool hand_over() {
    if ((!batch_.times_s.empty() || batch_.window) && !push()) return false;
    if (sink_.pace == Pace::in_step && !queue_.wait_until_done(stop_)) return false;
    return !sink_.enough.stop_requested();
  }

  bool push() {
    Batch next;
    next.clip = batch_.clip;
    next.opened = batch_.opened;
    next.expected = batch_.expected;
    const Clock::time_point start = Clock::now();
    const bool pushed = queue_.push(std::exchange(batch_, std::move(next)), stop_);
    waited_ += Clock::now() - start;
    return pushed;
  }

  const embed::Embedder& embedder_;
  const media::ReadOptions& options_;
  const Fitted* const fitted_;  // may be null
  const EmbeddingSink& sink_;
  Queue& queue_;
  const std::stop_token stop_;
  std::stop_source halt_;  // requested with either of the two
  const std::stop_callback<std::function<void()>> on_stop_, on_enough_;
  double next_window_s_ = 0;
  Batch batch_;
  std::unique_ptr<FileDigest> digest_;
  std::chrono::duration<double> waited_{};
};

// The embedding side: one batch after the other, in the caller's thread.
class Embedding {
 public:
  Embedding(std::span<const Source> sources, const embed::Embedder& embedder,
            const EmbeddingSink& sink, std::stop_token stop)
      : sources_(sources), embedder_(embedder), sink_(sink), stop_(std::move(stop)) {}

  // False if stopped.
  bool take(Batch batch) {
    if (!error_) {
      if (const Status embedded = embed(batch); !embedded) error_ = embedded.error();
    }
    if (error_ && error_->code == ErrorCode::interrupted) return false;
    if (!error_ && batch.window) sink_.window(*batch.window);
    if (batch.end) return finish(batch);
    return true;
  }

  void interrupt() {
    if (clip_ < sources_.size())
      sink_.clip_done(clip_, fail(ErrorCode::interrupted,
                                  fmt::format("{}: interrupted", printable(sources_[clip_].uri))));
  }

 private:
  Status embed(const Batch& batch) {
    if (batch.times_s.empty()) return {};
    const std::size_t count = batch.times_s.size();
    const auto start = Clock::now();
    VIDEOGEN_TRY(const std::vector<float> rows,
                 embedder_.embed({batch.inputs.get(), count * embedder_.input_size()}, stop_));
    embed_s_ += seconds_since(start);
    const std::size_t columns = rows.size() / count;
    for (std::size_t i = 0; i < count; ++i) {
      const auto row = std::span(rows).subspan(i * columns, columns);
      if (!std::ranges::all_of(row, [](float x) { return std::isfinite(x); })) {
        return fail(
            ErrorCode::corrupt,
            fmt::format("cannot judge {}: {} gave a number that is none for the picture "
                        "at {} s",
                        printable(sources_[batch.clip].uri), printable(embedder_.identity().model),
                        seconds_text(batch.times_s[i])));
      }
      sink_.sample(batch.times_s[i], row);
    }
    samples_ += static_cast<std::int64_t>(count);
    if (sink_.progress) sink_.progress({batch.clip, samples_, batch.expected});
    return {};
  }

  // Hands the clip over and makes ready for the next.
  bool finish(Batch& batch) {
    Result<SampledClip> clip = std::move(batch.end->clip);
    if (error_) clip = tl::unexpected(*std::move(error_));
    if (clip && batch.end->digest) {
      Result<std::string> sha256 = batch.end->digest->take();
      if (sha256) {
        clip->sha256 = *std::move(sha256);
      } else {
        clip = tl::unexpected(named_by_caller(std::move(sha256).error(), sources_[batch.clip]));
      }
    }
    if (!clip && clip.error().code == ErrorCode::interrupted) return false;
    if (clip) {
      clip->embed_s = embed_s_;
      clip->total_s = seconds_since(batch.opened);
    }
    clip_ = batch.clip + 1;
    samples_ = 0;
    embed_s_ = 0;
    error_.reset();
    sink_.clip_done(batch.clip, std::move(clip));
    return true;
  }

  const std::span<const Source> sources_;
  const embed::Embedder& embedder_;
  const EmbeddingSink& sink_;
  const std::stop_token stop_;
  // Of the clip that is being embedded.
  std::size_t clip_ = 0;
  std::int64_t samples_ = 0;
  double embed_s_ = 0;
  std::optional<Error> error_;
};

}  // namespace

Error named_by_caller(Error error, const Source& source) {
  const std::string path = printable(source.path.string());
  const std::string uri = printable(source.uri);
  if (path == uri) return error;
  if (const auto at = error.message.find(path); at != std::string::npos)
    error.message.replace(at, path.size(), uri);
  return error;
}

void embed_clips(std::span<const Source> sources, const embed::Embedder& embedder,
                 const media::ReadOptions& options, const EmbeddingSink& sink, std::stop_token stop,
                 const Fitted* fitted) {
  // Ends the decoding side when the caller asks for it, and when this function is left early.
  std::stop_source ended;
  const std::stop_callback forward(stop, [&] { ended.request_stop(); });
  Queue queue(2);
  std::exception_ptr broken;  // written before close(), read after the last pop()
  std::jthread decoding([&] {
    try {
      Decoding side(embedder, options, fitted, sink, queue, ended.get_token());
      for (std::size_t clip = 0; clip < sources.size(); ++clip)
        if (!side.read(clip, sources[clip])) break;
    } catch (...) {
      broken = std::current_exception();
    }
    queue.close();
  });
  const struct Ending {
    std::stop_source& ended;
    ~Ending() { ended.request_stop(); }
  } ending{ended};  // before the thread is joined, whatever the sink throws

  Embedding side(sources, embedder, sink, stop);
  while (std::optional<Batch> batch = queue.pop(stop)) {
    if (!side.take(*std::move(batch))) break;
    queue.done();
  }
  if (stop.stop_requested()) {
    side.interrupt();
  } else if (broken) {
    std::rethrow_exception(broken);
  }
}

}  // namespace videogen::coherence
