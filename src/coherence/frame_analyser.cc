#include "coherence/frame_analyser.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/simd.h"
#include "coherence/statistics.h"
#include "coherence/warp_error.h"
#include "motion/flow.h"
#include "motion/warp.h"

namespace videogen::coherence {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostPending = 8;     // tasks; each holds a few small frames
constexpr double kTopShare = 0.012;         // of the blocks
constexpr std::size_t kBaseReach = 4;       // steps before and after that say what is usual
constexpr std::size_t kLongestChain = 128;  // steps; past 300 frames a second there are no maps

VIDEOGEN_SIMD std::int64_t absolute_differences(const std::uint8_t* a, const std::uint8_t* b,
                                                std::size_t count) {
  std::int64_t sum = 0;
  while (count > 0) {
    const std::size_t part = std::min<std::size_t>(count, 1 << 16);  // fits 32 bits
    std::uint32_t partial = 0;
    for (std::size_t i = 0; i < part; ++i)
      partial += static_cast<std::uint32_t>(std::abs(int(a[i]) - int(b[i])));
    sum += partial;
    a += part;
    b += part;
    count -= part;
  }
  return sum;
}

// What one step leaves for the bridges that may be built over it.
struct Step {
  std::shared_ptr<const Look> look;  // the frame that the step leads to
  Match match;
  float top_blocks = 0;
  float warp_error = 0;
  motion::Flow forth, back;  // to this frame, and from it to the one before
  bool done = false;
};

float block_return(const std::vector<float>& leaves, const std::vector<float>& returns,
                   const std::vector<float>& across) {
  std::vector<float> blocks(leaves.size());
  for (std::size_t i = 0; i < blocks.size(); ++i)
    blocks[i] = std::max(0.0F, std::min(leaves[i], returns[i]) - 1.5F * across[i]);
  return mean_of_top(std::move(blocks), kTopShare);
}

ChangeMap map_over(const std::vector<std::shared_ptr<const Step>>& steps,
                   motion::FlowEstimator& estimator) {
  std::vector<StepView> views;
  for (const auto& step : steps)
    views.push_back({step->look.get(), &step->forth, &step->back, &step->match});
  return map_change(views, estimator);
}

}  // namespace

struct FrameAnalyser::State {
  using Task = std::function<void(motion::FlowEstimator&)>;

  mutable std::mutex mutex;
  std::condition_variable_any changed;
  // Guarded by mutex.
  std::deque<Task> tasks;
  std::size_t running = 0;
  bool closed = false;
  std::exception_ptr broken;
  double worked_s = 0;
  Series series;
  std::deque<std::shared_ptr<Step>> window;  // steps that bridges may still need
  std::size_t first_in_window = 0;           // its place in the series
  std::size_t taken_in = 0;                  // steps that are part of the series
  std::size_t weighed = 0;                   // steps whose need of a bridge is decided
  std::size_t reviewed = 0;                  // and of a long one
  std::map<std::size_t, std::shared_ptr<ChangeMap>> maps;  // done and waiting, by last frame
  std::deque<std::size_t> maps_due;  // the last frames of all that were asked for, in order
  std::deque<std::pair<std::size_t, std::shared_ptr<const Step>>> recent;  // steps, by place
  double last_map_s = -1e9;
  const bool keep_maps;
  ChangeWatch watch;

  // Of the pushing thread.
  media::Image last_rgb;
  std::shared_ptr<const Look> last_look;

  std::vector<std::jthread> threads;

  explicit State(const Settings& settings)
      : keep_maps(settings.keep_maps),
        watch(settings.network != nullptr ? *settings.network : shipped().network) {
    int count = settings.threads;
    if (count <= 0) count = std::max(1, int(std::thread::hardware_concurrency()));
    for (int i = 0; i < count; ++i) threads.emplace_back([this] { work(); });
  }

  ~State() {
    {
      const std::lock_guard lock(mutex);
      closed = true;
      tasks.clear();
    }
    changed.notify_all();
    threads.clear();
  }

  void work() {
    motion::FlowEstimator estimator;
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [&] { return closed || !tasks.empty(); });
      if (tasks.empty()) return;
      const Task task = std::move(tasks.front());
      tasks.pop_front();
      ++running;
      lock.unlock();
      const auto start = Clock::now();
      std::exception_ptr thrown;
      try {
        task(estimator);
      } catch (...) {
        thrown = std::current_exception();
      }
      const double took = std::chrono::duration<double>(Clock::now() - start).count();
      lock.lock();
      worked_s += took;
      if (thrown) broken = thrown;
      --running;
      changed.notify_all();
    }
  }

  // With the mutex held: a step was done; takes in what is complete, in order.
  void take_in() {
    while (taken_in < first_in_window + window.size() && window[taken_in - first_in_window]->done) {
      const Step& step = *window[taken_in - first_in_window];
      Match kept = step.match;
      kept.block_residual = {};
      series.steps[taken_in] = std::move(kept);
      series.top_blocks[taken_in] = step.top_blocks;
      series.warp_errors[taken_in] = step.warp_error;
      ask_for_map(taken_in, window[taken_in - first_in_window]);
      ++taken_in;
    }
    weigh(false);
  }

  // With the mutex held: maps in order of time.
  void take_in_maps() {
    while (!maps_due.empty()) {
      const auto found = maps.find(maps_due.front());
      if (found == maps.end()) return;
      if (keep_maps) series.maps.push_back(*found->second);
      watch.add(std::move(*found->second), series.changes);
      maps.erase(found);
      maps_due.pop_front();
    }
  }

  // What is usual around step t: the median over the steps beside it.
  template <class Value>
  [[nodiscard]] float usual(std::size_t t, const Value& value) const {
    std::vector<float> beside;
    const std::size_t begin = t > kBaseReach ? t - kBaseReach : 1;
    for (std::size_t i = begin; i <= t + kBaseReach && i < taken_in; ++i)
      if (i != t) beside.push_back(value(i));
    return median_of(std::move(beside));
  }

  [[nodiscard]] bool stands_out(std::size_t t) const {
    const auto& steps = series.steps;
    const auto over = [&](auto value, float factor, float constant) {
      return value(t) > factor * usual(t, value) + constant;
    };
    return over([&](std::size_t i) { return steps[i].residual; }, 1.25F, 0.75F) ||
           over([&](std::size_t i) { return steps[i].quiet_raw; }, 1.3F, 1.5F) ||
           over([&](std::size_t i) { return series.top_blocks[i]; }, 1.5F, 4);
  }

  // An edge of broken blocks, if any is.
  [[nodiscard]] bool breaks(std::size_t t) const {
    const auto top = [&](std::size_t i) { return series.top_blocks[i]; };
    return top(t) > 3 * usual(t, top) + 10;
  }

  // Builds bridges over the steps that stand out, once all that is needed is there; the long ones
  // need more of what follows, and what waits for the others need not wait for them.
  void weigh(bool at_end) {
    const auto known = [&](std::size_t t, std::size_t after) {
      return t < taken_in && (at_end || t + after < taken_in);
    };
    while (known(weighed, kLongestBurst)) {
      const std::size_t t = weighed++;
      if (t < 1 || !stands_out(t)) continue;
      series.bridges[t] = {};
      for (std::size_t k = 1; k <= kLongestBurst && t + k < taken_in; ++k) build_bridge(t, k);
    }
    while (known(reviewed, kLongestBreak + kBaseReach)) {
      const std::size_t t = reviewed++;
      if (series.bridges.contains(t) && breaks(t)) {
        for (std::size_t k = kLongestBurst + 1; k <= kLongestBreak && t + k < taken_in; ++k)
          if (breaks(t + k)) build_bridge(t, k);
      }
      while (first_in_window + 1 < reviewed) {
        window.pop_front();
        ++first_in_window;
      }
    }
  }

  // Over the steps t to t + k.
  void build_bridge(std::size_t t, std::size_t k) {
    const auto before = window[t - 1 - first_in_window]->look;
    const auto leaving = window[t - first_in_window];
    const auto returning = window[t + k - first_in_window];
    tasks.push_back([this, t, k, before, leaving, returning](motion::FlowEstimator& estimator) {
      const Look& after = *returning->look;
      const Match across = match(after, *before, estimator.between(after.luma, before->luma));
      Bridge bridge{.residual = across.residual,
                    .quiet_raw = across.quiet_raw,
                    .correlation = across.correlation};
      bridge.block_return = block_return(leaving->match.block_residual,
                                         returning->match.block_residual, across.block_residual);
      const std::lock_guard lock(mutex);
      series.bridges[t][k - 1] = bridge;
    });
  }

  // With the mutex held: asks for a map between this frame and one that lies kChangeReach_s
  // before it.
  void ask_for_map(std::size_t place, const std::shared_ptr<const Step>& step) {
    constexpr double kSlack_s = 0.004;  // times are rounded to what a container counts in
    const double now = step->look->time_s;
    const double then = now - kChangeReach_s + kSlack_s;
    recent.emplace_back(place, step);
    while (recent.size() > 2 && recent[1].second->look->time_s <= then) recent.pop_front();
    if (recent.front().second->look->time_s > then || recent.size() > kLongestChain ||
        now < last_map_s + kChangeStride_s - kSlack_s)
      return;
    last_map_s = now;
    maps_due.push_back(place);
    std::vector<std::shared_ptr<const Step>> steps;
    for (const auto& [_, between] : recent) steps.push_back(between);
    tasks.push_back([this, place, first = recent.front().first,
                     steps = std::move(steps)](motion::FlowEstimator& estimator) {
      auto map = std::make_shared<ChangeMap>(map_over(steps, estimator));
      map->first = first;
      map->last = place;
      const std::lock_guard lock(mutex);
      maps[place] = std::move(map);
      take_in_maps();
    });
  }

  void add_step(const std::shared_ptr<const Look>& look) {
    auto step = std::make_shared<Step>();
    step->look = look;
    const auto before = last_look;
    series.frames.push_back({look->frame, look->time_s, look->facts});
    series.steps.emplace_back();
    series.top_blocks.push_back(0);
    series.warp_errors.push_back(0);
    window.push_back(step);
    if (before == nullptr) {
      step->done = true;
      take_in();
      return;
    }
    tasks.push_back([this, step, before](motion::FlowEstimator& estimator) {
      step->back = estimator.between(step->look->luma, before->luma);
      step->forth = estimator.between(before->luma, step->look->luma);
      step->match = match(*step->look, *before, step->back);
      step->top_blocks = mean_of_top(step->match.block_residual, kTopShare);
      step->warp_error = warp_error(before->rgb, step->look->rgb, step->forth, step->back);
      const std::lock_guard lock(mutex);
      step->done = true;
      take_in();
    });
  }
};

FrameAnalyser::FrameAnalyser(const Settings& settings)
    : state_(std::make_unique<State>(settings)) {}
FrameAnalyser::~FrameAnalyser() = default;

bool FrameAnalyser::push(media::Image rgb, std::int64_t frame, double time_s,
                         const std::stop_token& stop) {
  State& s = *state_;
  double difference = 0;
  if (s.last_rgb.rgb.size() == rgb.rgb.size() && !rgb.rgb.empty()) {
    difference =
        double(absolute_differences(s.last_rgb.rgb.data(), rgb.rgb.data(), rgb.rgb.size())) /
        double(rgb.rgb.size());
  }
  auto look = std::make_shared<const Look>(look_at(rgb, frame, time_s));
  s.last_rgb = std::move(rgb);
  std::unique_lock lock(s.mutex);
  if (!s.changed.wait(lock, stop, [&] { return s.tasks.size() < kMostPending; })) return false;
  s.series.full_differences.push_back(difference);
  s.add_step(look);
  s.last_look = std::move(look);
  s.changed.notify_all();
  return true;
}

std::optional<SeriesWindow> FrameAnalyser::window(double seconds, const std::stop_token& stop) {
  State& s = *state_;
  std::unique_lock lock(s.mutex);
  if (!s.changed.wait(lock, stop, [&] { return s.tasks.empty() && s.running == 0; }))
    return std::nullopt;
  if (s.broken) std::rethrow_exception(s.broken);
  if (s.series.size() == 0) return SeriesWindow{};
  const double begin_s = s.series.frames.back().time_s - seconds;
  const auto first = std::ranges::lower_bound(s.series.frames, begin_s, {}, &Series::Frame::time_s);
  SeriesWindow window;
  window.first = static_cast<std::size_t>(first - s.series.frames.begin());
  window.series = tail_of(s.series, window.first);
  // Maps that still wait for those after them say what they can.
  ChangeWatch watch = s.watch;
  lock.unlock();
  std::vector<Change> early;
  watch.finish(early);
  for (Change& change : early) {
    if (change.first < window.first) continue;
    change.first -= window.first;
    change.last -= window.first;
    window.series.changes.push_back(change);
  }
  return window;
}

std::optional<Series> FrameAnalyser::finish(const std::stop_token& stop) {
  State& s = *state_;
  std::unique_lock lock(s.mutex);
  const auto idle = [&] { return s.tasks.empty() && s.running == 0; };
  if (!s.changed.wait(lock, stop, idle)) return std::nullopt;
  s.weigh(true);
  s.changed.notify_all();
  if (!s.changed.wait(lock, stop, idle)) return std::nullopt;
  if (s.broken) std::rethrow_exception(s.broken);
  s.watch.finish(s.series.changes);
  s.window.clear();
  return std::move(s.series);
}

double FrameAnalyser::worked_s() const {
  const std::lock_guard lock(state_->mutex);
  return state_->worked_s;
}

}  // namespace videogen::coherence
