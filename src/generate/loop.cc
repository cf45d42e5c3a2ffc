#include "generate/loop.h"

#include <algorithm>
#include <array>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "generate/change.h"
#include "generate/loop_internal.h"
#include "generate/session_internal.h"
#include "generate/settings_internal.h"
#include "generate/support_codes.h"

namespace videogen::generate {
namespace {

namespace fs = std::filesystem;
using AttemptState = Attempt::State;

constexpr std::int64_t kSeeds = std::int64_t{1} << 32;  // Veo takes 32 bits

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// Of google.rpc.Code: those that the same order would meet again.
bool is_final(int code) {
  constexpr std::array kFinal{3, 5, 7, 9, 11, 12, 16};
  return std::ranges::find(kFinal, code) != kFinal.end();
}

// What the next round changes, or why there is none.
struct Next {
  Change change{};
  std::optional<Error> end{};
};

Next after(const std::vector<Attempt>& attempts, std::size_t round_begin,
           const std::vector<std::string>& used) {
  const coherence::Report* best = nullptr;
  for (std::size_t i = round_begin; i < attempts.size(); ++i)
    for (const Candidate& candidate : attempts[i].candidates)
      if (candidate.report && (best == nullptr || better(*candidate.report, *best)))
        best = &*candidate.report;
  if (best != nullptr) return {change_for(best->reasons, used), {}};
  const Attempt& last = attempts.back();
  if (last.state == AttemptState::gone ||
      (last.state == AttemptState::failed && is_final(last.code)))
    return {{}, end_of(last)};
  if (last.state == AttemptState::filtered) {
    // Once may be a false alarm; twice the same is the prompt.
    const bool again = round_begin > 0 &&
                       attempts[round_begin - 1].state == AttemptState::filtered &&
                       attempts[round_begin - 1].support_codes == last.support_codes;
    if (again) return {{}, end_of(last)};
    return {{"", "another seed: filters withheld the clip, which may be a false alarm"}, {}};
  }
  if (last.state == AttemptState::damaged)
    return {{"", "another seed: what came cannot be read as a clip"}, {}};
  return {{"", "again: the operation failed on the service's side"}, {}};
}

class Loop {
 public:
  Loop(const RunOptions& options, const Means& means, const std::stop_token& stop)
      : options_(options),
        means_(means),
        session_(means, stop, {options.deadline, options.poll, options.patience},
                 options.validation, options.output.string()),
        order_(options.order) {
    if (!order_.seed) order_.seed = std::int64_t{std::random_device()()} % kSeeds;
  }

  Generation go() {
    session_.generation().model = order_.model;
    auto own = means_.journal.begin_run({.backend = means_.backend.name(),
                                         .place = means_.backend.place(),
                                         .settings = settings_json(options_.validation),
                                         .output = fs::absolute(options_.output)});
    if (!own) return failed(own.error());
    session_.own(*std::move(own));
    std::optional<Error> why;
    for (;;) {
      const std::size_t begin = session_.attempts().size();
      why = round();
      if (!why && next_link()) continue;
      if (session_.passed()) {
        // What else went wrong is no failure any more.
        if (why && why->code != ErrorCode::interrupted) {
          session_.generation().notes.push_back(why->message);
          why.reset();
        }
        break;
      }
      if (why) break;
      if (clips_ >= options_.max_clips) {
        why = used_up();
        break;
      }
      Next next = after(session_.attempts(), begin, used_);
      if (next.end) {
        why = std::move(next.end);
        break;
      }
      apply(next.change);
    }
    return session_.finish(options_.output, options_.existing, std::move(why));
  }

 private:
  // Submits of one round, and their ends. What ends the run, if anything.
  std::optional<Error> round() {
    std::optional<Error> broken;
    std::vector<Followed> pending;
    // What continues a clip is one of a kind; what is tried again counts.
    int wanted =
        order_.extended > 0 ? 1 : std::min(options_.candidates, options_.max_clips - clips_);
    if (order_.extended > 0 && !first_try_) ++clips_;
    while (wanted > 0 && !broken) {
      order_.samples = std::min(wanted, means_.backend.most_samples());
      broken = over_budget();
      if (broken) break;
      auto followed = session_.submit(order_, change_, options_.requests_per_minute);
      if (!followed) {
        broken = followed.error();
        break;
      }
      pending.push_back(*std::move(followed));
      if (order_.extended == 0) clips_ += order_.samples;
      first_try_ = false;
      wanted -= order_.samples;
      order_.seed = (*order_.seed + order_.samples) % kSeeds;
    }
    // What was ordered is paid for, whatever became of the next order.
    if (const Status followed = session_.follow(pending); !followed) return followed.error();
    return broken;
  }

  [[nodiscard]] std::optional<Error> over_budget() {
    constexpr double kCent = 0.005;
    const double spent = session_.generation().cost_usd();
    if (spent + rest_of_chain() <= options_.max_cost_usd + kCent) return std::nullopt;
    return Error{ErrorCode::budget,
                 fmt::format("--max-cost {:.2f} USD is used up: {:.2f} may be charged so far, and "
                             "the next order would cost about {:.2f}",
                             options_.max_cost_usd, spent, rest_of_chain()),
                 std::source_location::current()};
  }

  // What this order costs, and the extensions that are to follow: half a clip is of no use.
  [[nodiscard]] double rest_of_chain() const {
    const int following = order_.extensions - order_.extended;
    return order_.step_cost_usd() +
           order_.usd_per_second * order_.extension_seconds * std::max(following, 0);
  }

  // After a round whose best clip passes: whether it is to be continued. Each link passes before
  // the next one is paid for.
  bool next_link() {
    const Candidate* best = session_.best();
    const bool passes = best != nullptr && best->report->verdict == coherence::Verdict::pass;
    if (!passes || best->extended != order_.extended || order_.extended >= order_.extensions)
      return false;
    order_.video = best->uri.starts_with("gs://") ? best->uri : best->file.string();
    ++order_.extended;
    change_ = fmt::format("extension {} of {}", order_.extended, order_.extensions);
    first_try_ = true;
    return true;
  }

  // nullopt where a clip can be delivered.
  std::optional<Error> used_up() {
    const std::string limit = fmt::format("--max-clips {} is used up", options_.max_clips);
    if (session_.best() != nullptr) {
      const bool part = session_.best()->report->verdict == coherence::Verdict::pass;
      session_.generation().notes.push_back(
          limit + (part ? ", and the clip could not be continued to its length: this passes"
                        : ", and no clip passes: this is the best one"));
      return std::nullopt;
    }
    Error error = end_of(session_.attempts().back());
    error.message += "; " + limit;
    return error;
  }

  void apply(const Change& change) {
    change_ = change.why;
    if (change.addition.empty()) return;
    used_.push_back(change.addition);
    const std::string longer = order_.prompt + (order_.prompt.empty() ? "" : " ") + change.addition;
    if (options_.most_prompt > 0 && characters(longer) > options_.most_prompt) {
      change_ += " (the prompt is as long as the model takes: only the seed changes)";
      return;
    }
    order_.prompt = longer;
  }

  Generation failed(Error error) {
    session_.generation().error = std::move(error);
    return std::move(session_.generation());
  }

  const RunOptions& options_;
  const Means& means_;
  Session session_;
  Order order_;
  std::string change_;
  std::vector<std::string> used_;  // sentences that were added
  int clips_ = 0;                  // ordered
  bool first_try_ = true;          // of this link of a chain
};

}  // namespace

Error end_of(const Attempt& attempt) {
  constexpr int kNotFound = 5, kDenied = 7, kExhausted = 8, kUnauthenticated = 16;
  ErrorCode code = ErrorCode::unreachable;
  std::string what = fmt::format("no clip: the operation {}", name(attempt.state));
  switch (attempt.state) {
    case AttemptState::filtered:
      code = ErrorCode::corrupt;
      what = "no clip: the service's filters withheld it";
      break;
    case AttemptState::damaged:
      code = ErrorCode::corrupt;
      what = "no clip: what came cannot be read";
      break;
    case AttemptState::gone:
      code = ErrorCode::not_found;
      what = "no clip: the service does not know the operation";
      break;
    case AttemptState::lost:
      what =
          "no clip: nobody saw the reply to the order, and it may run and be charged; look for "
          "it in the service's console or bill before you ask once more";
      break;
    default:
      if (attempt.code == kExhausted) code = ErrorCode::budget;
      if (is_final(attempt.code)) code = ErrorCode::corrupt;
      if (attempt.code == kNotFound) code = ErrorCode::not_found;
      if (attempt.code == kDenied || attempt.code == kUnauthenticated)
        code = ErrorCode::unreachable;
  }
  return {code, attempt.error.empty() ? what : fmt::format("{}: {}", what, attempt.error),
          std::source_location::current()};
}

Generation run(const RunOptions& options, const Means& means, const std::stop_token& stop) {
  VIDEOGEN_CHECK(options.candidates >= 1 && options.max_clips >= 1, "no clip is asked for");
  return Loop(options, means, stop).go();
}

}  // namespace videogen::generate
