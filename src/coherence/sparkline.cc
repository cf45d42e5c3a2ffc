#include "coherence/sparkline.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace videogen::coherence {
namespace {

constexpr std::array<std::string_view, 8> kBlocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

std::string_view block(std::optional<double> value, double low, double high) {
  if (!value) return "·";
  const double share = high > low ? (*value - low) / (high - low) : 1.0;
  const double level = std::floor(std::clamp(share, 0.0, 1.0) * kBlocks.size());
  return kBlocks[std::min(static_cast<std::size_t>(level), kBlocks.size() - 1)];
}

}  // namespace

std::string sparkline(std::span<const std::optional<double>> values, double low, double high,
                      int columns) {
  const std::size_t width = std::min(values.size(), static_cast<std::size_t>(std::max(columns, 1)));
  std::string line;
  for (std::size_t column = 0; column < width; ++column) {
    const std::size_t begin = column * values.size() / width;
    const std::size_t end = (column + 1) * values.size() / width;
    std::optional<double> lowest;
    for (const auto& value : values.subspan(begin, end - begin))
      if (value) lowest = std::min(lowest.value_or(*value), *value);
    line += block(lowest, low, high);
  }
  return line;
}

}  // namespace videogen::coherence
