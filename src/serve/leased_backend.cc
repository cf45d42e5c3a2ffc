#include "serve/leased_backend_internal.h"

#include <charconv>
#include <string_view>

namespace videogen::serve {

std::uint64_t generation_memory(const generate::Order& order) {
  // curl's buffers and those that a file is written and checked through.
  constexpr std::uint64_t kDownload = std::uint64_t{2} << 20;
  // "720p", "4k"; the longer side of 16:9.
  constexpr int kUnknown = 1080, kFourK = 2160;
  const std::string_view name = order.resolution;
  int lines = name == "4k" ? kFourK : kUnknown;
  if (name.ends_with('p')) std::from_chars(name.data(), name.data() + name.size(), lines);
  return kDownload + working_memory(lines * 16 / 9, lines, "yuv420p");
}

}  // namespace videogen::serve
