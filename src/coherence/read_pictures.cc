#include "coherence/read_pictures.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "coherence/motion_picture.h"

namespace videogen::coherence {
namespace {

using Seen = PictureCollector::Seen;

constexpr std::size_t kMostPairs = 12;
constexpr std::size_t kMostEvents = PictureCollector::kMostMoments - kMostPairs;
constexpr double kSameTime_s = 1e-6;

// Three frames of the decoded sequence that show an event.
struct Triple {
  std::int64_t before = 0, at = 0, after = 0;
};

Triple frames_of(const Event& event, const Report& report) {
  const std::int64_t last = report.source.frames ? *report.source.frames - 1 : event.last_frame + 1;
  const std::int64_t middle = event.first_frame + (event.last_frame - event.first_frame) / 2;
  return {std::max<std::int64_t>(event.first_frame - 1, 0), middle,
          std::min(event.last_frame + 1, last)};
}

std::vector<Event> events_to_show(const Report& report, const PictureCollector& collector) {
  if (!report.analysis) return {};
  std::vector<Event> events;
  for (const Event& event : report.analysis->events)
    if (!collector.has_moment(event.kind, event.first_frame)) events.push_back(event);
  std::ranges::stable_sort(events, std::greater(), &Event::score);
  if (events.size() > kMostEvents) events.resize(kMostEvents);
  return events;
}

std::vector<FlaggedPair> pairs_to_show(const Report& report, const PictureCollector& collector) {
  std::vector<FlaggedPair> pairs;
  for (const FlaggedPair& pair : report.flagged_frames)
    if (!collector.has_moment(kFlaggedPair, pair.first)) pairs.push_back(pair);
  std::ranges::stable_sort(pairs, std::less(), &FlaggedPair::similarity);
  if (pairs.size() > kMostPairs) pairs.resize(kMostPairs);
  return pairs;
}

// Frames are looked at as they come by; what is wanted of them is known beforehand.
class Gathering {
 public:
  Gathering(const Report& report, PictureCollector& collector)
      : report_(report),
        collector_(collector),
        events_(events_to_show(report, collector)),
        pairs_(pairs_to_show(report, collector)),
        all_samples_(!collector.has_samples()) {
    for (const Event& event : events_) {
      const Triple triple = frames_of(event, report);
      wanted_frames_.insert({triple.before, triple.at, triple.after});
    }
    for (const FlaggedPair& pair : pairs_) wanted_samples_.insert({pair.first, pair.second});
  }

  [[nodiscard]] bool only_samples() const { return events_.empty(); }

  // False: nothing that comes later is wanted.
  [[nodiscard]] bool wants_more() const {
    const bool frames_left = !wanted_frames_.empty() && *wanted_frames_.rbegin() > last_frame_seen_;
    const auto samples = static_cast<std::size_t>(next_sample_);
    const bool samples_left =
        samples < report_.timestamps_s.size() &&
        (all_samples_ || (!wanted_samples_.empty() && *wanted_samples_.rbegin() >= next_sample_));
    return frames_left || samples_left;
  }

  Status look_at(const media::Frame& frame) {
    last_frame_seen_ = frame.source_index();
    std::optional<media::Image> picture;
    const auto shrunk = [&]() -> Status {
      if (picture) return {};
      const ThumbnailSize size = thumbnail_size(info_.width, info_.height);
      VIDEOGEN_TRY(picture, frame.shrunk(size.width, size.height));
      return {};
    };
    if (wanted_frames_.contains(frame.source_index())) {
      VIDEOGEN_TRY(shrunk());
      frames_[frame.source_index()] = {frame.time_s(), *picture};
    }
    // A frame that stands still for long is sampled more than once.
    for (; is_next_sample(frame.time_s()); ++next_sample_) {
      const bool wanted = wanted_samples_.contains(next_sample_);
      if (!wanted && !all_samples_) continue;
      VIDEOGEN_TRY(shrunk());
      if (all_samples_) collector_.add_sample(next_sample_, frame.time_s(), *picture);
      if (wanted) samples_[next_sample_] = {frame.time_s(), *picture};
    }
    return {};
  }

  void starts(const media::VideoInfo& info) { info_ = info; }

  void finish() {
    for (const Event& event : events_) {
      const Triple triple = frames_of(event, report_);
      PictureCollector::MomentSeen moment{event.kind, event.first_frame, {}, {}, {}, {}};
      moment.at = find(frames_, triple.at);
      if (triple.before != triple.at) moment.before = find(frames_, triple.before);
      if (triple.after != triple.at) moment.after = find(frames_, triple.after);
      add(std::move(moment));
    }
    for (const FlaggedPair& pair : pairs_)
      add({std::string(kFlaggedPair), pair.first, find(samples_, pair.first),
           find(samples_, pair.second), std::nullopt, std::nullopt});
  }

 private:
  using Found = std::map<std::int64_t, Seen>;

  static std::optional<Seen> find(const Found& found, std::int64_t number) {
    const auto place = found.find(number);
    return place == found.end() ? std::nullopt : std::optional(place->second);
  }

  // Samples before this time whose frames did not come by again are passed over.
  bool is_next_sample(double time_s) {
    const std::vector<double>& times = report_.timestamps_s;
    const auto next = [&] { return static_cast<std::size_t>(next_sample_); };
    while (next() < times.size() && times[next()] < time_s - kSameTime_s) ++next_sample_;
    return next() < times.size() && std::abs(times[next()] - time_s) <= kSameTime_s;
  }

  void add(PictureCollector::MomentSeen moment) {
    if (!moment.before && !moment.at && !moment.after) return;
    if (moment.before && moment.at) {
      if (std::optional<MotionPicture> motion =
              draw_motion(moment.before->picture, moment.at->picture, estimator_)) {
        moment.flow = std::move(motion->picture);
        moment.flow_full = motion->full;
      }
    }
    collector_.add_moment(moment);
  }

  const Report& report_;
  PictureCollector& collector_;
  const std::vector<Event> events_;
  const std::vector<FlaggedPair> pairs_;
  const bool all_samples_;
  std::set<std::int64_t> wanted_frames_, wanted_samples_;
  Found frames_, samples_;
  motion::FlowEstimator estimator_;
  media::VideoInfo info_;
  std::int64_t next_sample_ = 0, last_frame_seen_ = -1;
};

}  // namespace

Status read_pictures(const std::filesystem::path& path, const Report& report,
                     const PictureOptions& options, PictureCollector& collector,
                     std::stop_token stop) {
  Gathering gathering(report, collector);
  if (!gathering.wants_more()) return {};
  media::ReadOptions reading;
  reading.limits = options.limits;
  if (gathering.only_samples() && report.sampling == Sampling::fixed)
    reading.sample_rate = options.fps;
  if (gathering.only_samples() && report.sampling == Sampling::automatic)
    for (const double time : report.timestamps_s)
      reading.only.push_back({time - kSameTime_s / 2, time + kSameTime_s / 2});
  VIDEOGEN_TRY(media::FrameReader reader, media::FrameReader::open(path, reading));
  gathering.starts(reader.info());
  while (gathering.wants_more()) {
    VIDEOGEN_TRY(const std::optional<media::Frame> frame, reader.next(stop));
    if (!frame) break;
    VIDEOGEN_TRY(gathering.look_at(*frame));
    if (options.progress) options.progress(frame->index() + 1, reader.expected_frames());
  }
  gathering.finish();
  return {};
}

}  // namespace videogen::coherence
