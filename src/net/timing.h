// Time and chance, so that a test can put its own in their place.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>

namespace videogen::net {

struct Timing {
  std::function<std::chrono::steady_clock::time_point()> now;
  std::function<std::chrono::system_clock::time_point()> wall;
  // False if a stop was requested meanwhile.
  std::function<bool(std::chrono::milliseconds, const std::stop_token&)> sleep;
  std::function<double()> random;  // in [0, 1)

  // The machine's own.
  [[nodiscard]] static const Timing& real();
};

}  // namespace videogen::net
