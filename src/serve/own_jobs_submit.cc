#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "net/trace_context.h"
#include "serve/own_jobs_internal.h"

namespace videogen::serve {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kIdDigits = 32;
constexpr std::chrono::seconds kUntilDiskHasRoom{60}, kUntilRestart{5};
constexpr double kLongestRetry_s = 3600;

tl::unexpected<Refusal> refused(ErrorCode code, std::string message,
                                std::optional<std::chrono::seconds> retry_after = {}) {
  return tl::unexpected(
      Refusal{{code, std::move(message), std::source_location::current()}, false, retry_after});
}
tl::unexpected<Refusal> refused(Error error, std::optional<std::chrono::seconds> retry_after = {}) {
  return tl::unexpected(Refusal{std::move(error), false, retry_after});
}

// An upload that no job took goes.
class Upload {
 public:
  explicit Upload(fs::path path) : path_(std::move(path)) {}
  Upload(const Upload&) = delete;
  Upload& operator=(const Upload&) = delete;
  ~Upload() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove(path_, ignored);
  }

 private:
  fs::path path_;
};

std::int64_t size_of(const fs::path& file) {
  std::error_code failed;
  const auto size = file.empty() ? 0 : fs::file_size(file, failed);
  return failed ? 0 : static_cast<std::int64_t>(size);
}

}  // namespace

tl::expected<Submitted, Refusal> OwnJobs::submit(Submission submission) {
  const Upload upload(submission.upload);
  if (const auto why = executor_.lacks(submission.skill))
    return refused(ErrorCode::unsupported, *why);
  if (auto known = replay(submission)) return *std::move(known);
  if (submission.question.empty()) {
    Result<std::string> checked =
        executor_.check(submission.skill, submission.request, !submission.upload.empty());
    if (!checked) return refused(checked.error());
    submission.request = *std::move(checked);
  }
  const std::lock_guard lock(mutex_);
  // Two with the same key may have come at once.
  if (auto known = replay(submission)) return *std::move(known);
  return accept(std::move(submission));
}

std::optional<tl::expected<Submitted, Refusal>> OwnJobs::replay(
    const Submission& submission) const {
  if (submission.idempotency_key.empty()) return std::nullopt;
  auto known = store_->find_key(submission.tenant, submission.idempotency_key);
  if (!known) return refused(known.error(), kUntilDiskHasRoom);
  if (!*known) return std::nullopt;
  if ((*known)->digest == submission.digest) return Submitted{std::move((*known)->job), true};
  Refusal refusal;
  refusal.error = {ErrorCode::usage,
                   fmt::format("the idempotency key {} was used for another request, job {}",
                               printable(submission.idempotency_key, 80), (*known)->job.id),
                   std::source_location::current()};
  refusal.conflict = true;
  return tl::unexpected(std::move(refusal));
}

std::optional<Refusal> OwnJobs::full(const Submission& submission, std::int64_t bytes) {
  const auto because = [](ErrorCode code, std::string message, std::chrono::seconds retry_after) {
    return Refusal{{code, std::move(message), std::source_location::current()}, false, retry_after};
  };
  if (draining_)
    return because(ErrorCode::interrupted, "the service is about to end and takes no more jobs",
                   kUntilRestart);
  Lane& lane = lane_of(submission.skill);
  const std::size_t all = lanes_[0].queue.size() + lanes_[1].queue.size();
  const std::size_t own =
      lanes_[0].queue.size(submission.tenant) + lanes_[1].queue.size(submission.tenant);
  const bool too_many = all >= static_cast<std::size_t>(options_.max_queued);
  if (too_many || own >= static_cast<std::size_t>(options_.max_queued_per_tenant)) {
    // A place is free in the whole queue when the next job starts, in the tenant's own when its
    // turn comes.
    const double turns =
        too_many ? 1 : static_cast<double>(std::max<std::size_t>(1, lane.queue.tenants()));
    const double wait_s =
        std::clamp(std::ceil(seconds_per_job(lane) * turns / lane.workers), 1.0, kLongestRetry_s);
    return because(ErrorCode::budget,
                   too_many ? fmt::format("the queue is full ({} jobs wait)", all)
                            : fmt::format("too many of your jobs wait ({})", own),
                   std::chrono::seconds(static_cast<std::int64_t>(wait_s)));
  }
  make_room(bytes);
  if (bytes_kept_ + bytes > static_cast<std::int64_t>(options_.quota_bytes))
    return because(ErrorCode::unwritable,
                   fmt::format("the files of jobs that have not ended take the {} bytes that are "
                               "meant for them",
                               options_.quota_bytes),
                   kUntilDiskHasRoom);
  return std::nullopt;
}

tl::expected<Submitted, Refusal> OwnJobs::accept(Submission submission) {
  const std::int64_t bytes = size_of(submission.upload);
  if (auto why = full(submission, bytes)) return tl::unexpected(*std::move(why));
  auto active = std::make_shared<ActiveJob>();
  StoredJob& stored = active->stored;
  stored.key = std::move(submission.idempotency_key);
  stored.digest = std::move(submission.digest);
  stored.bytes = bytes;
  Job& job = stored.job;
  job.id = net::random_hex(kIdDigits);
  job.tenant = std::move(submission.tenant);
  job.skill = submission.skill;
  job.state = submission.question.empty() ? JobState::queued : JobState::input_required;
  job.request = std::move(submission.request);
  job.input_name = std::move(submission.upload_name);
  job.context = std::move(submission.context);
  if (!submission.message.empty()) job.messages.push_back(std::move(submission.message));
  job.traceparent = std::move(submission.traceparent);
  job.priority = std::clamp(submission.priority, -10, 10);
  job.created_ms = unix_ms();
  if (!submission.upload.empty()) {
    auto kept = files_.adopt(submission.upload, job.id, job.input_name);
    if (!kept) return refused(kept.error(), kUntilDiskHasRoom);
    job.input = *std::move(kept);
  }
  JobEvent event;
  event.message = std::move(submission.question);
  const Result<JobEvent> written = store_->add(stored, std::move(event));
  if (!written) {
    files_.remove(job.id);
    return refused(written.error(), kUntilDiskHasRoom);
  }
  bytes_kept_ += bytes;
  active_.emplace(job.id, active);
  hub_.announce(job.tenant, *written);
  const Submitted submitted{job, false};
  if (job.state == JobState::queued) queue(active);
  return submitted;
}

Result<Job> OwnJobs::cancel(std::string_view tenant, std::string_view id) {
  Active stopped;
  {
    const std::lock_guard lock(mutex_);
    const Active found = active(tenant, id);
    if (found != nullptr && found->running) {
      found->stored.cancel_asked = true;
      // If it cannot be written now, it is with the job's end.
      [[maybe_unused]] const Status written = store_->write_quietly(found->stored);
      if (found->why == ActiveJob::Stop::none) found->why = ActiveJob::Stop::cancelled;
      stopped = found;
    } else if (found != nullptr) {
      VIDEOGEN_TRY(end(*found, JobState::cancelled, ""));
      lane_of(found->stored.job.skill).queue.remove(tenant, id);
    }
  }
  if (stopped != nullptr) stopped->stop.request_stop();
  return find(tenant, id);
}

Result<Job> OwnJobs::answer(std::string_view tenant, std::string_view id, Submission submission) {
  const Upload upload(submission.upload);
  VIDEOGEN_TRY(const Job before, find(tenant, id));
  const bool ready = submission.question.empty();
  if (ready) {
    const bool has_upload = !submission.upload.empty() || !before.input.empty();
    VIDEOGEN_TRY(submission.request,
                 executor_.check(submission.skill, submission.request, has_upload));
  }
  const std::lock_guard lock(mutex_);
  const Active found = active(tenant, id);
  if (found == nullptr || found->stored.job.state != JobState::input_required)
    return fail(ErrorCode::usage, fmt::format("job {} does not wait for an answer", id));
  const StoredJob kept = found->stored;
  Job& job = found->stored.job;
  if (!submission.upload.empty()) {
    VIDEOGEN_TRY(job.input, files_.adopt(submission.upload, job.id, submission.upload_name));
    job.input_name = submission.upload_name;
    found->stored.bytes = files_.bytes(job.id);
  }
  if (ready) {
    job.state = JobState::queued;
    job.skill = submission.skill;
    job.request = submission.request;
  }
  if (!submission.message.empty()) VIDEOGEN_TRY(store_->add_message(id, submission.message));
  JobEvent event;
  event.message = submission.question;
  if (const auto written = write(*found, std::move(event)); !written) {
    found->stored = kept;
    return tl::unexpected(written.error());
  }
  bytes_kept_ += found->stored.bytes - kept.bytes;
  if (ready) queue(found);
  return find(tenant, id);
}

}  // namespace videogen::serve
