#include "media/nal_units_internal.h"

#include <algorithm>
#include <array>

namespace videogen::media {

std::vector<Bytes> split_start_codes(Bytes data) {
  constexpr std::array<std::uint8_t, 3> kStart{0, 0, 1};
  std::vector<Bytes> units;
  auto at = std::search(data.begin(), data.end(), kStart.begin(), kStart.end());
  while (at != data.end()) {
    const auto begin = at + 3;
    at = std::search(begin, data.end(), kStart.begin(), kStart.end());
    auto end = at;
    while (end != begin && *(end - 1) == 0) --end;  // trailing zeros belong to no unit
    if (begin != end) units.emplace_back(begin, end);
  }
  return units;
}

std::optional<std::vector<Bytes>> split_lengths(Bytes data, int length_bytes) {
  std::vector<Bytes> units;
  while (!data.empty()) {
    if (data.size() < static_cast<std::size_t>(length_bytes)) return std::nullopt;
    std::size_t length = 0;
    for (int i = 0; i < length_bytes; ++i) length = length << 8 | data[static_cast<std::size_t>(i)];
    data = data.subspan(static_cast<std::size_t>(length_bytes));
    if (length > data.size()) return std::nullopt;
    if (length > 0) units.push_back(data.first(length));
    data = data.subspan(length);
  }
  return units;
}

std::vector<std::uint8_t> unescape(Bytes unit, std::size_t limit) {
  std::vector<std::uint8_t> out;
  int zeros = 0;
  for (const std::uint8_t byte : unit) {
    if (out.size() >= limit) break;
    if (zeros >= 2 && byte == 3) {
      zeros = 0;
      continue;
    }
    zeros = byte == 0 ? zeros + 1 : 0;
    out.push_back(byte);
  }
  return out;
}

bool ParameterSets::add(int type, Bytes unit) {
  std::pair<int, std::string> key{type, std::string(unit.begin(), unit.end())};
  if (seen_.contains(key)) return true;
  if (closed_) return false;
  seen_.insert(std::move(key));
  return true;
}

}  // namespace videogen::media
