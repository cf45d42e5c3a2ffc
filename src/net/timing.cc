#include "net/timing.h"

#include <condition_variable>
#include <mutex>
#include <random>

namespace videogen::net {
namespace {

bool sleep_for(std::chrono::milliseconds pause, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, pause, [] { return false; });
  return !stop.stop_requested();
}

double random_fraction() {
  thread_local std::mt19937_64 engine{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(engine);
}

}  // namespace

const Timing& Timing::real() {
  static const Timing timing{std::chrono::steady_clock::now, std::chrono::system_clock::now,
                             sleep_for, random_fraction};
  return timing;
}

}  // namespace videogen::net
