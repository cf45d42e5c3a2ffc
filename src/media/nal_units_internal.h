// Splits packets of H.264 and HEVC into NAL units, whichever way the container frames them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace videogen::media {

using Bytes = std::span<const std::uint8_t>;

// Units after start codes (ITU-T H.264, annex B).
[[nodiscard]] std::vector<Bytes> split_start_codes(Bytes data);
// Units behind a length of `length_bytes`; nullopt where a length runs out of the data.
[[nodiscard]] std::optional<std::vector<Bytes>> split_lengths(Bytes data, int length_bytes);
// The payload without the bytes that keep start codes out of it (clause 7.4.1), at most
// `limit` bytes of it.
[[nodiscard]] std::vector<std::uint8_t> unescape(Bytes unit, std::size_t limit);

// Parameter sets as they were first seen. Skipping a packet must not lose one, so each may
// only be repeated, never replaced.
class ParameterSets {
 public:
  // False if the set is new while the sets are closed.
  bool add(int type, Bytes unit);
  // From now on only repetitions are welcome.
  void close() { closed_ = true; }

 private:
  std::set<std::pair<int, std::string>> seen_;
  bool closed_ = false;
};

}  // namespace videogen::media
