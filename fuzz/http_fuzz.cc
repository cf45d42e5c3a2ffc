// What the HTTP server takes apart by itself, over any bytes: bodies in parts, ranges, forms,
// paths, parameters of headers. What comes out lies inside what went in.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "net/byte_range.h"
#include "net/form.h"
#include "net/multipart.h"

namespace {

using namespace videogen::net;  // NOLINT(google-build-using-namespace)

void require(bool condition) {
  if (!condition) std::abort();
}

void check_parts(std::string_view header, std::string_view body) {
  const auto parts = parse_multipart(header, body);
  if (!parts) return;
  for (const BodyPart& part : *parts) {
    require(part.bytes.data() >= body.data() &&
            part.bytes.data() + part.bytes.size() <= body.data() + body.size());
    (void)part.name();
    (void)part.file_name();
    (void)part.type();
  }
}

void check_ranges(std::string_view text) {
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1000}, UINT64_MAX}) {
    const ParsedRange parsed = parse_range(text, size);
    if (parsed.answer == RangeAnswer::part)
      require(parsed.range.first <= parsed.range.last && parsed.range.last < size);
  }
  if (const auto range = parse_content_range(text); range && range->last) {
    require(range->first && *range->first <= *range->last);
    require(!range->size || *range->last < *range->size);
  }
}

}  // namespace

// The first byte chooses; a line break ends the header before a body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);  // NOLINT
  switch (data[0] % 4) {
    case 0: {
      const auto end = text.find('\n');
      if (end != std::string_view::npos) check_parts(text.substr(0, end), text.substr(end + 1));
      break;
    }
    case 1:
      check_ranges(text);
      break;
    case 2:
      for (const auto& [name, value] : parse_form(text)) {
        // What was decoded survives being sent again.
        const auto again = parse_form(percent_encoded(name) + "=" + percent_encoded(value));
        require(again.size() == 1 && again[0].first == name && again[0].second == value);
      }
      (void)decoded_segments(text);
      break;
    default:
      (void)header_parameter(text, "boundary");
      (void)media_type(text);
  }
  return 0;
}
