#include "media/damage_log_internal.h"

#include <algorithm>

#include <fmt/format.h>

namespace videogen::media {
namespace {

std::string describe(DamageKind kind, double time_s, std::int64_t count) {
  const std::string more = count > 1 ? fmt::format(" ({} times)", count) : "";
  switch (kind) {
    case DamageKind::container:
      return fmt::format("the file is damaged or cut off after {:.3f} s{}", time_s, more);
    case DamageKind::packet:
      return fmt::format("incomplete data at {:.3f} s{}", time_s, more);
    case DamageKind::decoding:
      return fmt::format("cannot decode what is near {:.3f} s{}", time_s, more);
    case DamageKind::picture:
      return fmt::format("damaged picture at {:.3f} s{}", time_s, more);
  }
  return {};
}

}  // namespace

void DamageLog::add(DamageKind kind, double time_s, const std::string& cause) {
  Entry& entry = entries_.at(static_cast<std::size_t>(kind));
  if (entry.count++ == 0) entry.time_s = time_s;
  if (entry.cause.empty()) entry.cause = cause;
  render();
}

std::string DamageLog::first_cause() const {
  const auto named = std::find_if(entries_.begin(), entries_.end(),
                                  [](const Entry& entry) { return !entry.cause.empty(); });
  return named == entries_.end() ? std::string{} : named->cause;
}

void DamageLog::render() {
  notes_.clear();
  for (std::size_t kind = 0; kind < entries_.size(); ++kind) {
    const Entry& entry = entries_.at(kind);
    if (entry.count == 0) continue;
    std::string message = describe(static_cast<DamageKind>(kind), entry.time_s, entry.count);
    if (!entry.cause.empty()) message += ": " + entry.cause;
    notes_.push_back({entry.time_s, std::move(message)});
  }
  std::stable_sort(notes_.begin(), notes_.end(),
                   [](const Damage& a, const Damage& b) { return a.time_s < b.time_s; });
}

}  // namespace videogen::media
