// Where the page of a job's report lies, and what it is made from.
//
// A page with its pictures costs as much as judging the clip, and few are ever opened. So a job
// keeps its report as data (report_file_internal.h), and the page is made when it is asked for;
// only where the clip is not kept with the job it is made at once.
#pragma once

#include <filesystem>

#include "serve/job.h"

namespace videogen::serve {

[[nodiscard]] inline std::filesystem::path report_page(const std::filesystem::path& data,
                                                       const Job& job) {
  return data / "jobs" / job.id / "report.html";
}

[[nodiscard]] inline std::filesystem::path report_data(const std::filesystem::path& data,
                                                       const Job& job) {
  return data / "jobs" / job.id / "report.cbor";
}

// There is a page, or it can be made.
[[nodiscard]] inline bool has_report_page(const std::filesystem::path& data, const Job& job) {
  std::error_code failed;
  return job.state == JobState::completed &&
         (std::filesystem::exists(report_page(data, job), failed) ||
          std::filesystem::exists(report_data(data, job), failed));
}

}  // namespace videogen::serve
