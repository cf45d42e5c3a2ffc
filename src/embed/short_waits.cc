#include "embed/short_waits_internal.h"

#include <cstdlib>
#include <latch>
#include <mutex>
#include <thread>

// What GCC emits for "#pragma omp parallel" (libgomp's stable ABI). Called by name, so that
// this file needs no OpenMP flags: clang's would bring a second OpenMP library.
extern "C" void GOMP_parallel(void (*function)(void*), void* data, unsigned threads,
                              unsigned flags);

namespace videogen::embed {

// A thread that has had a team of two and now waits: its second thread stays with libgomp.
struct ShortWaits::Parked {
  std::latch started{1};
  std::latch ended{1};
  std::thread thread{[this] {
    GOMP_parallel([](void*) {}, nullptr, 2, 0);
    started.count_down();
    ended.wait();
  }};
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
  parked_->started.wait();
}

ShortWaits::~ShortWaits() {
  if (parked_ == nullptr) return;
  parked_->ended.count_down();
  parked_->thread.join();
}

}  // namespace videogen::embed
