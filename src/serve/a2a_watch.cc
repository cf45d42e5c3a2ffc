#include "serve/a2a_watch_internal.h"

#include <utility>

namespace videogen::serve {
namespace {

using nlohmann::json;

bool is_interrupted(JobState state) { return state == JobState::input_required; }

constexpr int kMostAtOnce = 64;  // items of one next()

}  // namespace

Result<std::unique_ptr<TaskWatch>> TaskWatch::begin(Jobs& jobs, Job job, TaskShape shape,
                                                    Until until) {
  std::unique_ptr<TaskWatch> watch(new TaskWatch(jobs, std::move(job), std::move(shape)));
  const JobState state = watch->job_.state;
  for (const Artifact& artifact : watch->job_.artifacts) watch->artifacts_.insert(artifact.id);
  if (is_end(state) || (is_interrupted(state) && until == Until::interrupted)) {
    watch->over_ = true;
    return watch;
  }
  VIDEOGEN_TRY(watch->events_,
               jobs.subscribe(watch->job_.tenant, watch->job_.id, watch->job_.last_event));
  return watch;
}

void TaskWatch::give_up_after(std::chrono::milliseconds time) {
  deadline_ = std::chrono::steady_clock::now() + time;
}

Result<json> TaskWatch::task() const {
  VIDEOGEN_TRY(const Job job, jobs_.find(job_.tenant, job_.id));
  TaskShape shape = shape_;
  shape.words = last_words(jobs_, job);
  return task_of(job, shape);
}

Result<std::vector<json>> TaskWatch::next() {
  std::vector<json> items;
  if (!told_task_) {
    items.push_back({{"task", task_of(job_, shape_)}});
    told_task_ = true;
  }
  while (!over_ && items.size() < kMostAtOnce) {
    const auto event = events_->next(std::chrono::milliseconds(0));
    if (!event) break;
    if (event->type == JobEvent::Type::state && is_end(event->state)) {
      VIDEOGEN_TRY(tell_end(items, *event));
    } else {
      tell(*event, items);
    }
  }
  if (!over_ && items.size() < kMostAtOnce && events_->over())
    VIDEOGEN_TRY(tell_end(items, std::nullopt));
  if (deadline_ && std::chrono::steady_clock::now() >= *deadline_) over_ = true;
  return items;
}

void TaskWatch::tell(const JobEvent& event, std::vector<json>& items) {
  if (event.type == JobEvent::Type::artifact) artifacts_.insert(event.artifact.id);
  job_.state = event.state;
  items.push_back(update_of(job_, event, shape_.root));
  if (event.type == JobEvent::Type::state && is_interrupted(event.state)) over_ = true;
}

// The end comes last: after the artifacts that nobody has told of.
Status TaskWatch::tell_end(std::vector<json>& items, std::optional<JobEvent> event) {
  VIDEOGEN_TRY(job_, jobs_.find(job_.tenant, job_.id));
  over_ = true;
  for (const Artifact& artifact : artifacts_of(job_))
    if (artifacts_.insert(artifact.id).second)
      items.push_back(artifact_update(job_, artifact, shape_.root));
  if (!event) {
    event.emplace();
    event->id = job_.last_event;
    event->time_ms = job_.updated_ms;
    event->state = job_.state;
  }
  items.push_back(update_of(job_, *event, shape_.root));
  return {};
}

}  // namespace videogen::serve
