#include "pool/refusal.h"

#include <algorithm>
#include <array>
#include <utility>

namespace videogen::pool {
namespace {

struct ReasonRow {
  Reason reason;
  std::string_view name;
  ErrorCode code;
};

constexpr std::array<ReasonRow, 8> kReasons{{
    {Reason::too_large, "too_large", ErrorCode::limit},
    {Reason::overloaded, "overloaded", ErrorCode::budget},
    {Reason::deadline_exceeded, "deadline_exceeded", ErrorCode::budget},
    {Reason::cancelled, "cancelled", ErrorCode::interrupted},
    {Reason::conflict, "conflict", ErrorCode::usage},
    {Reason::backend_error, "backend_error", ErrorCode::unreachable},
    {Reason::shutting_down, "shutting_down", ErrorCode::interrupted},
    {Reason::not_found, "not_found", ErrorCode::not_found},
}};

const ReasonRow& row(Reason reason) {
  const auto* found = std::ranges::find(kReasons, reason, &ReasonRow::reason);
  VIDEOGEN_CHECK(found != kReasons.end(), "every reason has a row");
  return *found;
}

}  // namespace

std::string_view name(Reason reason) { return row(reason).name; }

Refusal refusal(Reason reason, std::string message,
                std::optional<std::chrono::milliseconds> retry_after, std::source_location where) {
  return {{row(reason).code, std::move(message), where}, reason, retry_after};
}

}  // namespace videogen::pool
