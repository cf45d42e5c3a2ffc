#include "coherence/report_text.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "coherence/measures/list.h"
#include "coherence/number_text.h"
#include "coherence/sparkline.h"

namespace videogen::coherence {
namespace {

// Lines; a terminal holds few more. Where every frame was looked at, pairs are a side note.
constexpr std::size_t kMostReasons = 15;
constexpr std::size_t kMostPairs = 20;
constexpr std::size_t kMostPairsBesideAnalysis = 5;
constexpr double kWorkingPoint = 0.5;
constexpr double kFaint = 0.25;  // evidence below this is not worth a word

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

// Reasons of single pairs are told by write_pairs, all in one.
void write_reasons(Out out, const Report& report) {
  std::size_t told = 0;
  std::size_t left_out = 0;
  for (const Reason& reason : report.reasons) {
    if (reason.kind == "flagged_pair") continue;
    if (told++ < kMostReasons) {
      fmt::format_to(out, "  {}\n", printable(reason.message));
    } else {
      ++left_out;
    }
  }
  if (left_out > 0) fmt::format_to(out, "  and {} more (--json lists all)\n", left_out);
}

void write_pairs(Out out, const Report& report, const TextStyle& style) {
  if (report.flagged_frames.empty()) return;
  const bool alone = !report.analysis;
  fmt::format_to(out, "  {}{}\n", pairs_sentence(report),
                 alone && !report.multi_shot ? " (if a cut is meant: --multi-shot)" : "");
  const std::size_t lines =
      std::min(report.flagged_frames.size(), alone ? kMostPairs : kMostPairsBesideAnalysis);
  for (std::size_t i = 0; i < lines; ++i) {
    const FlaggedPair& pair = report.flagged_frames[i];
    const auto first = static_cast<std::size_t>(pair.first);
    const std::string times =
        fmt::format("{} s {} {} s", seconds_text(report.timestamps_s[first]),
                    style.unicode ? "→" : "to", seconds_text(report.timestamps_s[first + 1]));
    fmt::format_to(out, "    {:<20}  {}\n", times,
                   painted(shown(pair.similarity, report), alone ? "31" : "33", style));
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

// Items side by side under a label; the rest of `most_lines` full lines is left out.
class Row {
 public:
  Row(std::string_view label, const TextStyle& style, int most_lines)
      : style_(style), most_lines_(most_lines), text_(fmt::format("  {:<10}", label)) {}

  // Columns are counted without the escapes.
  void add(const std::string& item, std::string_view escape = "") {
    const int width = static_cast<int>(item.size());
    if (column_ > kIndent && column_ + kGap + width > style_.columns) {
      ++lines_;
      if (lines_ <= most_lines_) text_ += fmt::format("\n{:{}}", "", kIndent);
      column_ = kIndent;
    }
    if (lines_ > most_lines_) return;
    if (column_ > kIndent) {
      text_ += "   ";
      column_ += kGap;
    }
    text_ += escape.empty() ? item : painted(item, escape, style_);
    column_ += width;
  }
  [[nodiscard]] std::string text() const { return text_ + "\n"; }

 private:
  static constexpr int kIndent = 12;
  static constexpr int kGap = 3;
  const TextStyle& style_;
  const int most_lines_;
  int lines_ = 1, column_ = kIndent;
  std::string text_;
};

std::string frames_looked_at(const Report& report) {
  if (!report.source.frames) return "all frames";
  return fmt::format("{} frame{}", *report.source.frames, *report.source.frames == 1 ? "" : "s");
}

void write_evidence(Out out, const Report& report, const TextStyle& style) {
  std::vector<Analysis::Evidence> found;
  std::string unmeasured;
  for (const Analysis::Evidence& evidence : report.analysis->defects) {
    if (!evidence.score) {
      unmeasured += fmt::format("{}{}", unmeasured.empty() ? "" : ", ", evidence.kind);
    } else if (*evidence.score >= kFaint) {
      found.push_back(evidence);
    }
  }
  std::ranges::stable_sort(found, std::greater(), [](const auto& e) { return *e.score; });
  if (found.empty()) {
    fmt::format_to(out, "  no defect found in {}\n", frames_looked_at(report));
  } else {
    Row row("evidence", style, 3);
    for (const Analysis::Evidence& evidence : found)
      row.add(fmt::format("{} {:.2f}", evidence.kind, *evidence.score),
              *evidence.score >= kWorkingPoint ? "31" : "");
    row.add(fmt::format("in {}", frames_looked_at(report)));
    fmt::format_to(out, "{}", row.text());
  }
  if (!unmeasured.empty()) fmt::format_to(out, "  not looked for: {}\n", unmeasured);
}

// What a flag asked for has lines of its own.
bool was_asked_for(const Measure& measure) {
  const MeasureEntry* entry = find_measure(measure.name);
  return entry != nullptr && (entry->needs & (kText | kEveryEmbedding)) != 0;
}

void write_prompt(Out out, const Measure& measure) {
  fmt::format_to(out, "cosine {}, relative", brief_text(*measure.value));
  if (!measure.moments.empty())
    fmt::format_to(out, "; weakest {} at {} s", brief_text(measure.moments.front().value),
                   seconds_text(measure.moments.front().time_s));
  fmt::format_to(out, "\n");
  for (const auto& [name, share] : measure.detail)
    if (name == "wins")
      fmt::format_to(out, "            nearer than all else in {:.0f} % of the samples\n",
                     100 * share);
  for (const Measure::Alternative& other : measure.alternatives)
    fmt::format_to(out, "            {} {} and nearer in {:.0f} %\n", brief_text(other.cosine),
                   printable(fmt::format("\"{}\"", other.text), 60), 100 * other.wins);
}

void write_asked_for(Out out, const Report& report) {
  for (const Measure& measure : report.analysis->measures) {
    if (!was_asked_for(measure)) continue;
    const bool prompt = measure.name == kPromptAdherence.name;
    fmt::format_to(out, "  {:<10}", prompt ? "prompt" : "vbench");
    if (!measure.value) {
      fmt::format_to(out, "not measured: {}\n", printable(measure.absent));
    } else if (prompt) {
      write_prompt(out, measure);
    } else {
      // Published ones differ in the third decimal.
      fmt::format_to(out, "background consistency {:.4f}\n", *measure.value);
    }
  }
}

void write_measures(Out out, const Report& report, const TextStyle& style) {
  const auto& all = report.analysis->measures;
  if (std::ranges::none_of(all, [](const Measure& m) { return m.value.has_value(); })) return;
  Row row("measures", style, 2);
  // What can fail the clip comes first; of the rest what finds room.
  for (const bool gated : {true, false}) {
    for (const Measure& measure : all) {
      if (!measure.value || measure.gate.has_value() != gated || was_asked_for(measure)) continue;
      std::string name = measure.name;
      std::ranges::replace(name, '_', ' ');
      const bool past_gate = measure.passed() == false;
      std::string item = fmt::format("{} {}", name, brief_text(*measure.value, measure.gate));
      if (!measure.label.empty()) item += fmt::format(" ({})", measure.label);
      if (past_gate)
        item += fmt::format(" (at {} {})",
                            measure.passes == Measure::Passes::at_most ? "most" : "least",
                            shortest_text(*measure.gate));
      row.add(item, past_gate ? "31" : "");
    }
  }
  fmt::format_to(out, "{}", row.text());
}

void write_origin(Out out, const Report& report) {
  std::int64_t refined = 0;
  for (const Report::Refined& one : report.refined) refined += one.samples;
  fmt::format_to(out, "  {} sample{} at {} a second{}, judged by {}", report.frame_count - refined,
                 report.frame_count - refined == 1 ? "" : "s", shortest_text(report.fps),
                 refined > 0 ? fmt::format(" and {} further", refined) : "",
                 printable(report.embedder.model));
  if (report.embedder.name != "gist") fmt::format_to(out, " ({})", report.embedder.precision);
  fmt::format_to(out, ": {}\n", printable(report.embedder_why));
}

// Where the lowest pair that counts lies.
void write_opinion(Out out, const Opinion& opinion) {
  fmt::format_to(out, "  judge     {}\n", to_text(opinion));
  if (!opinion.comment.empty())
    fmt::format_to(out, "            {}\n", printable(opinion.comment, 1000));
  for (const std::string& issue : opinion.issues)
    fmt::format_to(out, "            - {}\n", printable(issue));
}

std::string lowest_place(const Report& report) {
  for (const FlaggedPair& pair : report.flagged_frames) {
    if (pair.similarity != report.min_coherence) continue;
    const auto first = static_cast<std::size_t>(pair.first);
    return fmt::format(" between {} s and {} s", seconds_text(report.timestamps_s[first]),
                       seconds_text(report.timestamps_s[first + 1]));
  }
  return "";
}

// The one whose event has most evidence; else the first.
const Reason& strongest(const Report& report) {
  const Reason* best = &report.reasons.front();
  double most = -1;
  if (!report.analysis) return *best;
  for (const Reason& reason : report.reasons)
    for (const Event& event : report.analysis->events)
      if (event.kind == reason.kind && event.start_s == reason.start_s && event.score > most) {
        best = &reason;
        most = event.score;
      }
  return *best;
}

std::string why(const Report& report) {
  if (!report.analysis && !report.flagged_frames.empty()) return pairs_sentence(report);
  std::string text = printable(strongest(report).message);
  const auto others = std::ranges::count_if(
      report.reasons, [](const Reason& reason) { return reason.kind != "flagged_pair"; });
  if (others > 1) text += fmt::format(", and {} more", others - 1);
  return text;
}

}  // namespace

std::string to_text(const Report& report, const TextStyle& style) {
  std::string text;
  const Out out(text);
  fmt::format_to(out, "{}  {}\n", verdict_word(report, style), printable(report.source.uri));
  write_reasons(out, report);
  write_pairs(out, report, style);
  write_numbers(out, report, style);
  if (report.analysis) {
    write_evidence(out, report, style);
    write_measures(out, report, style);
    write_asked_for(out, report);
  }
  if (report.opinion) write_opinion(out, *report.opinion);
  write_origin(out, report);
  for (const std::string& note : report.notes)
    fmt::format_to(out, "  note: {}\n", printable(note, 1000));
  return text;
}

std::string to_line(const Report& report, const TextStyle& style) {
  std::string text;
  const Out out(text);
  fmt::format_to(out, "{}  {}: ", verdict_word(report, style), printable(report.source.uri));
  std::string_view gap;
  if (!report.reasons.empty()) {
    fmt::format_to(out, "{}", why(report));
    gap = "; ";
  }
  if (report.overall_coherence)
    fmt::format_to(out, "{}mean {}, lowest {}{}", gap, shown(*report.overall_coherence, report),
                   shown(*report.min_coherence, report), lowest_place(report));
  fmt::format_to(out, "\n");
  return text;
}

}  // namespace videogen::coherence
