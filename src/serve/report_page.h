// Where the page of a job's report lies.
#pragma once

#include <filesystem>

#include "serve/job.h"

namespace videogen::serve {

[[nodiscard]] inline std::filesystem::path report_page(const std::filesystem::path& data,
                                                       const Job& job) {
  return data / "jobs" / job.id / "report.html";
}

}  // namespace videogen::serve
