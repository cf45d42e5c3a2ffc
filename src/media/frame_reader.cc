#include "media/frame_reader.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "media/clip_decoder_internal.h"
#include "media/fps_sampler_internal.h"
#include "media/sample_plan_internal.h"

namespace videogen::media {

struct Frame::State {
  Picture picture;
  PictureShape shape;
  std::shared_ptr<Converter> converter;  // shared with the reader: frames may outlive it
  std::int64_t index = 0;
  std::int64_t source_index = 0;
  std::int64_t samples = 1;
  double time_s = 0;
};

Frame::Frame(std::unique_ptr<State> state) : state_(std::move(state)) {}
Frame::Frame(Frame&&) noexcept = default;
Frame& Frame::operator=(Frame&&) noexcept = default;
Frame::~Frame() = default;

std::int64_t Frame::index() const { return state_->index; }
std::int64_t Frame::source_index() const { return state_->source_index; }
std::int64_t Frame::samples() const { return state_->samples; }
double Frame::time_s() const { return state_->time_s; }
Result<Image> Frame::rgb() const {
  return state_->converter->convert(*state_->picture, state_->shape);
}
Result<Image> Frame::shrunk(int width, int height) const {
  VIDEOGEN_CHECK(width > 0 && height > 0, "a picture has a size");
  PictureShape shape = state_->shape;
  shape.fit_width = width;
  shape.fit_height = height;
  shape.by_area = true;
  return state_->converter->convert(*state_->picture, shape);
}

struct FrameReader::State {
  std::filesystem::path path;
  ReadOptions options;
  Deadline deadline{std::chrono::seconds{0}};
  LogSink container_log;
  LogSink decoder_log;
  DamageLog damage;
  VideoInfo info;
  std::optional<Demuxer> opened;  // until the first frame is asked for
  std::optional<ClipDecoder> decoder;
  std::optional<FpsSampler> sampler;
  std::shared_ptr<Converter> converter = std::make_shared<Converter>();

  std::optional<SourceFrame> held;     // waits for its successor
  std::optional<SourceFrame> current;  // is returned `repeats` times more
  std::int64_t repeats = 0;
  std::int64_t samples = 1;  // of `current`
  std::int64_t emitted = 0;
  std::int64_t to_drop = 0;  // of a second reading: what the first gave already
  AVRational time_base{1, 1};
  bool ended = false;
  std::optional<Error> failed;  // what every further call returns

  Status open();
  Status open_decoder(Demuxer demuxer, std::optional<SamplePlan> plan);
  Status start();
  Result<std::optional<SamplePlan>> plan_by_packets();
  Result<std::optional<Frame>> next();
  Status advance();
  Status advance_by_plan();
  void take_held(std::int64_t times);
  Status start_over();
  [[nodiscard]] double time_of(const SourceFrame& frame) const;
  Result<Frame> emit();
  Status fail_if_nothing();
};

Status FrameReader::State::open() {
  VIDEOGEN_TRY(opened,
               options.live != nullptr
                   ? Demuxer::open(*options.live, path, options.limits, deadline, container_log)
                   : Demuxer::open(path, options.limits, deadline, container_log));
  info = opened->info();
  time_base = opened->stream().time_base;
  return {};
}

Status FrameReader::State::open_decoder(Demuxer demuxer, std::optional<SamplePlan> plan) {
  if (options.sample_rate) sampler.emplace(time_base, options.sample_rate->value());
  VIDEOGEN_TRY(ClipDecoder made,
               ClipDecoder::open(std::move(demuxer), options.limits, options.threads, deadline,
                                 decoder_log, damage, std::move(plan)));
  decoder.emplace(std::move(made));
  return {};
}

// Looks through the packets of `opened` for what need not be decoded.
Result<std::optional<SamplePlan>> FrameReader::State::plan_by_packets() {
  VIDEOGEN_TRY(const std::optional<PacketIndex> index, index_packets(*opened, deadline));
  if (!index) return std::nullopt;
  const PlanOptions plan_options{
      .rate = options.sample_rate ? std::optional(options.sample_rate->value()) : std::nullopt,
      .only = options.only,
      .reorder_delay = opened->stream().codecpar->video_delay,
      .discontinuities_allowed = (opened->file().iformat->flags & AVFMT_TS_DISCONT) != 0};
  return plan_samples(*index, plan_options);
}

// Not part of open(), which has no stop token: a large file on a slow disk takes a while.
Status FrameReader::State::start() {
  std::optional<SamplePlan> plan;
  const bool leaves_some_out = options.sample_rate ? !options.every_frame : !options.only.empty();
  if (leaves_some_out && options.skip_unneeded && !opened->is_live() && can_index(*opened)) {
    VIDEOGEN_TRY(plan, plan_by_packets());
    VIDEOGEN_TRY(Demuxer again, plan
                                    ? opened->reopen()
                                    : Demuxer::open(path, options.limits, deadline, container_log));
    opened.emplace(std::move(again));
  }
  return open_decoder(*std::exchange(opened, std::nullopt), std::move(plan));
}

// The plan was wrong: decodes everything, and passes over the samples that were given.
Status FrameReader::State::start_over() {
  damage.clear();
  held.reset();
  current.reset();
  repeats = 0;
  to_drop = emitted;
  VIDEOGEN_TRY(Demuxer demuxer, Demuxer::open(path, options.limits, deadline, container_log));
  return open_decoder(std::move(demuxer), std::nullopt);
}

Status FrameReader::State::advance_by_plan() {
  VIDEOGEN_TRY(current, decoder->next());
  if (decoder->deviated()) return start_over();
  repeats = current ? current->samples : 0;
  samples = repeats;
  ended = !current;
  return {};
}

// The frame that waited is current now, and sampling takes it `times` times.
void FrameReader::State::take_held(std::int64_t times) {
  current = std::exchange(held, std::nullopt);
  samples = times;
  repeats = options.every_frame && current ? 1 : times;
}

// Reads the next source frame; it decides how often the one before it is taken.
Status FrameReader::State::advance() {
  if (decoder->plan()) return advance_by_plan();
  VIDEOGEN_TRY(std::optional<SourceFrame> frame, decoder->next());
  current.reset();
  repeats = 0;
  if (!frame) {
    ended = true;
    if (sampler && held) take_held(sampler->finish(decoder->end_pts()));
    return {};
  }
  if (!sampler) {
    current = std::move(frame);
    repeats = options.only.empty() || within(options.only, time_of(*current)) ? 1 : 0;
    samples = repeats;
    return {};
  }
  if (frame->shape_changed) sampler->reset();
  take_held(sampler->push(frame->pts));
  held = std::move(frame);
  return {};
}

double FrameReader::State::time_of(const SourceFrame& frame) const {
  if (frame.pts == kNoTime) return 0;
  return static_cast<double>(frame.pts) * time_base.num / time_base.den;
}

Result<Frame> FrameReader::State::emit() {
  Picture picture = share(*current->picture);
  if (!picture) return fail(ErrorCode::internal, "out of memory");
  --repeats;
  auto state = std::make_unique<Frame::State>();
  state->picture = std::move(picture);
  state->shape = current->shape;
  state->converter = converter;
  state->index = emitted++;
  state->source_index = current->index;
  state->samples = samples;
  state->time_s = time_of(*current);
  return Frame(std::move(state));
}

Status FrameReader::State::fail_if_nothing() {
  if (decoder->frames() > 0) return {};
  const std::string cause = damage.first_cause();
  return fail(ErrorCode::corrupt,
              fmt::format("cannot decode {}: no frame of its {} stream can be decoded{}",
                          printable(path.string()), info.codec, cause.empty() ? "" : ": " + cause));
}

Result<std::optional<Frame>> FrameReader::State::next() {
  if (!decoder) VIDEOGEN_TRY(start());
  while (repeats == 0) {
    if (ended) {
      VIDEOGEN_TRY(fail_if_nothing());
      return std::nullopt;
    }
    VIDEOGEN_TRY(advance());
    // What the container has told on the way, as the duration of its fragments.
    if (ended && options.live != nullptr) info = decoder->demuxer().info();
    if (const std::int64_t most = std::max(repeats, samples); most > options.limits.max_repeats)
      return fail(ErrorCode::limit,
                  fmt::format("one frame lasts for {} samples, more than the {} that it may", most,
                              options.limits.max_repeats));
    const std::int64_t dropped = std::min(to_drop, repeats);
    repeats -= dropped;
    to_drop -= dropped;
  }
  VIDEOGEN_TRY(Frame frame, emit());
  return frame;
}

Result<FrameReader> FrameReader::open(const std::filesystem::path& path, const ReadOptions& options,
                                      std::stop_token stop) {
  if (options.sample_rate) {
    const double rate = options.sample_rate->den == 0 ? 0 : options.sample_rate->value();
    if (!(rate > 0) || rate > 1000)
      return fail(ErrorCode::usage,
                  fmt::format("a sample rate of {}/{} frames a second: expected more than 0 and at "
                              "most 1000",
                              options.sample_rate->num, options.sample_rate->den));
  }
  VIDEOGEN_CHECK(options.only.empty() || !options.sample_rate, "either a rate or spans");
  auto state = std::make_unique<State>();
  state->path = path;
  state->options = options;
  state->deadline = Deadline(options.limits.max_time);
  const Deadline::Call call(state->deadline, std::move(stop));
  VIDEOGEN_TRY(state->open());
  return FrameReader(std::move(state));
}

FrameReader::FrameReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
FrameReader::FrameReader(FrameReader&&) noexcept = default;
FrameReader& FrameReader::operator=(FrameReader&&) noexcept = default;
FrameReader::~FrameReader() = default;

const VideoInfo& FrameReader::info() const { return state_->info; }

Result<std::optional<Frame>> FrameReader::next(std::stop_token stop) {
  if (state_->failed) return tl::unexpected(*state_->failed);
  const Deadline::Call call(state_->deadline, std::move(stop));
  Result<std::optional<Frame>> frame = state_->next();
  if (!frame) state_->failed = frame.error();
  return frame;
}

std::optional<std::int64_t> FrameReader::expected_frames() const {
  if (state_->ended) return state_->emitted + state_->repeats;
  if (state_->decoder && state_->decoder->plan()) return state_->decoder->plan()->samples;
  const VideoInfo& info = state_->info;
  if (state_->options.sample_rate && !state_->options.every_frame) {
    if (!info.duration_s) return std::nullopt;
    return std::llround(*info.duration_s * state_->options.sample_rate->value());
  }
  return info.frames;
}

std::optional<std::int64_t> FrameReader::source_frames() const {
  if (state_->decoder && state_->decoder->plan()) return state_->decoder->plan()->source_frames;
  if (!state_->ended) return std::nullopt;
  return state_->decoder->frames();
}

const std::vector<Damage>& FrameReader::damage() const { return state_->damage.notes(); }

}  // namespace videogen::media
