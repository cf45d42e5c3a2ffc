#include "serve/metrics.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace videogen::serve {
namespace {

using prometheus::Histogram;

Histogram::BucketBoundaries fast() {
  return {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
}
Histogram::BucketBoundaries slow() {
  return {0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600};
}
Histogram::BucketBoundaries similarity() {
  return {0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.975, 0.99, 1};
}
Histogram::BucketBoundaries evidence() { return {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1}; }

template <class Builder>
auto& family(prometheus::Registry& registry, Builder builder, const char* name, const char* help) {
  return builder.Name(name).Help(help).Register(registry);
}

double seconds(std::chrono::duration<double> took) { return took.count(); }

}  // namespace

struct Metrics::State {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& requests =
      family(registry, prometheus::BuildCounter(), "videogen_http_requests_total",
             "Requests, by route and status");
  prometheus::Family<Histogram>& request_seconds =
      family(registry, prometheus::BuildHistogram(), "videogen_http_request_duration_seconds",
             "From the whole request to the beginning of its answer, by route");
  prometheus::Family<prometheus::Counter>& jobs = family(
      registry, prometheus::BuildCounter(), "videogen_jobs_total", "Ended jobs, by skill and end");
  prometheus::Family<prometheus::Counter>& refusals =
      family(registry, prometheus::BuildCounter(), "videogen_jobs_refused_total",
             "Jobs that were not accepted, by skill and reason");
  prometheus::Family<Histogram>& job_seconds =
      family(registry, prometheus::BuildHistogram(), "videogen_job_duration_seconds",
             "From the start of a job to its end, by skill");
  prometheus::Family<Histogram>& stage_seconds =
      family(registry, prometheus::BuildHistogram(), "videogen_stage_duration_seconds",
             "Stages of jobs, by skill and stage");
  Histogram& mean = family(registry, prometheus::BuildHistogram(), "videogen_coherence",
                           "Mean similarity of neighbouring samples of a clip (overall_coherence)")
                        .Add({}, similarity());
  prometheus::Family<Histogram>& defects =
      family(registry, prometheus::BuildHistogram(), "videogen_defect_evidence",
             "Evidence for a kind of defect in a clip, 0 to 1");
  prometheus::Family<prometheus::Gauge>& queued = family(
      registry, prometheus::BuildGauge(), "videogen_jobs_queued", "Jobs that wait for a worker");
  prometheus::Family<prometheus::Gauge>& running = family(
      registry, prometheus::BuildGauge(), "videogen_jobs_running", "Jobs that are worked on");
  prometheus::Family<prometheus::Gauge>& workers =
      family(registry, prometheus::BuildGauge(), "videogen_workers", "Jobs that can run at once");
  prometheus::Family<prometheus::Gauge>& kept =
      family(registry, prometheus::BuildGauge(), "videogen_kept_bytes", "Files of jobs on disk");
  prometheus::Family<prometheus::Gauge>& draining =
      family(registry, prometheus::BuildGauge(), "videogen_draining",
             "1 while the service ends and takes no more jobs");

  std::mutex mutex;  // guards what follows
  std::vector<std::pair<prometheus::Gauge*, std::function<double()>>> asked;
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

void Metrics::request(std::string_view method, std::string_view route, int status,
                      std::chrono::duration<double> took) {
  // Callers can make methods up, and each would be a counter of its own.
  constexpr std::array<std::string_view, 7> kMethods{"GET",    "HEAD",  "POST",   "PUT",
                                                     "DELETE", "PATCH", "OPTIONS"};
  const bool known = std::ranges::find(kMethods, method) != kMethods.end();
  const std::string of_route(route), of_method(known ? method : "other");
  state_->requests
      .Add({{"method", of_method}, {"route", of_route}, {"status", fmt::format("{}", status)}})
      .Increment();
  state_->request_seconds.Add({{"method", of_method}, {"route", of_route}}, fast())
      .Observe(seconds(took));
}

void Metrics::job(Skill skill, JobState end, std::chrono::duration<double> took) {
  const std::string of(name(skill));
  state_->jobs.Add({{"skill", of}, {"state", std::string(name(end))}}).Increment();
  state_->job_seconds.Add({{"skill", of}}, slow()).Observe(seconds(took));
}

void Metrics::stage(Skill skill, std::string_view stage, std::chrono::duration<double> took) {
  state_->stage_seconds
      .Add({{"skill", std::string(name(skill))}, {"stage", std::string(stage)}}, slow())
      .Observe(seconds(took));
}

void Metrics::refused(Skill skill, std::string_view why) {
  state_->refusals.Add({{"skill", std::string(name(skill))}, {"reason", std::string(why)}})
      .Increment();
}

void Metrics::coherence(double mean) { state_->mean.Observe(mean); }

void Metrics::defect(std::string_view kind, double evidence_of_it) {
  state_->defects.Add({{"kind", std::string(kind)}}, evidence()).Observe(evidence_of_it);
}

void Metrics::gauge(std::string_view name, std::string_view help, std::function<double()> value) {
  auto& added = prometheus::BuildGauge()
                    .Name(std::string(name))
                    .Help(std::string(help))
                    .Register(state_->registry)
                    .Add({});
  const std::lock_guard lock(state_->mutex);
  state_->asked.emplace_back(&added, std::move(value));
}

std::string Metrics::text(const Load& load) const {
  state_->queued.Add({}).Set(load.queued);
  state_->running.Add({}).Set(load.running);
  state_->workers.Add({}).Set(load.workers);
  state_->kept.Add({}).Set(static_cast<double>(load.bytes_kept));
  state_->draining.Add({}).Set(load.draining ? 1 : 0);
  {
    const std::lock_guard lock(state_->mutex);
    for (const auto& [gauge, value] : state_->asked) gauge->Set(value());
  }
  return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

}  // namespace videogen::serve
