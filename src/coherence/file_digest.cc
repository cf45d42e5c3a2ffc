#include "coherence/file_digest.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "base/file.h"

namespace videogen::coherence {
namespace {

constexpr std::size_t kChunkBytes = 1 << 20;

Result<std::string> digest(int descriptor, const std::filesystem::path& path,
                           const std::stop_token& mine, const std::stop_token& callers) {
  Sha256 sha256;
  std::vector<std::byte> chunk(kChunkBytes);
  while (!mine.stop_requested() && !callers.stop_requested()) {
    const ssize_t got = ::read(descriptor, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return tl::unexpected(file_error("read", path, errno));
    if (got == 0) return sha256.hex();
    sha256.update(std::span(chunk).first(static_cast<std::size_t>(got)));
  }
  return fail(ErrorCode::interrupted, "interrupted");
}

Result<std::string> digest_file(const std::filesystem::path& path, const std::stop_token& mine,
                                const std::stop_token& callers) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return tl::unexpected(file_error("open", path, errno));
  Result<std::string> hex = digest(descriptor, path, mine, callers);
  ::close(descriptor);
  return hex;
}

}  // namespace

FileDigest::FileDigest(std::filesystem::path path, std::stop_token stop)
    : result_(fail(ErrorCode::interrupted, "interrupted")),
      thread_([this, path = std::move(path), stop = std::move(stop)](const std::stop_token& mine) {
        result_ = digest_file(path, mine, stop);
      }) {}

Result<std::string> FileDigest::take() {
  thread_.join();
  return std::move(result_);
}

}  // namespace videogen::coherence
