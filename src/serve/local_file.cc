#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "base/file.h"
#include "net/form.h"
#include "serve/local_file_internal.h"

namespace videogen::serve {
namespace {

namespace fs = std::filesystem;

// Without following any link: all were followed when the path was made.
int open_below(const fs::path& folder, const fs::path& relative) {
  const int root = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (root < 0) return -1;
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  int opened = static_cast<int>(::syscall(SYS_openat2, root, relative.c_str(), &how, sizeof how));
  // Containers whose filter does not know the call.
  if (opened < 0 && (errno == ENOSYS || errno == EPERM))
    opened = ::openat(root, relative.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
  const int kept = errno;
  ::close(root);
  errno = kept;
  return opened;
}

}  // namespace

Result<LocalFile> LocalFile::open(const fs::path& folder, std::string_view name) {
  const std::string shown = printable(name);
  if (folder.empty())
    return fail(ErrorCode::usage, fmt::format("{}: this service reads no local files (--files "
                                              "would allow a folder); send the clip, or an "
                                              "http address",
                                              shown));
  const auto outside = [&] {
    return fail(ErrorCode::usage,
                fmt::format("{}: not below the folder whose files this service reads", shown));
  };
  std::string typed(name);
  constexpr std::string_view kScheme = "file://";
  if (typed.starts_with(kScheme)) typed = net::percent_decoded(typed.substr(kScheme.size()));
  if (typed.find('\0') != std::string::npos) return outside();
  std::error_code failed;
  const fs::path root = fs::canonical(folder, failed);
  if (failed) return tl::unexpected(file_error("open", folder, failed.value()));
  // Whether something outside exists is nobody's business: it is outside either way.
  const fs::path asked = fs::weakly_canonical(root / typed, failed);
  if (failed) return outside();
  const fs::path relative = asked.lexically_relative(root);
  if (relative.empty() || relative == "." || *relative.begin() == "..") return outside();
  const int descriptor = open_below(root, relative);
  if (descriptor < 0) {
    Error error = file_error("open", name, errno);
    // A link that was put there meanwhile.
    if (errno == ELOOP || errno == EXDEV) return outside();
    return tl::unexpected(std::move(error));
  }
  LocalFile file(descriptor);
  struct stat facts {};
  if (::fstat(descriptor, &facts) != 0 || !S_ISREG(facts.st_mode))
    return fail(ErrorCode::usage, fmt::format("{}: not a file", shown));
  return file;
}

LocalFile::LocalFile(LocalFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

LocalFile::~LocalFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

fs::path LocalFile::path() const { return fmt::format("/proc/self/fd/{}", descriptor_); }

}  // namespace videogen::serve
