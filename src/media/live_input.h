// Bytes of a clip that still arrive: a pipe, or a file that another process is writing.
//
// A pipe ends where its writer closes it; a file where it has not grown for a while. Bytes come
// in their order and once: nothing seeks. One thread at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <stop_token>
#include <string>

#include "base/error.h"

namespace videogen::media {

class LiveInput {
 public:
  enum class Kind { pipe, growing_file };

  // Takes the descriptor over, at its current position; a file that ends for `idle` has ended.
  // `name` is what errors call it.
  LiveInput(int descriptor, std::string name, std::chrono::milliseconds idle);
  LiveInput(LiveInput&&) noexcept;
  LiveInput& operator=(LiveInput&&) noexcept;
  ~LiveInput();

  [[nodiscard]] Kind kind() const;

  // Waits for bytes and gives what is there, at most into.size() (over 0) of them; 0 at the end.
  // Errors: unreachable (it cannot be read, or a file has shrunk), interrupted (within 50 ms of
  // a stop request).
  [[nodiscard]] Result<std::size_t> read(std::span<std::byte> into, const std::stop_token& stop);

  enum class Layout {
    streamable,  // as far as its beginning tells
    // Read from front to back it would give other frames, other times or none: MP4 and the like
    // with the table of frames behind the frames, MXF, Ogg, GIF, APNG.
    whole_only
  };
  // Looks at the first bytes, without taking them from read(). Errors: as read().
  [[nodiscard]] Result<Layout> layout(const std::stop_token& stop);

  // Reads what is left and returns the SHA-256 of all bytes, hex. Once. Errors: as read().
  [[nodiscard]] Result<std::string> digest(const std::stop_token& stop);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace videogen::media
