// What telemetry hears of a generation, by OpenTelemetry's names for generative AI (semantic
// conventions, GenAI, status Development).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "coherence/opinion.h"
#include "generate/order.h"
#include "net/telemetry.h"

namespace videogen::generate {

// The call that makes a clip: "generate_content MODEL", from its submit to its end. `server` is
// the address that is asked. The prompt is an attribute only where telemetry.content() is set.
[[nodiscard]] net::Span watch_generation(net::Telemetry& telemetry, const Order& order,
                                         std::string_view server,
                                         const std::optional<net::TraceContext>& parent = {});
// Its name at the service, as soon as that is known.
void name_operation(net::Span& span, std::string_view operation);

// The call that asks a judge: "chat MODEL".
[[nodiscard]] net::Span watch_judge(net::Telemetry& telemetry, std::string_view model,
                                    std::string_view server,
                                    const std::optional<net::TraceContext>& parent = {});
// What it said: the event gen_ai.evaluation.result, of that span.
void tell_opinion(net::Telemetry& telemetry, const net::Span& span,
                  const coherence::Opinion& opinion);

}  // namespace videogen::generate
