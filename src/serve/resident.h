// What all jobs share: one model with its batches and its cache, and the memory that clips are
// judged in. With it a hundred jobs at once wait for each other instead of for the system's
// out-of-memory killer.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>

#include "base/error.h"
#include "embed/choose.h"
#include "pool/cache_pool.h"
#include "serve/metrics.h"

namespace videogen::serve {

struct ResidentOptions {
  std::uint64_t memory_bytes = std::uint64_t{1} << 30;  // that clips are judged in, all together
  std::size_t max_batch = 0;                            // pictures; 0: as the model is fastest
  std::chrono::microseconds batch_delay{0};             // that a picture waits for company
  std::size_t cache_bytes = std::size_t{64} << 20;      // of embeddings, in memory; 0: no cache
  std::size_t cache_file_bytes = std::size_t{1} << 30;  // the same on disk; 0: memory only
  std::filesystem::path cache_file{};
};

// What judging a clip takes beside the model, in bytes: the frames that the decoder's threads and
// references hold, in the pixel format's own bytes, and what is made of them. An estimate from
// above, so that admission errs to the safe side.
[[nodiscard]] std::uint64_t working_memory(int width, int height, std::string_view pixel_format);

// May be shared by threads; lives longer than what it gives.
class Resident {
 public:
  // Errors: usage; unwritable, unreachable (the cache's file).
  [[nodiscard]] static Result<Resident> open(embed::Chosen model, const ResidentOptions& options);
  Resident(Resident&&) noexcept;
  Resident& operator=(Resident&&) noexcept;
  ~Resident();

  // The shared model, to be taken for the one it shares.
  [[nodiscard]] const embed::Chosen& embedder() const;

  // Room to judge this clip, as long as the lease lives; waits for it. A clip that would need
  // more than there is gets all of it, and so is judged alone; one that can't be probed gets
  // none: judging it says why. Errors: interrupted; budget (too many wait).
  [[nodiscard]] Result<pool::Lease> room_for(const std::filesystem::path& clip,
                                             const std::stop_token& stop) const;

  // So many bytes, or all there are where that is less; waits for them. Errors: as room_for().
  [[nodiscard]] Result<pool::Lease> room(std::uint64_t bytes, const std::stop_token& stop) const;

  // Gauges of pool, batches and cache; the metrics must not outlive this.
  void show(Metrics& metrics) const;

 private:
  struct State;
  explicit Resident(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace videogen::serve
