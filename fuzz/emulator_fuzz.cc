// What the emulator takes from its clients, over any bytes: Veo's requests, instructions for
// faults, gzip.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "emulator/fault.h"
#include "emulator/veo_request.h"
#include "net/gunzip.h"

namespace {

using namespace videogen::emulator;  // NOLINT(google-build-using-namespace)
namespace net = videogen::net;

void require(bool condition) {
  if (!condition) std::abort();
}

void check_request(std::string_view text) {
  const auto read = [](const std::string&, const std::string&) -> std::optional<Media> {
    return Media{"image/png", "\x89PNG\r\n\x1a\n"};
  };
  const auto request = parse_veo_request(text, *find_veo_model("veo-3.1-generate-001"), read);
  if (!request) return;
  require(request->samples >= 1 && request->samples <= 4);
  require(request->seconds >= 4 && request->seconds <= 8);
  require(request->width * 9 == request->height * 16 || request->width * 16 == request->height * 9);
  require(!request->prompt.empty() || request->video || !request->pictures.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);  // NOLINT
  switch (data[0] % 4) {
    case 0:
      check_request(text);
      break;
    case 1:
      if (const auto rule = parse_fault(text))
        require(rule->probability >= 0 && rule->probability <= 1 && !rule->places.empty());
      break;
    case 2:
      if (const auto faults = parse_instructions(text))
        for (const Fault& fault : faults->all())
          require(fault.kind != FaultKind::status || (fault.status >= 400 && fault.status < 600));
      break;
    default:
      if (const auto plain = net::gunzip(text, 1 << 20)) require(plain->size() <= 1 << 20);
  }
  return 0;
}
