#include "pool/dynamic_batcher.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include <fmt/format.h>

namespace videogen::pool {
namespace {

using Clock = std::chrono::steady_clock;

// One call of run().
struct Task {
  std::span<const float> inputs;
  std::vector<float> outputs;
  std::size_t items = 0;
  std::size_t begun = 0;  // items that have been put into a batch
  std::size_t running = 0;
  bool needs_inputs = false;  // a batch reads them where they are
  bool abandoned = false;
  Clock::time_point arrived;
  std::optional<Clock::time_point> deadline;
  std::optional<Refusal> failure;
  std::condition_variable_any changed;

  [[nodiscard]] std::size_t waiting() const { return failure ? 0 : items - begun; }
  [[nodiscard]] bool ended() const { return waiting() == 0 && running == 0; }
};

// Neighbouring items of one task within a batch.
struct Part {
  std::shared_ptr<Task> task;
  std::size_t first = 0, items = 0;
};

Refusal overloaded(std::size_t items, double seconds_an_item) {
  const auto after =
      std::chrono::milliseconds(static_cast<std::int64_t>(double(items) * seconds_an_item * 1000));
  return refusal(Reason::overloaded, fmt::format("{} items wait for the model already", items),
                 std::clamp<std::chrono::milliseconds>(after, std::chrono::milliseconds(100),
                                                       std::chrono::milliseconds(60'000)));
}

}  // namespace

struct DynamicBatcher::State {
  const TensorStage stage;
  const BatcherOptions options;
  Lease lease;
  std::vector<float> own;
  std::span<float> arena;  // [max_batch_size, input_size]

  mutable std::mutex mutex;
  std::condition_variable_any work, room, idle;
  std::deque<std::shared_ptr<Task>> queue;  // with items that wait
  std::size_t depth = 0;                    // items that wait
  std::size_t callers = 0;                  // inside run()
  bool closed = false;
  std::stop_source batch_stop;                  // of the batch that runs
  std::vector<std::shared_ptr<Task>> in_batch;  // whose it is
  BatcherStatistics statistics;
  std::mutex joining;
  std::jthread thread;  // last: it ends before what it uses

  State(TensorStage what, const BatcherOptions& how) : stage(std::move(what)), options(how) {
    statistics.batches_by_size.resize(options.max_batch_size + 1);
  }

  // With the lock held.

  void finish(Task& task, Refusal why) {
    depth -= task.waiting();
    task.failure = std::move(why);
    task.changed.notify_all();
    room.notify_all();
  }

  // Lets go of what has not begun; stops the batch if nobody else is in it.
  void abandon(const std::shared_ptr<Task>& task, Refusal why) {
    if (!task->failure) {
      finish(*task, std::move(why));
      std::erase(queue, task);
    }
    task->abandoned = true;
    if (task->running > 0 &&
        std::ranges::all_of(in_batch, [](const auto& each) { return each->abandoned; }))
      batch_stop.request_stop();
  }

  std::vector<Part> assemble() {
    std::vector<Part> parts;
    const Clock::time_point now = Clock::now();
    std::size_t room_left = options.max_batch_size;
    while (room_left > 0 && !queue.empty()) {
      const std::shared_ptr<Task> task = queue.front();
      queue.pop_front();
      if (task->deadline && *task->deadline <= now) {
        finish(*task, refusal(Reason::deadline_exceeded, "waited too long for the model"));
        continue;
      }
      const std::size_t items = std::min(room_left, task->waiting());
      if (task->begun == 0)
        statistics.waited_s += std::chrono::duration<double>(now - task->arrived).count();
      parts.push_back({task, task->begun, items});
      task->begun += items;
      task->running += items;
      task->needs_inputs = true;
      depth -= items;
      room_left -= items;
      // Behind the others, if there is more of it.
      if (task->waiting() > 0) queue.push_back(task);
    }
    if (!parts.empty()) {
      batch_stop = std::stop_source();
      in_batch.clear();
      for (const Part& part : parts) in_batch.push_back(part.task);
      ++statistics.batches_by_size[options.max_batch_size - room_left];
      statistics.items += options.max_batch_size - room_left;
      room.notify_all();
    }
    return parts;
  }

  // Without the lock, by the batcher's thread.

  std::span<const float> gather(const std::vector<Part>& parts) {
    const std::size_t size = stage.input_size;
    if (parts.size() == 1)
      return parts[0].task->inputs.subspan(parts[0].first * size, parts[0].items * size);
    float* to = arena.data();
    for (const Part& part : parts)
      to = std::ranges::copy(part.task->inputs.subspan(part.first * size, part.items * size), to)
               .out;
    const std::lock_guard lock(mutex);
    for (const Part& part : parts) {
      part.task->needs_inputs = false;
      part.task->changed.notify_all();
    }
    return {arena.data(), to};
  }

  Result<std::vector<float>> run_stage(std::span<const float> inputs, const std::stop_token& stop) {
    const Clock::time_point start = Clock::now();
    Result<std::vector<float>> rows = fail(ErrorCode::internal, "");
    try {
      rows = stage.run(inputs, stop);
    } catch (const std::exception& broken) {
      rows = fail(ErrorCode::internal, fmt::format("the model failed: {}", broken.what()));
    }
    const std::size_t expected = inputs.size() / stage.input_size * stage.output_size;
    if (rows && rows->size() != expected)
      rows = fail(ErrorCode::internal,
                  fmt::format("the model gave {} numbers instead of {}", rows->size(), expected));
    const std::lock_guard lock(mutex);
    statistics.busy_s += std::chrono::duration<double>(Clock::now() - start).count();
    return rows;
  }

  // Runs these parts together; if that fails, each half by itself.
  void execute(std::span<const Part> parts, std::span<const float> inputs,
               const std::stop_token& stop) {
    const Result<std::vector<float>> rows = run_stage(inputs, stop);
    if (rows || parts.size() == 1 || stop.stop_requested()) {
      std::size_t row = 0;
      const std::lock_guard lock(mutex);
      for (const Part& part : parts) {
        settle(part, rows, row);
        row += part.items;
      }
      return;
    }
    const std::size_t half = parts.size() / 2;
    std::size_t items = 0;
    for (const Part& part : parts.first(half)) items += part.items;
    {
      const std::lock_guard lock(mutex);
      statistics.retries += 2;
    }
    execute(parts.first(half), inputs.first(items * stage.input_size), stop);
    execute(parts.subspan(half), inputs.subspan(items * stage.input_size), stop);
  }

  // With the lock held.
  void settle(const Part& part, const Result<std::vector<float>>& rows, std::size_t row) {
    Task& task = *part.task;
    task.running -= part.items;
    task.needs_inputs = false;
    const std::size_t size = stage.output_size;
    if (!rows && !task.failure) {
      const bool stopped = rows.error().code == ErrorCode::interrupted;
      if (!stopped) ++statistics.failed;
      finish(task, Refusal{rows.error(), !stopped ? Reason::backend_error
                                         : closed ? Reason::shutting_down
                                                  : Reason::cancelled});
      std::erase(queue, part.task);
    }
    if (rows && !task.abandoned)
      std::ranges::copy(std::span(*rows).subspan(row * size, part.items * size),
                        task.outputs.begin() + std::ptrdiff_t(part.first * size));
    if (task.ended()) task.changed.notify_all();
  }

  void loop(const std::stop_token& stop) {
    std::unique_lock lock(mutex);
    while (work.wait(lock, stop, [&] { return !queue.empty(); })) {
      const auto full = [&] { return depth >= options.max_batch_size || closed; };
      if (options.max_queue_delay_us.count() > 0)
        work.wait_until(lock, stop, queue.front()->arrived + options.max_queue_delay_us, full);
      const std::vector<Part> parts = assemble();
      if (parts.empty()) {
        idle.notify_all();
        continue;
      }
      const std::stop_token batch = batch_stop.get_token();
      lock.unlock();
      execute(parts, gather(parts), batch);
      lock.lock();
      in_batch.clear();
      idle.notify_all();
    }
  }

  [[nodiscard]] PoolResult<std::vector<float>> run(
      std::span<const float> inputs, const std::stop_token& stop,
      std::optional<std::chrono::milliseconds> timeout);
  [[nodiscard]] std::optional<Refusal> wait_for_room(std::unique_lock<std::mutex>& lock,
                                                     const Task& task, const std::stop_token& stop);
};

// nullopt: there is room.
std::optional<Refusal> DynamicBatcher::State::wait_for_room(std::unique_lock<std::mutex>& lock,
                                                            const Task& task,
                                                            const std::stop_token& stop) {
  if (task.items > options.max_queue_size)
    return refusal(Reason::too_large, fmt::format("{} items at once; the queue takes {}",
                                                  task.items, options.max_queue_size));
  const auto fits = [&] { return closed || depth + task.items <= options.max_queue_size; };
  if (!fits() && options.when_full == BatcherOptions::WhenFull::refuse) {
    ++statistics.refused;
    return overloaded(depth,
                      statistics.items == 0 ? 0 : statistics.busy_s / double(statistics.items));
  }
  const bool there = task.deadline ? room.wait_until(lock, stop, *task.deadline, fits)
                                   : room.wait(lock, stop, fits);
  if (closed) return refusal(Reason::shutting_down, "the model takes nothing new");
  if (stop.stop_requested()) {
    ++statistics.cancelled;
    return refusal(Reason::cancelled, "interrupted while waiting for the model");
  }
  if (there) return std::nullopt;
  ++statistics.expired;
  return refusal(Reason::deadline_exceeded, "waited too long for the model");
}

PoolResult<std::vector<float>> DynamicBatcher::State::run(
    std::span<const float> inputs, const std::stop_token& stop,
    std::optional<std::chrono::milliseconds> timeout) {
  VIDEOGEN_CHECK(inputs.size() % stage.input_size == 0, "inputs are whole items");
  const auto task = std::make_shared<Task>();
  task->items = inputs.size() / stage.input_size;
  if (task->items == 0) return std::vector<float>();
  task->inputs = inputs;
  task->outputs.resize(task->items * stage.output_size);
  task->arrived = Clock::now();
  if (timeout || options.timeout)
    task->deadline =
        task->arrived + timeout.value_or(options.timeout.value_or(std::chrono::milliseconds{}));

  std::unique_lock lock(mutex);
  if (std::optional<Refusal> why = wait_for_room(lock, *task, stop))
    return tl::unexpected(*std::move(why));
  queue.push_back(task);
  depth += task->items;
  statistics.deepest_queue = std::max(statistics.deepest_queue, depth);
  work.notify_all();

  const auto ended = [&] { return task->ended(); };
  // What has begun is waited for; only what has not can be late.
  const auto ended_or_begun = [&] { return ended() || task->begun == task->items; };
  bool in_time = true;
  if (task->deadline)
    in_time = task->changed.wait_until(lock, stop, *task->deadline, ended_or_begun);
  if (!in_time && !stop.stop_requested())
    abandon(task, refusal(Reason::deadline_exceeded, "waited too long for the model"));
  if (!task->changed.wait(lock, stop, ended)) {
    abandon(task, refusal(Reason::cancelled, "interrupted while embedding"));
    // The batch may still be reading what belongs to the caller.
    task->changed.wait(lock, [&] { return task->running == 0 || !task->needs_inputs; });
  }
  if (!task->failure) return std::move(task->outputs);
  if (task->failure->reason == Reason::cancelled) ++statistics.cancelled;
  if (task->failure->reason == Reason::deadline_exceeded) ++statistics.expired;
  return tl::unexpected(*std::move(task->failure));
}

Result<std::unique_ptr<DynamicBatcher>> DynamicBatcher::create(TensorStage stage,
                                                               const BatcherOptions& options) {
  VIDEOGEN_CHECK(stage.input_size > 0 && stage.output_size > 0 && stage.run,
                 "a stage has items in, items out and something to run");
  if (options.max_batch_size == 0 || options.max_queue_size == 0 ||
      options.max_queue_delay_us.count() < 0)
    return fail(ErrorCode::usage,
                fmt::format("max_batch_size is {}, max_queue_size {}, max_queue_delay_us {}: the "
                            "first two are above 0, the last not below",
                            options.max_batch_size, options.max_queue_size,
                            options.max_queue_delay_us.count()));
  auto state = std::make_unique<State>(std::move(stage), options);
  const std::size_t floats = options.max_batch_size * state->stage.input_size;
  if (options.pool != nullptr) {
    CacheRequest request{.model = options.model,
                         .cache_id = fmt::format("arena/{}", options.max_batch_size),
                         .bytes = floats * sizeof(float)};
    request.use = Use::exclusive;
    request.priority = Priority::high;
    VIDEOGEN_TRY(state->lease, options.pool->request_cache(std::move(request)));
    state->arena = {reinterpret_cast<float*>(state->lease.bytes().data()), floats};
  } else {
    state->own.resize(floats);
    state->arena = state->own;
  }
  return std::unique_ptr<DynamicBatcher>(new DynamicBatcher(std::move(state)));
}

DynamicBatcher::DynamicBatcher(std::unique_ptr<State> state) : state_(std::move(state)) {
  state_->thread =
      std::jthread([own = state_.get()](const std::stop_token& stop) { own->loop(stop); });
}

DynamicBatcher::~DynamicBatcher() {
  stop();
  std::unique_lock lock(state_->mutex);
  state_->idle.wait(lock, [&] { return state_->callers == 0; });
}

PoolResult<std::vector<float>> DynamicBatcher::run(
    std::span<const float> inputs, const std::stop_token& stop,
    std::optional<std::chrono::milliseconds> timeout) {
  {
    const std::lock_guard lock(state_->mutex);
    ++state_->callers;
  }
  PoolResult<std::vector<float>> rows = state_->run(inputs, stop, timeout);
  const std::lock_guard lock(state_->mutex);
  --state_->callers;
  state_->idle.notify_all();
  return rows;
}

void DynamicBatcher::drain() {
  std::unique_lock lock(state_->mutex);
  state_->closed = true;
  state_->room.notify_all();
  state_->work.notify_all();
  state_->idle.wait(lock, [&] { return state_->queue.empty() && state_->in_batch.empty(); });
}

void DynamicBatcher::stop() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->closed = true;
    for (const auto& task : std::exchange(state_->queue, {}))
      if (!task->failure)
        state_->finish(*task, refusal(Reason::shutting_down, "the model takes nothing new"));
    state_->batch_stop.request_stop();
    state_->room.notify_all();
  }
  state_->thread.request_stop();
  const std::lock_guard one_at_a_time(state_->joining);
  if (state_->thread.joinable()) state_->thread.join();
}

BatcherStatistics DynamicBatcher::statistics() const {
  const std::lock_guard lock(state_->mutex);
  BatcherStatistics copy = state_->statistics;
  copy.queue_depth = state_->depth;
  return copy;
}

}  // namespace videogen::pool
