// The executor's parts: a file for each skill.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "coherence/validate.h"
#include "generate/loop.h"
#include "net/spool.h"
#include "serve/local_file_internal.h"
#include "serve/work.h"

namespace videogen::serve {

// The clip of a job, wherever it is, as long as this lives.
struct Clip {
  coherence::Source source;
  std::optional<net::Spool> spool;
  std::optional<LocalFile> file;
};

[[nodiscard]] Artifact report_artifact(const Job& job, const std::string& report);

class Work final : public Executor {
 public:
  Work(WorkOptions options, Metrics& metrics, net::Telemetry& telemetry)
      : options_(std::move(options)), metrics_(metrics), telemetry_(telemetry) {}

  std::optional<std::string> lacks(Skill skill) const override;
  Result<std::string> check(Skill skill, std::string_view request, bool has_upload) const override;
  Ending run(const Job& job, JobRun& run) override;
  bool resumable(const Job& job, std::string_view checkpoint) const override;
  Status make_page(const Job& job, const std::stop_token& stop) const override;

 private:
  Status check_validation(std::string_view request, bool has_upload) const;
  Status check_uri(const std::string& uri) const;
  Result<Clip> fetch(const Job& job, const std::optional<std::string>& uri, JobRun& run);
  void count(const coherence::Report& report);
  Result<Ending> validate(const Job& job, JobRun& run);
  // work_page.cc. `clip` empty: it is not kept with the job.
  Status write_page(const Job& job, const coherence::Report& report,
                    const coherence::PictureCollector& pictures,
                    const std::filesystem::path& clip) const;
  // work_generate.cc
  Status check_generation(std::string_view request, bool has_picture) const;
  Ending generate(const Job& job, JobRun& run);
  Ending ending_of(const Job& job, JobRun& run, const generate::Generation& generation);

  const WorkOptions options_;
  Metrics& metrics_;
  net::Telemetry& telemetry_;
};

// What a validation was asked for.
struct ValidationRequest {
  std::optional<std::string> uri{};
  coherence::Options options{};
  bool pictures = true;  // for the page
};
// Errors: usage.
[[nodiscard]] Result<ValidationRequest> parse_validation(std::string_view request);

// What a generation was asked for, and how it is done.
struct GenerationRequest {
  std::string words{};
  generate::RunOptions run{};  // without a place for the clip and without its first frame
};
// Errors: usage, limit (more than one job may spend), budget.
[[nodiscard]] Result<GenerationRequest> parse_generation(std::string_view request,
                                                         const GenerationService& service,
                                                         bool has_picture);
// "--max-cost" as "max_cost": what the program calls a flag is a member here.
[[nodiscard]] std::string as_members(std::string_view message);

// One stage of a job: told, timed, and traced.
class WorkStage {
 public:
  WorkStage(const Job& job, JobRun& run, Metrics& metrics, net::Telemetry& telemetry,
            std::string name, double from, double to);
  ~WorkStage();
  WorkStage(const WorkStage&) = delete;
  WorkStage& operator=(const WorkStage&) = delete;
  // done of total; a total that is not known leaves the progress where it is.
  void progress(double done, double total);
  [[nodiscard]] net::Span& span() { return span_; }

 private:
  const Job& job_;
  JobRun& run_;
  Metrics& metrics_;
  const std::string name_;
  const double from_, to_;
  net::Span span_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

}  // namespace videogen::serve
