#include "net/spool.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace videogen::net {
namespace {

constexpr int kPollMs = 50;
constexpr std::size_t kChunkBytes = 1 << 20;

std::string folder() {
  const char* named = std::getenv("TMPDIR");
  return named != nullptr && *named != '\0' ? named : "/tmp";
}

tl::unexpected<Error> cannot_spool(std::string_view name, const std::string& why,
                                   ErrorCode code = ErrorCode::unwritable) {
  return fail(code,
              fmt::format("cannot keep {} in {}: {}", printable(name), printable(folder()), why));
}

int open_nameless(const std::string& in) {
  const int descriptor = ::open(in.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (descriptor >= 0 || (errno != EOPNOTSUPP && errno != EISDIR)) return descriptor;
  // File systems without O_TMPFILE: make a name and drop it.
  std::string name = in + "/videogen-XXXXXX";
  const int made = ::mkostemp(name.data(), O_CLOEXEC);
  if (made >= 0) ::unlink(name.c_str());
  return made;
}

// Waits for input. True if there is some, or an end.
bool readable(int descriptor, const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    pollfd waiting{descriptor, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, kPollMs);
    if (ready > 0 || (ready < 0 && errno != EINTR)) return true;
  }
  return false;
}

}  // namespace

Result<Spool> Spool::fill(int descriptor, std::string_view name, std::stop_token stop,
                          std::uint64_t most_bytes) {
  VIDEOGEN_CHECK(descriptor >= 0, "poll() waits for ever on a negative descriptor");
  const auto read = [&](std::span<std::byte> into) -> Result<std::size_t> {
    while (true) {
      if (!readable(descriptor, stop))
        return fail(ErrorCode::interrupted, fmt::format("{}: interrupted", printable(name)));
      const ssize_t got = ::read(descriptor, into.data(), into.size());
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno == EINTR || errno == EAGAIN) continue;
      return fail(ErrorCode::unreachable,
                  fmt::format("cannot read {}: {}", printable(name), std::strerror(errno)));
    }
  };
  return fill(read, name, most_bytes);
}

Result<Spool> Spool::fill(const std::function<Result<std::size_t>(std::span<std::byte>)>& read,
                          std::string_view name, std::uint64_t most_bytes) {
  VIDEOGEN_TRY(Spool spool, begin(std::string(name), most_bytes));
  std::vector<std::byte> chunk(kChunkBytes);
  while (true) {
    VIDEOGEN_TRY(const std::size_t got, read(chunk));
    if (got == 0) break;
    VIDEOGEN_TRY(spool.append(std::span(chunk).first(got)));
  }
  if (spool.size() == 0)
    return fail(ErrorCode::corrupt, fmt::format("cannot read {}: it is empty", printable(name)));
  return spool;
}

Result<Spool> Spool::begin(std::string name, std::uint64_t most_bytes) {
  Spool spool(open_nameless(folder()), std::move(name), most_bytes);
  if (spool.descriptor_ < 0) return cannot_spool(spool.name_, std::strerror(errno));
  return spool;
}

Status Spool::append(std::span<const std::byte> bytes) {
  if (bytes.size() > most_bytes_ - size_)
    return cannot_spool(name_, fmt::format("more than {} bytes", most_bytes_), ErrorCode::limit);
  while (!bytes.empty()) {
    const ssize_t now = ::write(descriptor_, bytes.data(), bytes.size());
    if (now < 0 && errno == EINTR) continue;
    if (now < 0) return cannot_spool(name_, std::strerror(errno));
    size_ += static_cast<std::size_t>(now);
    bytes = bytes.subspan(static_cast<std::size_t>(now));
  }
  return {};
}

Status Spool::restart() {
  if (::ftruncate(descriptor_, 0) != 0 || ::lseek(descriptor_, 0, SEEK_SET) != 0)
    return cannot_spool(name_, std::strerror(errno));
  size_ = 0;
  return {};
}

Spool::Spool(Spool&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      name_(std::move(other.name_)),
      most_bytes_(other.most_bytes_),
      size_(other.size_) {}

Spool& Spool::operator=(Spool&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(name_, other.name_);
  std::swap(most_bytes_, other.most_bytes_);
  std::swap(size_, other.size_);
  return *this;
}

Spool::~Spool() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::filesystem::path Spool::path() const { return fmt::format("/proc/self/fd/{}", descriptor_); }

}  // namespace videogen::net
