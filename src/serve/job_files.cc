#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/file.h"
#include "net/trace_context.h"
#include "serve/job_files_internal.h"

namespace videogen::serve {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNameDigits = 32;

Status make_folder(const fs::path& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) return tl::unexpected(file_error("create", folder, failed.value()));
  return {};
}

// A descriptor that is closed.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int get() const { return number_; }

 private:
  int number_;
};

Status write_file(const fs::path& path, std::string_view bytes) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.get() < 0) return tl::unexpected(file_error("create", path, errno));
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(file.get(), bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return tl::unexpected(file_error("write", path, errno));
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  if (::fdatasync(file.get()) != 0) return tl::unexpected(file_error("write", path, errno));
  return {};
}

// Names in a folder outlive a power cut once the folder itself is flushed.
void flush_folder(const fs::path& folder) {
  const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.get() >= 0) ::fsync(opened.get());
}

// ".mp4"; empty for anything unusual.
std::string plain_extension(std::string_view name) {
  constexpr std::size_t kLongest = 6;
  const std::string extension = fs::path(name).extension().string();
  if (extension.size() < 2 || extension.size() > kLongest) return {};
  const bool plain = std::all_of(extension.begin() + 1, extension.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  });
  return plain ? extension : std::string();
}

}  // namespace

Result<JobFiles> JobFiles::open(const fs::path& folder) {
  VIDEOGEN_TRY(make_folder(folder));
  const fs::path whole = fs::absolute(folder);
  const fs::path lock_path = whole / "lock";
  const int lock = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return tl::unexpected(file_error("create", lock_path, errno));
  JobFiles files(whole, lock);
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0)
    return fail(ErrorCode::unreachable,
                fmt::format("another process serves from {}: stop it, or give --data another "
                            "folder",
                            printable(folder.string())));
  VIDEOGEN_TRY(make_folder(whole / "jobs"));
  VIDEOGEN_TRY(make_folder(whole / "incoming"));
  return files;
}

JobFiles::JobFiles(JobFiles&& other) noexcept
    : folder_(std::move(other.folder_)), lock_(std::exchange(other.lock_, -1)) {}

JobFiles::~JobFiles() {
  if (lock_ >= 0) ::close(lock_);
}

fs::path JobFiles::of_job(std::string_view id) const { return folder_ / "jobs" / id; }

void JobFiles::sweep(const std::vector<std::string>& ids) const {
  const std::set<std::string, std::less<>> known(ids.begin(), ids.end());
  std::error_code ignored;
  std::vector<fs::path> left;
  for (const auto& entry : fs::directory_iterator(folder_ / "jobs", ignored))
    if (!known.contains(entry.path().filename().string())) left.push_back(entry.path());
  for (const auto& entry : fs::directory_iterator(folder_ / "incoming", ignored))
    left.push_back(entry.path());
  for (const fs::path& path : left) fs::remove_all(path, ignored);
}

Result<fs::path> JobFiles::receive(std::string_view bytes) const {
  fs::path path = folder_ / "incoming" / net::random_hex(kNameDigits);
  const Status written = write_file(path, bytes);
  if (written) return path;
  std::error_code ignored;
  fs::remove(path, ignored);
  return tl::unexpected(written.error());
}

Result<fs::path> JobFiles::adopt(const fs::path& upload, std::string_view id,
                                 std::string_view name) const {
  VIDEOGEN_TRY(make_folder(of_job(id)));
  fs::path kept = of_job(id) / ("input" + plain_extension(name));
  std::error_code failed;
  fs::rename(upload, kept, failed);
  if (failed == std::errc::cross_device_link) {
    fs::copy_file(upload, kept, failed);
    std::error_code ignored;
    if (!failed) fs::remove(upload, ignored);
  }
  if (failed) return tl::unexpected(file_error("create", kept, failed.value()));
  flush_folder(of_job(id));
  flush_folder(folder_ / "jobs");
  return kept;
}

void JobFiles::remove(std::string_view id) const {
  std::error_code ignored;
  fs::remove_all(of_job(id), ignored);
}

std::int64_t JobFiles::bytes(std::string_view id) const {
  std::error_code failed;
  std::int64_t sum = 0;
  for (auto at = fs::recursive_directory_iterator(of_job(id), failed);
       !failed && at != fs::recursive_directory_iterator(); at.increment(failed)) {
    std::error_code ignored;
    if (at->is_regular_file(ignored)) sum += static_cast<std::int64_t>(at->file_size(ignored));
  }
  return sum;
}

}  // namespace videogen::serve
