// gzip (RFC 1952) undone piece by piece.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace videogen::net {

class Gunzip {
 public:
  using Sink = std::function<Status(std::span<const std::byte>)>;

  Gunzip();
  Gunzip(Gunzip&&) noexcept;
  Gunzip& operator=(Gunzip&&) noexcept;
  ~Gunzip();

  // Errors: corrupt (no gzip), and those of the sink.
  [[nodiscard]] Status write(std::span<const std::byte> bytes, const Sink& sink);
  // Errors: corrupt (cut off).
  [[nodiscard]] Status finish() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// All of it. Errors: corrupt, limit (more than `most` bytes come out).
[[nodiscard]] Result<std::string> gunzip(std::string_view zipped, std::size_t most);

}  // namespace videogen::net
