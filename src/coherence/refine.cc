#include "coherence/refine.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "coherence/measures/curves.h"
#include "coherence/number_text.h"
#include "coherence/similarity.h"
#include "coherence/statistics.h"
#include "media/frame_reader.h"

namespace videogen::coherence {
namespace {

constexpr double kInside_s = 1e-6;  // a frame this near to a sample is the sample

struct Weighed {
  Doubt doubt;
  int order = 0;     // the kind of doubt, the most important first
  double value = 0;  // among its kind, the least first
};

bool in_doubt(const std::optional<double>& similarity, double threshold) {
  return similarity && *similarity < threshold + kDoubt;
}

// The pair that holds a time.
std::optional<std::size_t> pair_at(const std::vector<double>& times, double time_s) {
  const auto after = std::ranges::upper_bound(times, time_s) - times.begin();
  if (after == 0 || after == std::ssize(times)) return std::nullopt;
  return static_cast<std::size_t>(after - 1);
}

class Gathering {
 public:
  Gathering(const Timeline& samples, double threshold) : samples_(samples), threshold_(threshold) {}

  void add_similarities() {
    for (std::size_t pair = 0; pair < samples_.similarities().size(); ++pair) {
      const auto& similarity = samples_.similarities()[pair];
      if (!in_doubt(similarity, threshold_)) continue;
      add({{pair, "similarity " + similarity_text(*similarity, threshold_), {}}, 1, *similarity});
    }
  }

  void add_event(const Event& event) {
    const double middle = (event.start_s + event.end_s) / 2;
    const auto pair = pair_at(samples_.times_s(), middle);
    if (pair) add({{*pair, event.kind, {middle}}, 0, -event.score});
  }

  // Pairs whose mean flow is over twice that of the median pair.
  void add_motion(const Curve& motion) {
    constexpr float kFactor = 2;
    constexpr float kLeast = 1;  // pixel a frame at 180 lines: less hardly moves anything
    const std::vector<double>& times = samples_.times_s();
    if (times.size() < 2) return;
    std::vector<float> means(times.size() - 1, 0);
    std::vector<int> counts(means.size(), 0);
    for (std::size_t i = 0; i < motion.values.size(); ++i) {
      const auto pair = pair_at(times, motion.times_s[i]);
      if (!pair) continue;
      means[*pair] += float(motion.values[i]);
      ++counts[*pair];
    }
    for (std::size_t i = 0; i < means.size(); ++i) means[i] /= float(std::max(1, counts[i]));
    const float usual = median_of(means);
    for (std::size_t i = 0; i < means.size(); ++i)
      if (means[i] > std::max(kLeast, kFactor * usual))
        add({{i, "motion", {(times[i] + times[i + 1]) / 2}}, 2, -double(means[i])});
  }

  void leave_alone(double time_s) {
    if (const auto pair = pair_at(samples_.times_s(), time_s))
      std::erase_if(found_, [&](const Weighed& other) { return other.doubt.pair == *pair; });
  }

  std::vector<Doubt> take() {
    std::ranges::stable_sort(found_, [](const Weighed& a, const Weighed& b) {
      return std::pair(a.order, a.value) < std::pair(b.order, b.value);
    });
    found_.resize(std::min(found_.size(), kMostDoubts));
    std::vector<Doubt> doubts;
    for (Weighed& one : found_) doubts.push_back(std::move(one.doubt));
    std::ranges::sort(doubts, {}, &Doubt::pair);
    return doubts;
  }

 private:
  // A pair that is in doubt for several reasons is one doubt, under the most important one.
  void add(Weighed one) {
    const auto same = std::ranges::find_if(
        found_, [&](const Weighed& other) { return other.doubt.pair == one.doubt.pair; });
    if (same == found_.end()) {
      found_.push_back(std::move(one));
      return;
    }
    if (one.order < same->order) std::swap(one, *same);
    std::vector<double>& times = same->doubt.times;
    times.insert(times.end(), one.doubt.times.begin(), one.doubt.times.end());
    std::ranges::sort(times);
    times.resize(std::min(times.size(), kMostBetween));
    if (!same->doubt.why.ends_with(one.doubt.why)) same->doubt.why += ", " + one.doubt.why;
  }

  const Timeline& samples_;
  const double threshold_;
  std::vector<Weighed> found_;
};

// A frame between the two samples of a pair, ready to be embedded.
struct Candidate {
  double time_s = 0;
  std::vector<float> input;
  bool wanted = false;
};

// Takes the frames between two samples that may be needed, then those that are.
class Between {
 public:
  Between(const Refining& what, const Doubt& doubt, const Timeline& samples)
      : what_(what),
        doubt_(doubt),
        begin_s_(samples.times_s()[doubt.pair]),
        end_s_(samples.times_s()[doubt.pair + 1]) {
    for (std::size_t i = 1; i <= kMostBetween; ++i)
      targets_.push_back({begin_s_ + (end_s_ - begin_s_) * double(i) / double(kMostBetween + 1)});
    for (const double time : doubt.times) targets_.push_back({time, true});
    std::ranges::sort(targets_, {}, &Target::time_s);
  }

  [[nodiscard]] media::TimeSpan span() const { return {begin_s_ + kInside_s, end_s_ - kInside_s}; }
  [[nodiscard]] const Doubt& doubt() const { return doubt_; }
  [[nodiscard]] double begin_s() const { return begin_s_; }
  [[nodiscard]] double end_s() const { return end_s_; }

  // The frame stands for all targets that it is the first one at or after.
  Status look_at(const media::Frame& frame) {
    bool needed = false;
    bool wanted = false;
    for (; next_ < targets_.size() && targets_[next_].time_s <= frame.time_s() + kInside_s;
         ++next_) {
      needed = true;
      wanted = wanted || targets_[next_].wanted;
    }
    if (!needed) return {};
    const auto area = what_.embedder.area_size();
    VIDEOGEN_TRY(const media::Image picture,
                 area ? frame.shrunk(area->width, area->height) : frame.rgb());
    Candidate candidate{frame.time_s(), std::vector<float>(what_.embedder.input_size()), wanted};
    what_.embedder.prepare(picture, candidate.input);
    candidates_.push_back(std::move(candidate));
    return {};
  }

  // How many were added.
  Result<int> take(Timeline& samples, const std::stop_token& stop) {
    int taken = 0;
    std::vector<std::size_t> ends;  // of the stretches between what is certainly taken
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      if (!candidates_[i].wanted) continue;
      VIDEOGEN_TRY(take(i, samples, stop));
      ++taken;
      ends.push_back(i);
    }
    ends.push_back(candidates_.size());
    std::size_t begin = 0;
    for (const std::size_t end : ends) {
      VIDEOGEN_TRY(const int more, halve(begin, end, samples, stop));
      taken += more;
      begin = end + 1;
    }
    candidates_.clear();
    return taken;
  }

 private:
  struct Target {
    double time_s = 0;
    bool wanted = false;
  };

  Status take(std::size_t which, Timeline& samples, const std::stop_token& stop) const {
    const Candidate& candidate = candidates_[which];
    VIDEOGEN_TRY(std::vector<float> row, what_.embedder.embed(candidate.input, stop));
    if (!std::ranges::all_of(row, [](float x) { return std::isfinite(x); }))
      return fail(
          ErrorCode::corrupt,
          fmt::format("cannot judge {}: {} gave a number that is none for the picture at "
                      "{} s",
                      printable(what_.path.string()), printable(what_.embedder.identity().model),
                      seconds_text(candidate.time_s)));
    samples.insert(candidate.time_s, std::move(row));
    return {};
  }

  // Candidates from `begin` to before `end` lie between two neighbouring samples.
  Result<int> halve(std::size_t begin, std::size_t end, Timeline& samples,
                    const std::stop_token& stop) const {
    if (begin >= end) return 0;
    const auto pair = pair_at(samples.times_s(), candidates_[begin].time_s);
    if (!pair || !in_doubt(samples.similarities()[*pair], what_.threshold)) return 0;
    const double middle = (samples.times_s()[*pair] + samples.times_s()[*pair + 1]) / 2;
    std::size_t nearest = begin;
    for (std::size_t i = begin; i < end; ++i)
      if (std::fabs(candidates_[i].time_s - middle) <
          std::fabs(candidates_[nearest].time_s - middle))
        nearest = i;
    VIDEOGEN_TRY(take(nearest, samples, stop));
    VIDEOGEN_TRY(const int before, halve(begin, nearest, samples, stop));
    VIDEOGEN_TRY(const int after, halve(nearest + 1, end, samples, stop));
    return 1 + before + after;
  }

  const Refining& what_;
  const Doubt& doubt_;
  const double begin_s_, end_s_;
  std::vector<Target> targets_;  // by time
  std::size_t next_ = 0;
  std::vector<Candidate> candidates_;
};

}  // namespace

std::vector<Doubt> doubts_of(const Timeline& samples, const Analysis* analysis, double threshold,
                             bool multi_shot) {
  Gathering found(samples, threshold);
  found.add_similarities();
  if (analysis != nullptr) {
    for (const Event& event : analysis->events)
      if (event.kind != "drift" && event.kind != "cut") found.add_event(event);
    for (const Curve& curve : analysis->curves)
      if (curve.name == kMotionCurve) found.add_motion(curve);
    for (const Event& event : analysis->events) {
      if (event.kind != "cut") continue;
      // A cut that is meant explains the similarity; one that is not is worth a look.
      if (multi_shot) {
        found.leave_alone(event.start_s);
      } else {
        found.add_event(event);
      }
    }
  }
  return found.take();
}

Result<std::vector<Report::Refined>> refine(const Refining& what, const std::vector<Doubt>& doubts,
                                            Timeline& samples, const std::stop_token& stop) {
  std::vector<Report::Refined> refined;
  if (doubts.empty()) return refined;
  std::vector<Between> stretches;
  stretches.reserve(doubts.size());
  media::ReadOptions reading;
  reading.limits = what.limits;
  for (const Doubt& doubt : doubts) {
    stretches.emplace_back(what, doubt, samples);
    reading.only.push_back(stretches.back().span());
  }
  const auto finish = [&](Between& stretch) -> Status {
    VIDEOGEN_TRY(const int added, stretch.take(samples, stop));
    if (added > 0)
      refined.push_back({stretch.begin_s(), stretch.end_s(), added, stretch.doubt().why});
    return {};
  };
  VIDEOGEN_TRY(media::FrameReader reader, media::FrameReader::open(what.path, reading));
  std::size_t now = 0;
  while (now < stretches.size()) {
    VIDEOGEN_TRY(const std::optional<media::Frame> frame, reader.next(stop));
    if (!frame) break;
    while (now < stretches.size() && frame->time_s() > stretches[now].span().to_s)
      VIDEOGEN_TRY(finish(stretches[now++]));
    if (now < stretches.size()) VIDEOGEN_TRY(stretches[now].look_at(*frame));
  }
  for (; now < stretches.size(); ++now) VIDEOGEN_TRY(finish(stretches[now]));
  return refined;
}

}  // namespace videogen::coherence
