// What becomes of a task, item by item, as streams tell it.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "serve/a2a_task_internal.h"
#include "serve/jobs.h"

namespace videogen::serve {

class TaskWatch {
 public:
  enum class Until {
    interrupted,  // or an end: a task that waits for its caller is over at once
    answered,     // the same, but one that waits already is waited for
  };
  // `job`: as it is now; what happens after it is told. Errors: not_found.
  static Result<std::unique_ptr<TaskWatch>> begin(Jobs& jobs, Job job, TaskShape shape,
                                                  Until until = Until::interrupted);

  // StreamResponses: the task first, then its updates; empty where nothing has happened. Does not
  // wait. Errors: not_found (the job is gone).
  [[nodiscard]] Result<std::vector<nlohmann::json>> next();
  // Nothing more will come.
  [[nodiscard]] bool over() const { return over_; }
  // The task as it is now, in the same shape.
  [[nodiscard]] Result<nlohmann::json> task() const;
  // From then on it is over, whatever the task's state.
  void give_up_after(std::chrono::milliseconds time);

 private:
  TaskWatch(Jobs& jobs, Job job, TaskShape shape)
      : jobs_(jobs), job_(std::move(job)), shape_(std::move(shape)) {}
  void tell(const JobEvent& event, std::vector<nlohmann::json>& items);
  Status tell_end(std::vector<nlohmann::json>& items, std::optional<JobEvent> event);

  Jobs& jobs_;
  Job job_;
  TaskShape shape_;
  std::unique_ptr<Subscription> events_;
  std::set<std::string> artifacts_;  // ids that were told
  bool told_task_ = false, over_ = false;
  std::optional<std::chrono::steady_clock::time_point> deadline_;
};

}  // namespace videogen::serve
