// Small texts that come with HTTP: ranges, dates, checksums, metadata of objects, first bytes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "net/content_range_internal.h"
#include "net/crc32c.h"
#include "net/first_bytes.h"
#include "net/object_info_internal.h"
#include "net/retry.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace videogen::net;  // NOLINT(google-build-using-namespace)
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto range = parse_served_range(text)) {
    if (range->last < range->first || (range->total && *range->total <= range->last)) std::abort();
  }
  if (const auto kept = parse_kept_range(text); kept && *kept == 0) std::abort();
  const auto now = std::chrono::system_clock::from_time_t(1'700'000'000);
  if (const auto pause = retry_after(Headers{{"Retry-After", std::string(text)}}, now)) {
    if (pause->count() < 0) std::abort();
  }
  if (const auto sum = parse_crc32c(text); sum && crc32c_text(*sum) != text) std::abort();
  (void)parse_object_info(text, "gs://b/o");
  (void)parse_gs_uri(text);
  (void)check_first_bytes(std::as_bytes(std::span(text)), Accept::known_media, "x", text);
  return 0;
}
