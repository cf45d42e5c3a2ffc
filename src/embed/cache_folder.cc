#include "embed/cache_folder_internal.h"

#include <sys/stat.h>
#include <xxhash.h>
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <ctime>

#include <fmt/format.h>

#include "base/file.h"

namespace videogen::embed {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "videogen model stamp 1\n";
constexpr std::size_t kMaxRecordBytes = 1U << 20U;
constexpr std::time_t kSettledSeconds = 2;

fs::path absolute_path_from(const char* variable) {
  const char* value = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe)
  if (value == nullptr || *value != '/') return {};
  return value;
}

// Magic, digest, stamp, and a checksum of it all.
std::string record(std::string_view digest, std::string_view stamp) {
  std::string text = fmt::format("{}{}\n{}", kMagic, digest, stamp);
  text += fmt::format("{:016x}\n", XXH3_64bits(text.data(), text.size()));
  return text;
}

}  // namespace

fs::path cache_folder() {
  if (const fs::path cache = absolute_path_from("XDG_CACHE_HOME"); !cache.empty()) {
    return cache / "videogen";
  }
  const fs::path home = absolute_path_from("HOME");
  return home.empty() ? fs::path() : home / ".cache" / "videogen";
}

Result<Stamp> take_stamp(const std::vector<fs::path>& files) {
  Stamp stamp;
  std::time_t newest = 0;
  for (const fs::path& file : files) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) return tl::unexpected(file_error("open", file, errno));
    stamp.text += fmt::format("{} {} {} {}.{:09} {}.{:09} {}\n", status.st_size, status.st_dev,
                              status.st_ino, status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
                              status.st_ctim.tv_sec, status.st_ctim.tv_nsec, file.string());
    newest = std::max({newest, status.st_mtim.tv_sec, status.st_ctim.tv_sec});
  }
  stamp.settled = newest + kSettledSeconds < std::time(nullptr);
  return stamp;
}

StampRecord::StampRecord(const fs::path& cache, const fs::path& model_folder) {
  if (cache.empty()) return;
  const std::string folder = fs::absolute(model_folder).lexically_normal().string();
  path_ = cache / "models" / fmt::format("{:016x}", XXH3_64bits(folder.data(), folder.size()));
}

std::string StampRecord::recall(const Stamp& stamp) const {
  if (path_.empty()) return {};
  const auto text = read_file(path_, kMaxRecordBytes);
  if (!text || !text->starts_with(kMagic)) return {};
  const std::size_t line = text->find('\n', kMagic.size());
  if (line == std::string::npos) return {};
  const std::string digest = text->substr(kMagic.size(), line - kMagic.size());
  return *text == record(digest, stamp.text) ? digest : std::string();
}

void StampRecord::remember(const Stamp& stamp, std::string_view digest) const {
  if (path_.empty() || !stamp.settled) return;
  std::error_code ignored;
  fs::create_directories(path_.parent_path(), ignored);
  auto file = AtomicFile::create(path_, AtomicFile::Existing::replace);
  // Without the record the next start hashes the weights again, and is right all the same.
  if (!file || !file->write(record(digest, stamp.text))) return;
  (void)file->commit();
}

}  // namespace videogen::embed
