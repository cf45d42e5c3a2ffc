// What the service counts, in the text format of Prometheus. Thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "serve/job.h"
#include "serve/jobs.h"

namespace videogen::serve {

class Metrics {
 public:
  Metrics();
  ~Metrics();

  // `route`: the pattern, so that there are few of them; "none" where no route answered.
  void request(std::string_view method, std::string_view route, int status,
               std::chrono::duration<double> took);
  // A job has ended, or a stage of one ("fetch", "validate", …).
  void job(Skill skill, JobState end, std::chrono::duration<double> took);
  void stage(Skill skill, std::string_view stage, std::chrono::duration<double> took);
  void refused(Skill skill, std::string_view why);
  // Of a report: mean similarity, and the evidence of each kind of defect.
  void coherence(double mean);
  void defect(std::string_view kind, double evidence);

  // Asked for at each text(): further gauges, of other parts.
  // name: "videogen_pool_bytes"; help: a sentence.
  void gauge(std::string_view name, std::string_view help, std::function<double()> value);

  [[nodiscard]] std::string text(const Load& load) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace videogen::serve
