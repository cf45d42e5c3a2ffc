// The end of a session: the best clip to its place, the run out of the journal.
#include <algorithm>
#include <array>
#include <fstream>
#include <utility>

#include <fmt/format.h>

#include "generate/session_internal.h"

namespace videogen::generate {
namespace {

namespace fs = std::filesystem;
using AttemptState = Attempt::State;

Error cannot_read(const fs::path& path) { return file_error("read", path, EIO); }

}  // namespace

void Session::rank() {
  std::vector<Candidate*> all;
  for (Attempt& attempt : attempts())
    for (Candidate& candidate : attempt.candidates)
      if (candidate.report) all.push_back(&candidate);
  std::ranges::stable_sort(all,
                           [](const Candidate* a, const Candidate* b) { return better(*a, *b); });
  int place = 0;
  for (Candidate* candidate : all) candidate->rank = ++place;
}

const Candidate* Session::best() const {
  const Candidate* found = nullptr;
  for (const Attempt& attempt : generation_.attempts)
    for (const Candidate& candidate : attempt.candidates)
      if (candidate.report && (found == nullptr || better(candidate, *found))) found = &candidate;
  return found;
}

bool Session::passed() const {
  const Candidate* found = best();
  return found != nullptr && found->report->verdict == coherence::Verdict::pass &&
         found->extended >= generation_.extensions;
}

Status Session::deliver(const Candidate& candidate, const fs::path& output,
                        AtomicFile::Existing existing) {
  // The data folder may lie on another disk: bytes are copied, then the name appears.
  VIDEOGEN_TRY(AtomicFile file, AtomicFile::create(output, existing));
  std::ifstream in(candidate.file, std::ios::binary);
  if (!in) return tl::unexpected(cannot_read(candidate.file));
  std::vector<char> buffer(std::size_t{1} << 20);
  while (in) {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    const auto size = static_cast<std::size_t>(in.gcount());
    if (size > 0) VIDEOGEN_TRY(file.write(std::string_view(buffer.data(), size)));
  }
  if (!in.eof()) return tl::unexpected(cannot_read(candidate.file));
  return file.commit();
}

// Ends in the journal what has ended; what still runs keeps the run open.
void Session::close(std::string_view outcome) {
  const auto note = [this](const Status& status) {
    if (!status) generation_.notes.push_back(status.error().message);
  };
  for (const Followed& followed : fetched_) {
    const Attempt& attempt = attempts()[followed.attempt];
    note(means_.journal.ended(followed.id, SubmitRecord::State::ended,
                              fmt::format("{}: {}", name(attempt.state), attempt.error),
                              attempt.cost_usd));
    std::error_code ignored;
    for (const fs::path& file : followed.files) fs::remove(file, ignored);
  }
  if (!run_) return;
  const auto submits = means_.journal.submits(run_->record.id);
  if (!submits) return note(tl::unexpected(submits.error()));
  const bool open = std::ranges::any_of(*submits, [](const SubmitRecord& submit) {
    return submit.state == SubmitRecord::State::running ||
           submit.state == SubmitRecord::State::fetched;
  });
  if (!open) note(means_.journal.end_run(run_->record.id, outcome));
}

Generation Session::finish(const fs::path& output, AtomicFile::Existing existing,
                           std::optional<Error> why) {
  rank();
  const bool interrupted = why && why->code == ErrorCode::interrupted;
  const Candidate* chosen = interrupted ? nullptr : best();
  generation_.error = std::move(why);
  bool delivered = false;
  if (chosen != nullptr) {
    const auto owner = std::ranges::find_if(attempts(), [chosen](const Attempt& attempt) {
      return std::ranges::any_of(attempt.candidates,
                                 [chosen](const Candidate& c) { return &c == chosen; });
    });
    generation_.operation = owner->operation;
    if (means_.hooks.stage) means_.hooks.stage(Stage::writing, *owner);
    if (const Status written = deliver(*chosen, output, existing); written) {
      delivered = true;
      generation_.status = passed() ? Generation::Status::completed : Generation::Status::rejected;
      generation_.output = output;
      generation_.report = chosen->report;
    } else {
      generation_.error = written.error();
      generation_.error->message += fmt::format(
          "; the clip is kept: videogen generate --resume {} -o OTHER", owner->operation);
    }
  }
  // A clip that is not delivered stays on disk for the next resume().
  const bool keep = !delivered && best() != nullptr;
  if (!keep) close(delivered ? (passed() ? "completed" : "rejected") : "failed");
  std::string open;
  for (const Attempt& attempt : attempts())
    if (attempt.state == AttemptState::running && !attempt.operation.empty())
      open = attempt.operation;
  if (open.empty() && interrupted && best() != nullptr) open = generation_.operation;
  if (!open.empty() && generation_.error) {
    if (!delivered) generation_.operation = open;
    generation_.error->message +=
        fmt::format("; operation {} can be taken up: videogen generate --resume {}", open, open);
  }
  return std::move(generation_);
}

}  // namespace videogen::generate
