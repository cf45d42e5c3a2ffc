// Where a device's memory comes from: address space that is reserved first, memory that is
// committed behind it later, and given back without giving up the addresses.
//
// The shape is that of CUDA's virtual memory (reserve, create and map, unmap, free), so that a
// back end for a GPU fits in; today there is one for host memory (host_backend.h).
#pragma once

#include <cstddef>
#include <string_view>

#include "base/error.h"

namespace videogen::pool {

// May be called by many threads at once, for different ranges. Nothing is called with a lock
// of the pool held: calls may take their time. Sizes are multiples of granularity().
// Every call that fails leaves the range as it was, contents included.
class Backend {
 public:
  virtual ~Backend() = default;

  [[nodiscard]] virtual std::string_view kind() const = 0;  // "host"
  [[nodiscard]] virtual std::size_t granularity() const = 0;

  // Address space without memory; a range of its own each time.
  [[nodiscard]] virtual Result<std::byte*> reserve(std::size_t bytes) = 0;
  // Memory behind all of a reserved range. What is in it is unspecified.
  [[nodiscard]] virtual Status commit(std::byte* data, std::size_t bytes) = 0;
  // Waits until the device has done with all of a range; then it may be decommitted.
  [[nodiscard]] virtual Status quiesce(std::byte* data, std::size_t bytes) = 0;
  // Gives the memory back to the system.
  [[nodiscard]] virtual Status decommit(std::byte* data, std::size_t bytes) = 0;
  // Gives the addresses of a range without memory back.
  [[nodiscard]] virtual Status release(std::byte* data, std::size_t bytes) = 0;

  // What the device can give at most, now, in bytes.
  [[nodiscard]] virtual std::size_t available() const = 0;
};

}  // namespace videogen::pool
