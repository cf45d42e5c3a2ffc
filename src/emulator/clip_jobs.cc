#include "emulator/clip_jobs.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/file.h"
#include "emulator/digests.h"
#include "emulator/job_json_internal.h"

namespace videogen::emulator {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::size_t kMostJobText = std::size_t{64} << 20;

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string text_of(const json& document) {
  return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

Status write_text(const fs::path& path, std::string_view text) {
  VIDEOGEN_TRY(AtomicFile file, AtomicFile::create(path, AtomicFile::Existing::replace));
  VIDEOGEN_TRY(file.write(text));
  return file.commit();
}

// Names of operations hold slashes.
fs::path job_file(const fs::path& folder, const std::string& name) {
  return folder / "jobs" / (checksums_of(name).sha256 + ".json");
}

int shrunk(int side, int by) { return by <= 1 ? side : std::max(64, side / by / 2 * 2); }

template <class Visit>
Status each_json(const fs::path& folder, const Visit& visit) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".json" || entry.path().filename().string().starts_with('.'))
      continue;
    VIDEOGEN_TRY(const std::string text, read_file(entry.path(), kMostJobText));
    try {
      visit(json::parse(text));
    } catch (const json::exception& broken) {
      return fail(ErrorCode::corrupt, fmt::format("{} is not what the emulator wrote: {}",
                                                  printable(entry.path().string()), broken.what()));
    }
  }
  return {};
}

}  // namespace

bool Job::done() const {
  return request.outcome != Outcome::endless && finished_ms != 0 && now_ms() >= ready_ms;
}

ClipJobs::ClipJobs(fs::path folder, JobSettings settings, Deliver deliver)
    : folder_(std::move(folder)), settings_(settings), deliver_(std::move(deliver)) {}

ClipJobs::~ClipJobs() = default;

Result<std::unique_ptr<ClipJobs>> ClipJobs::open(const fs::path& folder,
                                                 const JobSettings& settings, Deliver deliver) {
  std::unique_ptr<ClipJobs> jobs(new ClipJobs(folder, settings, std::move(deliver)));
  VIDEOGEN_TRY(jobs->load());
  jobs->worker_ = std::jthread([&jobs = *jobs](const std::stop_token& stop) { jobs.work(stop); });
  return jobs;
}

Status ClipJobs::load() {
  for (const char* name : {"jobs", "clips", "orders"}) {
    std::error_code failed;
    fs::create_directories(folder_ / name, failed);
    if (failed) return tl::unexpected(file_error("create", folder_ / name, failed.value()));
  }
  VIDEOGEN_TRY(each_json(folder_ / "orders", [this](const json& document) {
    made_[document.at("sha256")] = order_from_json(document.at("order"));
  }));
  std::vector<Job> found;
  VIDEOGEN_TRY(each_json(folder_ / "jobs", [&found](const json& document) {
    found.push_back(job_from_json(document));
  }));
  std::ranges::sort(found, {}, &Job::created_ms);
  for (Job& job : found) {
    for (JobClip& clip : job.clips) clip.file = folder_ / "clips" / clip.file;
    const std::string& name = job.request.name;
    submitted_.push_back(name);
    if (job.finished_ms == 0) waiting_.push_back(name);
    jobs_[name] = std::move(job);
  }
  return {};
}

Status ClipJobs::save(const Job& job) const {
  return write_text(job_file(folder_, job.request.name), text_of(as_json(job)));
}

Status ClipJobs::submit(const JobRequest& request) {
  Job job;
  job.request = request;
  job.request.asked = request.orders.size();
  for (ClipOrder& order : job.request.orders) {
    order.width = shrunk(order.width, settings_.shrink);
    order.height = shrunk(order.height, settings_.shrink);
  }
  if (request.outcome == Outcome::partial) job.request.orders.pop_back();
  const bool renders = request.outcome == Outcome::clips || request.outcome == Outcome::partial;
  if (!renders) job.request.orders.clear();
  const std::scoped_lock lock(mutex_);
  // Strictly later than the last one, so that a restart finds the same order.
  job.created_ms = now_ms();
  if (!submitted_.empty())
    job.created_ms = std::max(job.created_ms, jobs_[submitted_.back()].created_ms + 1);
  job.ready_ms = job.created_ms + settings_.latency.count();
  VIDEOGEN_TRY(save(job));
  submitted_.push_back(request.name);
  waiting_.push_back(request.name);
  jobs_[request.name] = std::move(job);
  wake_.notify_all();
  return {};
}

std::optional<Job> ClipJobs::find(const std::string& api, const std::string& name) const {
  const std::scoped_lock lock(mutex_);
  const auto at = jobs_.find(name);
  if (at == jobs_.end() || at->second.request.api != api) return std::nullopt;
  return at->second;
}

std::vector<Job> ClipJobs::list(const std::string& api) const {
  const std::scoped_lock lock(mutex_);
  std::vector<Job> found;
  for (const std::string& name : submitted_)
    if (const Job& job = jobs_.at(name); job.request.api == api) found.push_back(job);
  return found;
}

bool ClipJobs::remove(const std::string& api, const std::string& name) {
  const std::scoped_lock lock(mutex_);
  const auto at = jobs_.find(name);
  if (at == jobs_.end() || at->second.request.api != api) return false;
  std::error_code ignored;
  fs::remove(job_file(folder_, name), ignored);
  jobs_.erase(at);
  std::erase(submitted_, name);
  std::erase(waiting_, name);
  return true;
}

std::optional<ClipOrder> ClipJobs::made(const std::string& sha256) const {
  const std::scoped_lock lock(mutex_);
  const auto at = made_.find(sha256);
  return at == made_.end() ? std::nullopt : std::optional(at->second);
}

template <class Change>
void ClipJobs::update(const std::string& name, const Change& change) {
  const std::scoped_lock lock(mutex_);
  // It may have been removed meanwhile.
  if (const auto at = jobs_.find(name); at != jobs_.end()) change(at->second);
}

void ClipJobs::work(const std::stop_token& stop) {
  while (true) {
    std::string name;
    {
      std::unique_lock lock(mutex_);
      if (!wake_.wait(lock, stop, [this] { return !waiting_.empty(); })) return;
      name = waiting_.front();
      waiting_.pop_front();
    }
    finish(name, stop);
    if (stop.stop_requested()) return;
  }
}

void ClipJobs::finish(const std::string& name, const std::stop_token& stop) {
  JobRequest request;
  update(name, [&request](Job& job) { request = job.request; });
  std::vector<JobClip> clips;
  std::string error;
  for (std::size_t i = 0; i < request.orders.size() && error.empty(); ++i) {
    const auto progress = [&](double share) {
      update(name, [&](Job& job) {
        job.progress = int(100 * (double(i) + share) / double(request.orders.size()));
      });
    };
    const auto file = render(request.orders[i], request.damaged, progress, stop);
    if (stop.stop_requested()) return;  // it begins anew after a restart
    if (!file) {
      error = file.error().message;
      break;
    }
    JobClip clip{*file, ""};
    if (!request.bucket.empty()) {
      const auto object = deliver_(request, *file, i);
      if (object)
        clip.object = *object;
      else
        error = object.error().message;
    }
    clips.push_back(std::move(clip));
  }
  update(name, [&](Job& job) {
    job.clips = std::move(clips);
    job.error = std::move(error);
    job.finished_ms = now_ms();
    job.progress = 100;
    if (const Status saved = save(job); !saved) job.error = saved.error().message;
  });
}

Result<fs::path> ClipJobs::render(const ClipOrder& order, bool damaged,
                                  const std::function<void(double)>& progress,
                                  const std::stop_token& stop) {
  const std::string key = key_of(order, settings_.broken_every);
  const fs::path whole = folder_ / "clips" / (key + ".mp4");
  if (!fs::exists(whole)) {
    const auto frames = [&progress](std::int64_t done, std::int64_t total) {
      progress(double(done) / double(total));
    };
    VIDEOGEN_TRY(scenes::write_clip(clip_of(order, settings_.broken_every), whole,
                                    AtomicFile::Existing::replace, frames, stop));
  }
  VIDEOGEN_TRY(const Checksums sums, checksums_of_file(whole));
  const json remembered{{"sha256", sums.sha256}, {"order", as_json(order)}};
  VIDEOGEN_TRY(write_text(folder_ / "orders" / (key + ".json"), text_of(remembered)));
  {
    const std::scoped_lock lock(mutex_);
    made_[sums.sha256] = order;
  }
  if (!damaged) return whole;
  // The index is in front. What is left still says that it is MP4, and opens nowhere.
  fs::path half = folder_ / "clips" / (key + ".damaged.mp4");
  VIDEOGEN_TRY(const std::string bytes, read_file(whole, std::size_t{1} << 32));
  VIDEOGEN_TRY(write_text(half, bytes.substr(0, 32) + bytes.substr(bytes.size() / 2)));
  return half;
}

}  // namespace videogen::emulator
