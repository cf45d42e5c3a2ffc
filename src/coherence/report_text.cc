#include "coherence/report_text.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include <fmt/format.h>

#include "base/error.h"
#include "coherence/number_text.h"
#include "coherence/sparkline.h"

namespace videogen::coherence {
namespace {

constexpr std::size_t kMostPairs = 20;  // lines; a terminal holds few more

using Out = std::back_insert_iterator<std::string>;

std::string painted(std::string_view text, std::string_view escape, const TextStyle& style) {
  return style.colour ? fmt::format("\x1b[{}m{}\x1b[0m", escape, text) : std::string(text);
}

std::string verdict_word(const Report& report, const TextStyle& style) {
  switch (report.verdict) {
    case Verdict::pass:
      return painted("PASS", "1;32", style);
    case Verdict::fail:
      return painted("FAIL", "1;31", style);
    case Verdict::unknown:
      break;
  }
  return painted("UNKNOWN", "1;33", style);
}

std::string shown(double similarity, const Report& report) {
  return similarity_text(similarity, report.threshold);
}

std::string pairs_sentence(const Report& report) {
  const std::size_t compared = static_cast<std::size_t>(
      std::ranges::count_if(report.similarities, [](const auto& s) { return s.has_value(); }));
  return fmt::format(
      "{} of {} pairs of neighbouring samples {} under {}", report.flagged_frames.size(), compared,
      report.flagged_frames.size() == 1 ? "is" : "are", shortest_text(report.threshold));
}

void write_pairs(Out out, const Report& report, const TextStyle& style) {
  if (report.flagged_frames.empty()) return;
  fmt::format_to(out, "  {}{}\n", pairs_sentence(report),
                 report.multi_shot ? "" : " (if a cut is meant: --multi-shot)");
  const std::size_t lines = std::min(report.flagged_frames.size(), kMostPairs);
  for (std::size_t i = 0; i < lines; ++i) {
    const FlaggedPair& pair = report.flagged_frames[i];
    const auto first = static_cast<std::size_t>(pair.first);
    const std::string times =
        fmt::format("{} s {} {} s", seconds_text(report.timestamps_s[first]),
                    style.unicode ? "→" : "to", seconds_text(report.timestamps_s[first + 1]));
    fmt::format_to(out, "    {:<20}  {}\n", times,
                   painted(shown(pair.similarity, report), "31", style));
  }
  if (report.flagged_frames.size() > lines)
    fmt::format_to(out, "    and {} more (--json lists all)\n",
                   report.flagged_frames.size() - lines);
}

void write_numbers(Out out, const Report& report, const TextStyle& style) {
  if (!report.overall_coherence) return;
  fmt::format_to(out, "  mean {}   lowest {}   highest {}   threshold {}\n",
                 shown(*report.overall_coherence, report), shown(*report.min_coherence, report),
                 shown(*report.max_coherence, report), shortest_text(report.threshold));
  if (!style.unicode) return;
  const std::string span = fmt::format("{} s … {} s", seconds_text(report.timestamps_s.front()),
                                       seconds_text(report.timestamps_s.back()));
  // Two thirds of the scale lie between the threshold and 1, so that a dip under it stands out.
  const double low = report.threshold - (1 - report.threshold) / 2;
  fmt::format_to(out, "  {}  {}\n",
                 sparkline(report.similarities, low, 1.0,
                           std::max(style.columns - 6 - static_cast<int>(span.size()), 8)),
                 span);
}

void write_origin(Out out, const Report& report) {
  fmt::format_to(out, "  {} sample{} at {} a second, judged by {}", report.frame_count,
                 report.frame_count == 1 ? "" : "s", shortest_text(report.fps),
                 printable(report.embedder.model));
  if (report.embedder.name != "gist") fmt::format_to(out, " ({})", report.embedder.precision);
  fmt::format_to(out, ": {}\n", printable(report.embedder_why));
}

// Where the lowest pair that counts lies.
std::string lowest_place(const Report& report) {
  for (const FlaggedPair& pair : report.flagged_frames) {
    if (pair.similarity != report.min_coherence) continue;
    const auto first = static_cast<std::size_t>(pair.first);
    return fmt::format(" between {} s and {} s", seconds_text(report.timestamps_s[first]),
                       seconds_text(report.timestamps_s[first + 1]));
  }
  return "";
}

}  // namespace

std::string to_text(const Report& report, const TextStyle& style) {
  std::string text;
  const Out out(text);
  fmt::format_to(out, "{}  {}\n", verdict_word(report, style), printable(report.source.uri));
  for (const Reason& reason : report.reasons)
    if (reason.kind != "flagged_pair") fmt::format_to(out, "  {}\n", printable(reason.message));
  write_pairs(out, report, style);
  write_numbers(out, report, style);
  write_origin(out, report);
  for (const std::string& note : report.notes)
    fmt::format_to(out, "  note: {}\n", printable(note, 1000));
  return text;
}

std::string to_line(const Report& report, const TextStyle& style) {
  std::string text;
  const Out out(text);
  fmt::format_to(out, "{}  {}: ", verdict_word(report, style), printable(report.source.uri));
  if (!report.overall_coherence) {
    fmt::format_to(out, "{}\n", report.reasons.empty() ? "" : report.reasons.front().message);
    return text;
  }
  fmt::format_to(out, "mean {}, lowest {}{}", shown(*report.overall_coherence, report),
                 shown(*report.min_coherence, report), lowest_place(report));
  if (report.verdict == Verdict::fail) {
    fmt::format_to(
        out, "; {}",
        report.flagged_frames.empty() ? report.reasons.front().message : pairs_sentence(report));
  }
  fmt::format_to(out, "\n");
  return text;
}

}  // namespace videogen::coherence
