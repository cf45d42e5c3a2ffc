// The data folder: who owns it, and where the files of jobs lie.
//
//   lock           held by the process that owns the folder
//   jobs.sqlite    the store
//   jobs/ID/       what a job was given and what it made
//   incoming/      uploads of which no job is known yet
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace videogen::serve {

class JobFiles {
 public:
  // Makes the folder where it is missing. Errors: unwritable, unreachable (another process owns
  // it).
  static Result<JobFiles> open(const std::filesystem::path& folder);
  JobFiles(JobFiles&& other) noexcept;
  JobFiles& operator=(JobFiles&&) = delete;
  ~JobFiles();

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] std::filesystem::path of_job(std::string_view id) const;
  // Removes what belongs to no job of these, and uploads that were left behind.
  void sweep(const std::vector<std::string>& ids) const;

  // A new file, written and flushed. Errors: unwritable.
  [[nodiscard]] Result<std::filesystem::path> receive(std::string_view bytes) const;
  // An upload to where its job keeps it: "input" with the extension of its name, where that is a
  // plain one. Errors: unwritable.
  [[nodiscard]] Result<std::filesystem::path> adopt(const std::filesystem::path& upload,
                                                    std::string_view id,
                                                    std::string_view name) const;
  void remove(std::string_view id) const;
  // Of the job's files.
  [[nodiscard]] std::int64_t bytes(std::string_view id) const;

 private:
  JobFiles(std::filesystem::path folder, int lock) : folder_(std::move(folder)), lock_(lock) {}
  std::filesystem::path folder_;
  int lock_;
};

}  // namespace videogen::serve
