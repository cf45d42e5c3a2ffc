// OTLP's messages in its JSON: lowerCamelCase, ids in hex, 64-bit integers as text, enums as
// integers (opentelemetry-proto, "JSON Protobuf Encoding").
#pragma once

#include <span>
#include <string>

#include "net/telemetry.h"

namespace videogen::net {

[[nodiscard]] std::string otlp_traces(const Attributes& resource,
                                      std::span<const FinishedSpan> spans);
[[nodiscard]] std::string otlp_logs(const Attributes& resource,
                                    std::span<const TelemetryEvent> events);

// What of an Export*ServiceResponse was not taken.
[[nodiscard]] std::uint64_t otlp_rejected(std::string_view body);

}  // namespace videogen::net
