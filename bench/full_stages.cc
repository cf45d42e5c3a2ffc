// full_stages CLIP: what the full profile spends on what, as JSON; processor seconds.
//
// Each stage's own work, done alone on one core, so that the parts add up to the whole:
//   decode     all frames
//   scale      to RGB, to the sizes that are looked at, luma and colour apart
//   flow       between neighbours, there and back
//   measures   all else that FrameAnalyser does: matching, warping, what is compared across
//              several frames (with the flow that this takes)
//   embed      sampled frames prepared and embedded with GIST, one a second
#include <ctime>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "coherence/frame_analyser.h"
#include "coherence/look.h"
#include "embed/gist.h"
#include "media/frame_reader.h"
#include "motion/flow.h"
#include "motion/shrink.h"

namespace {

using namespace videogen;

double processor_s(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return double(now.tv_sec) + 1e-9 * double(now.tv_nsec);
}

template <class Work>
auto timed(double& sum, const Work& work) {
  const double start = processor_s(CLOCK_THREAD_CPUTIME_ID);
  auto result = work();
  sum += processor_s(CLOCK_THREAD_CPUTIME_ID) - start;
  return result;
}

template <class T>
T value_or_exit(Result<T> result) {
  if (result) return *std::move(result);
  fmt::print(stderr, "full_stages: {}\n", result.error().message);
  std::exit(1);
}

struct Stages {
  double decode = 0, scale = 0, flow = 0, measures = 0, embed = 0;
  std::int64_t frames = 0;
};

media::FrameReader open(const char* clip) {
  media::ReadOptions reading;
  reading.sample_rate = media::Rational{1, 1};
  reading.every_frame = true;
  reading.threads = 1;
  return value_or_exit(media::FrameReader::open(clip, reading));
}

struct Small {
  media::Image rgb;
  motion::Raster8 luma;
};

// As look_at() does it.
Small scaled(const media::Image& picture) {
  const media::Image texture = motion::shrink(picture, coherence::kTextureSide);
  (void)motion::to_luma(texture);
  Small small{motion::shrink(texture, coherence::kMotionSide), {}};
  small.luma = motion::to_luma(small.rgb);
  return small;
}

void measure_parts(const char* clip, const embed::Embedder& embedder, Stages& stages) {
  media::FrameReader reader = open(clip);
  motion::FlowEstimator estimator;
  std::optional<Small> last;
  std::vector<float> input(embedder.input_size());
  while (true) {
    std::optional<media::Frame> frame =
        timed(stages.decode, [&] { return value_or_exit(reader.next()); });
    if (!frame) return;
    ++stages.frames;
    Small small = timed(stages.scale, [&] { return scaled(value_or_exit(frame->rgb())); });
    if (last) {
      (void)timed(stages.flow, [&] {
        (void)estimator.between(small.luma, last->luma);
        return estimator.between(last->luma, small.luma);
      });
    }
    for (std::int64_t i = 0; i < frame->samples(); ++i) {
      (void)timed(stages.embed, [&] {
        const auto area = embedder.area_size();
        embedder.prepare(
            value_or_exit(area ? frame->shrunk(area->width, area->height) : frame->rgb()), input);
        return value_or_exit(embedder.embed(input, {}));
      });
    }
    last = std::move(small);
  }
}

// Decoding, scaling, flow and measures together.
double measure_analysis(const char* clip) {
  media::FrameReader reader = open(clip);
  const double start = processor_s(CLOCK_PROCESS_CPUTIME_ID);
  coherence::FrameAnalyser analyser({.threads = 1});
  while (std::optional<media::Frame> frame = value_or_exit(reader.next()))
    analyser.push(value_or_exit(frame->rgb()), frame->source_index(), frame->time_s(), {});
  (void)analyser.finish({});
  return processor_s(CLOCK_PROCESS_CPUTIME_ID) - start;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    fmt::print(stderr, "full_stages CLIP\n");
    return 2;
  }
  const char* clip = arguments[1];
  Stages stages;
  measure_parts(clip, *embed::make_gist(), stages);
  const double analysis = measure_analysis(clip);
  stages.measures = analysis - stages.decode - stages.scale - stages.flow;
  fmt::print(
      R"({{"frames": {}, "decode": {:.4f}, "scale": {:.4f}, "flow": {:.4f}, "measures": {:.4f}, )"
      R"("embed": {:.4f}}})"
      "\n",
      stages.frames, stages.decode, stages.scale, stages.flow, stages.measures, stages.embed);
}
