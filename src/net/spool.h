// A stream as a file: decoders seek, pipes don't.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/error.h"

namespace videogen::net {

// A temporary file without a name: it vanishes with this object, or with the process, however
// that ends.
class Spool {
 public:
  static constexpr std::uint64_t kMostBytes = std::uint64_t{64} << 30;

  // Reads `descriptor` to its end into a file below TMPDIR (or /tmp). `name` is what errors
  // call the stream. Errors: corrupt (nothing came), limit, unreachable (cannot be read),
  // unwritable (disk full), interrupted (within 50 ms).
  static Result<Spool> fill(int descriptor, std::string_view name, std::stop_token stop,
                            std::uint64_t most_bytes = kMostBytes);
  // The same from a function: it fills what it is given in part or in whole, and says how much;
  // 0 at the end. Its errors are passed on.
  static Result<Spool> fill(const std::function<Result<std::size_t>(std::span<std::byte>)>& read,
                            std::string_view name, std::uint64_t most_bytes = kMostBytes);
  // The same piece by piece: an empty one, which append() fills. `name` is for their errors.
  static Result<Spool> begin(std::string name, std::uint64_t most_bytes = kMostBytes);
  [[nodiscard]] Status append(std::span<const std::byte> bytes);
  // Back to empty.
  [[nodiscard]] Status restart();
  [[nodiscard]] std::uint64_t size() const { return size_; }

  Spool(Spool&& other) noexcept;
  Spool& operator=(Spool&& other) noexcept;
  ~Spool();

  // Opens by name; valid in this process as long as the object lives.
  [[nodiscard]] std::filesystem::path path() const;

 private:
  Spool(int descriptor, std::string name, std::uint64_t most_bytes)
      : descriptor_(descriptor), name_(std::move(name)), most_bytes_(most_bytes) {}
  int descriptor_ = -1;
  std::string name_;
  std::uint64_t most_bytes_ = 0, size_ = 0;
};

}  // namespace videogen::net
