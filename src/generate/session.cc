#include "generate/session_internal.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "generate/support_codes.h"

namespace videogen::generate {
namespace {

using std::chrono::milliseconds;
using AttemptState = Attempt::State;

double seconds_since(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

// A clip whose bytes end before its container says so: it may play, but it is not what was made.
std::optional<Error> cut_short(const coherence::Report& report) {
  constexpr double kAtLeast = 0.9;
  const auto& [uri, sha256, video, frames] = report.source;
  if (!frames || !video.frame_rate || !video.duration_s) return std::nullopt;
  const double rate = video.frame_rate->value();
  if (!(rate > 0) || double(*frames) >= kAtLeast * *video.duration_s * rate) return std::nullopt;
  return Error{ErrorCode::corrupt,
               fmt::format("the clip is cut short: {:.1f} of {:.1f} s can be read",
                           double(*frames) / rate, *video.duration_s),
               std::source_location::current()};
}

}  // namespace

Session::Session(const Means& means, const std::stop_token& user, const Waiting& waiting,
                 coherence::Options validation, std::string shown)
    : means_(means),
      waiting_(waiting),
      validation_(std::move(validation)),
      shown_(std::move(shown)),
      user_(user),
      deadline_(user, waiting.deadline) {
  generation_.backend = means.backend.name();
}

void Session::tell(Stage stage, const Attempt& attempt) const {
  if (means_.hooks.stage) means_.hooks.stage(stage, attempt);
}

Error Session::stopped() const {
  if (deadline_.interrupted())
    return {ErrorCode::interrupted, "interrupted", std::source_location::current()};
  return {ErrorCode::budget,
          fmt::format("the deadline of {:.0f} s has passed",
                      std::chrono::duration<double>(waiting_.deadline).count()),
          std::source_location::current()};
}

Status Session::pause(milliseconds time) const {
  if (means_.timing.sleep(time, deadline_.token())) return {};
  return tl::unexpected(stopped());
}

Result<std::int64_t> Session::write_down(const Order& order, const Attempt& attempt,
                                         int per_minute) {
  SubmitRecord record;
  record.number = attempt.number;
  record.order = order;
  record.note = attempt.change;
  record.cost_usd = attempt.cost_usd;
  for (bool told = false;; told = true) {
    VIDEOGEN_TRY(const Journal::Begun begun,
                 means_.journal.begin_submit(run_->record, record, per_minute));
    if (begun.wait.count() <= 0) return begun.id;
    if (!told && means_.hooks.says)
      means_.hooks.says(fmt::format("{} takes {} requests a minute: waiting for {:.0f} s",
                                    order.model, per_minute,
                                    std::chrono::duration<double>(begun.wait).count()));
    VIDEOGEN_TRY(pause(begun.wait));
  }
}

Result<Followed> Session::submit(const Order& order, const std::string& change, int per_minute) {
  generation_.model = order.model;
  if (deadline_.token().stop_requested()) return tl::unexpected(stopped());
  const auto stop_or = [this](Error error) -> tl::unexpected<Error> {
    return tl::unexpected(error.code == ErrorCode::interrupted ? stopped() : std::move(error));
  };
  if (Status ready = means_.backend.prepare(order, deadline_.token()); !ready)
    return stop_or(std::move(ready).error());
  Attempt attempt;
  attempt.number = static_cast<int>(attempts().size()) + 1;
  attempt.model = order.model;
  attempt.prompt = order.prompt;
  attempt.seed = order.seed;
  attempt.change = change;
  attempt.cost_usd = order.step_cost_usd();
  attempt.extended = order.extended;
  generation_.price_known = order.price_known;
  generation_.extensions = order.extensions;
  VIDEOGEN_TRY(const std::int64_t id, write_down(order, attempt, per_minute));
  tell(Stage::journaled, attempt);
  if (deadline_.token().stop_requested() || user_.stop_requested()) {
    VIDEOGEN_TRY(means_.journal.ended(id, SubmitRecord::State::ended, "refused: not sent", 0));
    return tl::unexpected(stopped());
  }
  Followed followed{id, attempts().size(), order.samples, std::chrono::steady_clock::now(), {}, {}};
  Submission sent = means_.backend.submit(order, deadline_.token(), deadline_.cut());
  tell(Stage::answered, attempt);
  switch (sent.state) {
    case Submission::State::accepted:
      attempt.operation = sent.operation;
      generation_.operation = sent.operation;
      attempts().push_back(attempt);
      VIDEOGEN_TRY(means_.journal.accepted(id, sent.operation));
      tell(Stage::submitted, attempt);
      return followed;
    case Submission::State::refused:
      // Not billable, so no attempt; the error says it all.
      VIDEOGEN_TRY(means_.journal.ended(id, SubmitRecord::State::ended,
                                        "refused: " + sent.error.message, 0));
      attempt.state = AttemptState::refused;
      tell(Stage::ended, attempt);
      return stop_or(std::move(sent.error));
    case Submission::State::unknown:
      break;
  }
  attempt.state = AttemptState::lost;
  attempt.error = sent.error.message;
  attempt.seconds = seconds_since(followed.since);
  attempts().push_back(attempt);
  VIDEOGEN_TRY(means_.journal.ended(id, SubmitRecord::State::lost, "lost: " + attempt.error,
                                    attempt.cost_usd));
  tell(Stage::ended, attempt);
  Error error = sent.error.code == ErrorCode::interrupted ? stopped() : sent.error;
  error.message = fmt::format(
      "{}; whether the order was taken is unknown, so it is not sent again: look for it in the "
      "service's console or bill before you ask once more",
      attempt.error);
  return tl::unexpected(std::move(error));
}

Result<std::optional<Poll>> Session::poll_once(const Followed& followed) {
  Attempt& attempt = attempts()[followed.attempt];
  PollResult result = means_.backend.poll(attempt.operation, followed.samples, deadline_.token());
  if (!result) {
    if (deadline_.token().stop_requested()) return tl::unexpected(stopped());
    const PollFailure& failure = result.error();
    const auto now = means_.timing.now();
    if (!trouble_since_) trouble_since_ = now;
    if (failure.may_heal && now - *trouble_since_ < waiting_.patience) return std::optional<Poll>();
    return tl::unexpected(Error(failure));
  }
  trouble_since_.reset();
  if (result->state != Poll::State::running) return std::optional<Poll>(*std::move(result));
  if (result->percent && means_.hooks.working) means_.hooks.working(*result->percent);
  tell(Stage::polled, attempt);
  return std::optional<Poll>();
}

Status Session::follow(std::vector<Followed>& pending) {
  constexpr milliseconds kFirst{500};
  constexpr double kGrowth = 1.5, kJitter = 0.2;
  milliseconds longest = std::min(kFirst, waiting_.poll);
  while (!pending.empty()) {
    const double jitter = 1 + kJitter * (2 * means_.timing.random() - 1);
    VIDEOGEN_TRY(pause(std::chrono::duration_cast<milliseconds>(longest * jitter)));
    longest = std::min(std::chrono::duration_cast<milliseconds>(longest * kGrowth), waiting_.poll);
    for (auto at = pending.begin(); at != pending.end();) {
      VIDEOGEN_TRY(const std::optional<Poll> end, poll_once(*at));
      if (!end) {
        ++at;
        continue;
      }
      VIDEOGEN_TRY(take(*at, *end));
      at = pending.erase(at);
    }
  }
  return {};
}

Status Session::end_attempt(const Followed& followed, AttemptState state, double cost) {
  Attempt& attempt = attempts()[followed.attempt];
  attempt.state = state;
  attempt.cost_usd = cost;
  attempt.seconds = seconds_since(followed.since);
  VIDEOGEN_TRY(means_.journal.ended(followed.id, SubmitRecord::State::ended,
                                    fmt::format("{}: {}", name(state), attempt.error), cost));
  tell(Stage::ended, attempt);
  return {};
}

Status Session::take(Followed& followed, const Poll& poll) {
  Attempt& attempt = attempts()[followed.attempt];
  attempt.error = poll.message;
  attempt.code = poll.code;
  attempt.support_codes = poll.support_codes;
  switch (poll.state) {
    case Poll::State::filtered:
      return end_attempt(followed, AttemptState::filtered, 0);
    case Poll::State::failed:
      return end_attempt(followed, AttemptState::failed, 0);
    case Poll::State::gone:
      return end_attempt(followed, AttemptState::gone, attempt.cost_usd);
    case Poll::State::running:
      return {};
    case Poll::State::done:
    case Poll::State::partial:
      break;
  }
  // Clips that filters took are not charged.
  const double share = double(poll.clips.size()) / std::max(followed.samples, 1);
  attempt.cost_usd *= std::min(share, 1.0);
  VIDEOGEN_TRY(fetch(followed, poll));
  VIDEOGEN_TRY(judge(followed));
  if (attempt.state == AttemptState::damaged) VIDEOGEN_TRY(fetch_again(followed));
  attempt.seconds = seconds_since(followed.since);
  tell(Stage::ended, attempt);
  return {};
}

Status Session::fetch(Followed& followed, const Poll& poll) {
  const Attempt& attempt = attempts()[followed.attempt];
  followed.files.clear();
  followed.uris.clear();
  const auto progress = [&](std::uint64_t done, std::optional<std::uint64_t> total) {
    if (means_.hooks.fetching) means_.hooks.fetching(done, total);
    tell(Stage::downloading, attempt);
  };
  for (const Clip& clip : poll.clips) {
    const auto path = means_.journal.clip_path(run_->record.id, attempt.number,
                                               static_cast<int>(followed.files.size()) + 1);
    Status came = means_.backend.download(clip, path, progress, deadline_.token());
    // Bytes that changed on the way may come right the next time, and fetching is free.
    if (!came && came.error().code == ErrorCode::corrupt)
      came = means_.backend.download(clip, path, progress, deadline_.token());
    if (!came && deadline_.token().stop_requested()) return tl::unexpected(stopped());
    if (!came) return came;
    followed.files.push_back(path);
    followed.uris.push_back(clip.uri);
  }
  VIDEOGEN_TRY(means_.journal.fetched(followed.id, followed.files));
  tell(Stage::fetched, attempt);
  return {};
}

Status Session::fetch_again(Followed& followed) {
  VIDEOGEN_TRY(const std::optional<Poll> end, poll_once(followed));
  if (!end || end->clips.empty()) return {};
  const double cost = attempts()[followed.attempt].cost_usd;
  VIDEOGEN_TRY(fetch(followed, *end));
  VIDEOGEN_TRY(judge(followed));
  attempts()[followed.attempt].cost_usd = cost;
  return {};
}

Result<Candidate> Session::judge_file(const std::filesystem::path& file) {
  Candidate candidate;
  candidate.file = file;
  coherence::Options options = validation_;
  options.progress = means_.hooks.validating;
  options.pictures = nullptr;
  auto report = coherence::validate({file, shown_}, means_.embedder, options, user_);
  if (!report) {
    if (report.error().code == ErrorCode::interrupted) return tl::unexpected(stopped());
    candidate.error = std::move(report).error();
    return candidate;
  }
  if (auto error = cut_short(*report)) {
    candidate.error = *std::move(error);
    return candidate;
  }
  if (means_.hooks.judge) {
    report = means_.hooks.judge(*std::move(report), file, user_);
    if (!report && report.error().code == ErrorCode::interrupted) return tl::unexpected(stopped());
    if (!report) return tl::unexpected(report.error());
  }
  candidate.report = *std::move(report);
  return candidate;
}

Status Session::judge(Followed& followed) {
  Attempt& attempt = attempts()[followed.attempt];
  attempt.candidates.clear();
  attempt.state = AttemptState::running;
  AttemptState found = AttemptState::damaged;
  for (const auto& file : followed.files) {
    VIDEOGEN_TRY(Candidate candidate, judge_file(file));
    if (candidate.report && candidate.report->verdict == coherence::Verdict::pass) {
      found = AttemptState::passed;
    } else if (candidate.report && found == AttemptState::damaged) {
      found = AttemptState::rejected;
    }
    candidate.extended = attempt.extended;
    if (const std::size_t index = attempt.candidates.size(); index < followed.uris.size())
      candidate.uri = followed.uris[index];
    if (candidate.error) attempt.error = candidate.error->message;
    attempt.candidates.push_back(std::move(candidate));
    tell(Stage::validated, attempt);
  }
  attempt.state = found;
  const auto same = [&followed](const Followed& other) { return other.id == followed.id; };
  if (std::ranges::none_of(fetched_, same)) fetched_.push_back(followed);
  return {};
}

}  // namespace videogen::generate
