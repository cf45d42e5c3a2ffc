// Reads the headers of coded pictures bit by bit, most significant first. Past the end it
// gives zeros and says so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace videogen::media {

class BitReader {
 public:
  explicit BitReader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  [[nodiscard]] bool flag() { return bits(1) != 0; }

  [[nodiscard]] std::uint32_t bits(int count) {
    std::uint32_t value = 0;
    for (int i = 0; i < count; ++i) {
      const std::size_t byte = position_ / 8;
      const int bit = byte < bytes_.size() ? bytes_[byte] >> (7 - position_ % 8) & 1 : 0;
      overrun_ = overrun_ || byte >= bytes_.size();
      value = value << 1 | static_cast<std::uint32_t>(bit);
      ++position_;
    }
    return value;
  }

  void skip(int count) { static_cast<void>(bits(count)); }

  // Exponential-Golomb code ue(v) of H.264 and HEVC, clause 9.1.
  [[nodiscard]] std::uint32_t golomb() {
    int zeros = 0;
    while (zeros < 32 && !overrun_ && !flag()) ++zeros;
    if (zeros >= 32 || overrun_) {
      overrun_ = true;
      return 0;
    }
    return (std::uint32_t{1} << zeros) - 1 + bits(zeros);
  }
  [[nodiscard]] std::int32_t signed_golomb() {
    const std::uint32_t code = golomb();
    const auto half = static_cast<std::int32_t>(code / 2 + code % 2);
    return code % 2 != 0 ? half : -half;
  }

  [[nodiscard]] bool overrun() const { return overrun_; }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t position_ = 0;
  bool overrun_ = false;
};

}  // namespace videogen::media
