#include "net/trace_context.h"

#include <random>

#include <fmt/format.h>

namespace videogen::net {
namespace {

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}
bool is_id(std::string_view text) {
  return is_hex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

}  // namespace

std::optional<TraceContext> parse_traceparent(std::string_view text) {
  constexpr std::size_t kLength = 55;
  if (text.size() < kLength || text[2] != '-' || text[35] != '-' || text[52] != '-')
    return std::nullopt;
  const std::string_view version = text.substr(0, 2), trace = text.substr(3, 32),
                         span = text.substr(36, 16), flags = text.substr(53, 2);
  if (!is_hex(version) || version == "ff" || !is_id(trace) || !is_id(span) || !is_hex(flags))
    return std::nullopt;
  // Version 00 ends here; later ones may go on after a dash.
  if (text.size() > kLength && (version == "00" || text[kLength] != '-')) return std::nullopt;
  const char last = flags[1];
  const int low = last >= 'a' ? last - 'a' + 10 : last - '0';
  return TraceContext{std::string(trace), std::string(span), (low & 1) != 0, ""};
}

std::string traceparent(const TraceContext& context) {
  return fmt::format("00-{}-{}-{}", context.trace_id, context.span_id,
                     context.sampled ? "01" : "00");
}

std::string random_hex(std::size_t digits) {
  std::random_device random;
  std::string text;
  do {
    text.clear();
    while (text.size() < digits) text += fmt::format("{:02x}", random() & 0xffU);
  } while (!is_id(text));
  return text;
}

}  // namespace videogen::net
