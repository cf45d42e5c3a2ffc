#include "embed/short_waits_internal.h"

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <thread>

// What GCC emits for "#pragma omp parallel" (libgomp's stable ABI). Called by name, so that
// this file needs no OpenMP flags: clang's would bring a second OpenMP library.
extern "C" void GOMP_parallel(void (*function)(void*), void* data, unsigned threads,
                              unsigned flags);

namespace videogen::embed {

// Two threads of one team that wait inside its parallel region. Waiting there they sleep; a
// team between two regions would spin first, and for long, as long as it is the only one.
struct ShortWaits::Parked {
  static void wait_for_end(void* self) {
    auto& parked = *static_cast<Parked*>(self);
    // Whoever comes first: libgomp has counted both by then, or has made a team of one.
    parked.started.test_and_set();
    parked.started.notify_all();
    parked.ended.wait(false);
  }

  std::atomic_flag started, ended;
  std::thread thread{[this] { GOMP_parallel(wait_for_end, this, 2, 0); }};
};

std::shared_ptr<ShortWaits> ShortWaits::share() {
  static std::mutex mutex;
  static std::weak_ptr<ShortWaits> shared;
  const std::lock_guard lock(mutex);
  auto waits = shared.lock();
  if (waits == nullptr) {
    waits.reset(new ShortWaits);
    shared = waits;
  }
  return waits;
}

ShortWaits::ShortWaits() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe)
  if (std::getenv("OMP_WAIT_POLICY") != nullptr || std::getenv("GOMP_SPINCOUNT") != nullptr) {
    return;
  }
  parked_ = std::make_unique<Parked>();
  parked_->started.wait(false);
}

ShortWaits::~ShortWaits() {
  if (parked_ == nullptr) return;
  parked_->ended.test_and_set();
  parked_->ended.notify_all();
  parked_->thread.join();
}

}  // namespace videogen::embed
