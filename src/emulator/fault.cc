#include "emulator/fault.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace videogen::emulator {
namespace {

struct KindEntry {
  std::string_view name;
  FaultKind kind;
  std::vector<Place> places;  // where it strikes by itself
};

const std::vector<Place>& everywhere() {
  static const std::vector places{Place::submit, Place::poll,  Place::download, Place::upload,
                                  Place::object, Place::token, Place::hub};
  return places;
}

// Whether nothing of the answer is left that another fault could strike.
bool replaces_work(FaultKind kind) {
  using enum FaultKind;
  return kind == status || kind == reset || kind == expired_token || kind == retired ||
         kind == not_json;
}

const std::vector<KindEntry>& kind_table() {
  using enum FaultKind;
  static const std::vector<KindEntry> table{
      {"timeout", timeout, {Place::submit}},
      {"lost-reply", lost_reply, {Place::submit}},
      {"filtered", filtered, {Place::submit}},
      {"partial", partial, {Place::submit}},
      {"damaged", damaged, {Place::submit}},
      {"operation-error", operation_error, {Place::submit}},
      {"policy-error", policy_error, {Place::submit}},
      {"endless", endless, {Place::submit}},
      {"retired", retired, {Place::submit}},
      {"expired-token",
       expired_token,
       {Place::submit, Place::poll, Place::download, Place::upload, Place::object}},
      {"slow-poll", slow_poll, {Place::poll}},
      {"truncated-download", truncated_download, {Place::download}},
      {"wrong-bytes", wrong_bytes, {Place::download}},
      {"stall", stall, {Place::download}},
      {"reset", reset, everywhere()},
      {"not-json", not_json, {Place::submit, Place::poll, Place::object, Place::token}},
  };
  return table;
}

constexpr std::array<std::pair<std::string_view, Place>, 7> kPlaces{{{"submit", Place::submit},
                                                                     {"poll", Place::poll},
                                                                     {"download", Place::download},
                                                                     {"upload", Place::upload},
                                                                     {"object", Place::object},
                                                                     {"token", Place::token},
                                                                     {"hub", Place::hub}}};

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// What stands behind the last `mark`, taken off the text.
std::optional<std::string_view> take_suffix(std::string_view& text, char mark) {
  const auto at = text.rfind(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view suffix = text.substr(at + 1);
  text = text.substr(0, at);
  return suffix;
}

struct Named {
  Fault fault;
  std::vector<Place> places;
};
std::optional<Named> find_kind(std::string_view name) {
  constexpr std::string_view kWithout = "-no-retry-after";
  Named named;
  std::string_view digits = name;
  if (digits.ends_with(kWithout)) {
    digits.remove_suffix(kWithout.size());
    named.fault.retry_after = false;
  }
  if (const auto status = number<int>(digits); status && *status >= 400 && *status <= 599) {
    named.fault.status = *status;
    named.places = everywhere();
    return named;
  }
  for (const KindEntry& entry : kind_table()) {
    if (entry.name != name) continue;
    named.fault.kind = entry.kind;
    named.places = entry.places;
    return named;
  }
  return std::nullopt;
}

// "256K", "256KiB", "10B", "7"
std::optional<std::uint64_t> byte_count(std::string_view text) {
  std::uint64_t unit = 1;
  for (const std::string_view suffix : {"KiB", "K"}) {
    if (!text.ends_with(suffix)) continue;
    text.remove_suffix(suffix.size());
    unit = 1024;
    break;
  }
  if (unit == 1 && text.ends_with('B')) text.remove_suffix(1);
  const auto count = number<std::uint64_t>(text);
  if (!count || *count > (std::uint64_t{1} << 40)) return std::nullopt;
  return *count * unit;
}

// The words of storage-testbench, README.md, "Forced failures".
std::optional<Fault> testbench_word(std::string_view word) {
  const auto take = [&word](std::string_view prefix) {
    if (!word.starts_with(prefix)) return false;
    word.remove_prefix(prefix.size());
    return true;
  };
  Fault fault;
  if (word == "return-reset-connection") return fault.kind = FaultKind::reset, fault;
  if (word == "return-corrupted-data") return fault.kind = FaultKind::wrong_bytes, fault;
  if (word == "return-broken-stream") return fault.kind = FaultKind::truncated_download, fault;
  if (word == "stall-always") {
    fault.kind = FaultKind::stall;
    fault.after_bytes = 0;
    return fault;
  }
  const auto after = [&fault](std::string_view text, FaultKind kind) -> std::optional<Fault> {
    fault.kind = kind;
    fault.after_bytes = byte_count(text);
    return fault.after_bytes ? std::optional(fault) : std::nullopt;
  };
  if (take("return-broken-stream-after-") || take("return-broken-stream-final-chunk-after-"))
    return after(word, FaultKind::truncated_download);
  if (take("stall-at-")) return after(word, FaultKind::stall);
  if (take("stall-for-")) {
    const auto split = word.find("s-after-");
    const auto seconds = number<int>(word.substr(0, split));
    if (split == std::string_view::npos || !seconds || *seconds < 1 || *seconds > 86400)
      return std::nullopt;
    fault.stall = std::chrono::seconds(*seconds);
    return after(word.substr(split + 8), FaultKind::stall);
  }
  if (take("return-")) {
    // An error after some bytes can only be seen as a stream that breaks.
    if (const auto split = word.find("-after-"); split != std::string_view::npos) {
      if (!number<int>(word.substr(0, split))) return std::nullopt;
      return after(word.substr(split + 7), FaultKind::truncated_download);
    }
    const auto named = find_kind(word);
    if (named && named->fault.kind == FaultKind::status) return named->fault;
  }
  return std::nullopt;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::string fault_kinds() {
  std::vector<std::string_view> names{"429", "503"};
  for (const KindEntry& entry : kind_table()) names.push_back(entry.name);
  return fmt::format("{}", fmt::join(names, " "));
}

const Fault* Faults::find(FaultKind kind) const {
  const auto at = std::ranges::find(list_, kind, &Fault::kind);
  return at == list_.end() ? nullptr : &*at;
}

Result<FaultRule> parse_fault(std::string_view text) {
  const auto wrong = [whole = text](std::string_view why) {
    return fail(ErrorCode::usage,
                fmt::format("--fault {}: {} (KIND[.PLACE][:PROBABILITY][@TIMES], as 503@2; "
                            "kinds: {} …)",
                            printable(whole, 60), why, fault_kinds()));
  };
  FaultRule rule;
  if (const auto times = take_suffix(text, '@')) {
    rule.times = number<std::uint64_t>(*times);
    if (!rule.times) return wrong("TIMES is a whole number");
  }
  if (const auto probability = take_suffix(text, ':')) {
    const auto value = number<double>(*probability);
    if (!value || !(*value >= 0 && *value <= 1)) return wrong("PROBABILITY lies in 0…1");
    rule.probability = *value;
  }
  std::optional<Place> place;
  if (const auto name = take_suffix(text, '.')) {
    for (const auto& [known, value] : kPlaces)
      if (known == *name) place = value;
    if (!place) return wrong("PLACE is submit, poll, download, upload, object, token or hub");
  }
  auto named = find_kind(text);
  if (!named) return wrong("there is no such kind");
  rule.fault = named->fault;
  rule.places = place ? std::vector{*place} : std::move(named->places);
  return rule;
}

Result<Faults> parse_instructions(std::string_view header) {
  Faults faults;
  while (!header.empty()) {
    const auto comma = std::min(header.find(','), header.size());
    const std::string_view word = trimmed(header.substr(0, comma));
    header.remove_prefix(std::min(comma + 1, header.size()));
    if (const auto known = testbench_word(word)) {
      faults.add(*known);
    } else if (const auto named = find_kind(word)) {
      faults.add(named->fault);
    } else {
      return fail(ErrorCode::usage,
                  fmt::format("x-goog-emulator-instructions: \"{}\" is not known (kinds: {} …)",
                              printable(word, 60), fault_kinds()));
    }
  }
  return faults;
}

void FaultPlan::replace(std::vector<FaultRule> rules) {
  const std::scoped_lock lock(mutex_);
  rules_ = std::move(rules);
}

Faults FaultPlan::draw(Place place) {
  const std::scoped_lock lock(mutex_);
  Faults drawn;
  for (FaultRule& rule : rules_) {
    if (rule.times == 0 || std::ranges::find(rule.places, place) == rule.places.end()) continue;
    // 53 bits, the same on every machine.
    const double chance = std::ldexp(double(random_() >> 11), -53);
    if (chance >= rule.probability) continue;
    if (rule.times) --*rule.times;
    drawn.add(rule.fault);
    // What comes after it could not be seen, so it is kept for another request.
    if (replaces_work(rule.fault.kind)) break;
  }
  return drawn;
}

}  // namespace videogen::emulator
