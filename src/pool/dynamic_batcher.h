// Runs pictures (or anything else that is rows of floats) of many requests through a model
// together: the tensor stage, and nothing before or after it.
//
// A request's rows come back as if it had been alone, up to the last bits that the size of a
// batch may move. Nothing waits for company unless max_queue_delay_us asks for it: a batch takes
// what is queued when the model becomes free. Requests take turns, so a long one does not keep a
// short one waiting for more than a batch.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "pool/cache_pool.h"
#include "pool/refusal.h"

namespace videogen::pool {

struct BatcherOptions {
  std::size_t max_batch_size = 8;                      // items, above 0
  std::chrono::microseconds max_queue_delay_us{0};     // that an item may wait for company
  std::size_t max_queue_size = 1024;                   // items that wait, above 0
  std::optional<std::chrono::milliseconds> timeout{};  // of waiting, unless run() says another
  enum class WhenFull {
    refuse,  // overloaded
    wait,    // until there is room, the timeout or the stop token
  } when_full = WhenFull::refuse;
  // Where the memory for mixed batches is leased; null: it is the batcher's own. Must outlive
  // the batcher's creation only.
  CachePool* pool = nullptr;
  std::string model{};  // under whose name
};

struct TensorStage {
  std::size_t input_size = 0, output_size = 0;  // floats an item, above 0
  // inputs: [n, input_size], n at most max_batch_size. Returns [n, output_size]. Called by one
  // thread, that of the batcher. `stop` is requested when nobody wants the result any more.
  std::function<Result<std::vector<float>>(std::span<const float> inputs, std::stop_token stop)>
      run;
};

struct BatcherStatistics {
  std::vector<std::uint64_t> batches_by_size;  // [max_batch_size + 1]; retries not counted
  std::uint64_t items = 0;                     // that were run
  std::uint64_t retries = 0;                   // runs of a part of a batch that had failed
  std::uint64_t failed = 0, expired = 0, cancelled = 0, refused = 0;  // requests
  std::size_t queue_depth = 0, deepest_queue = 0;                     // items
  double busy_s = 0;                                                  // in the model
  double waited_s = 0;  // from asking to the first item's batch, summed over requests
};

// May be shared by threads. Owns one.
class DynamicBatcher {
 public:
  // Errors: usage; as CachePool::request_cache.
  [[nodiscard]] static Result<std::unique_ptr<DynamicBatcher>> create(
      TensorStage stage, const BatcherOptions& options);
  DynamicBatcher(const DynamicBatcher&) = delete;
  DynamicBatcher& operator=(const DynamicBatcher&) = delete;
  ~DynamicBatcher();  // stop()

  // inputs: [n, input_size], valid until this returns; n may be more than a batch takes.
  // Returns [n, output_size].
  // Errors: too_large (more items than the queue holds), overloaded, deadline_exceeded (what
  // has not begun by then is not begun), cancelled, shutting_down; what the model said of this
  // request alone, as backend_error with the model's code and text: when a batch fails, its
  // requests are tried apart.
  [[nodiscard]] PoolResult<std::vector<float>> run(
      std::span<const float> inputs, const std::stop_token& stop = {},
      std::optional<std::chrono::milliseconds> timeout = {});

  // Takes nothing new and waits until all that was taken has ended.
  void drain();
  // Takes nothing new, ends what waits (shutting_down) and stops what runs.
  void stop();

  [[nodiscard]] BatcherStatistics statistics() const;

 private:
  struct State;
  explicit DynamicBatcher(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace videogen::pool
