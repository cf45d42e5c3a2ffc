#include "pool/host_backend.h"

#include <sys/mman.h>
#include <unistd.h>
#include <cerrno>
#include <limits>
#include <system_error>

#include <fmt/format.h>

#include "pool/host_memory.h"

namespace videogen::pool {
namespace {

tl::unexpected<Error> system_failure(std::string_view what, std::size_t bytes, int number) {
  return fail(ErrorCode::unreachable, fmt::format("cannot {} {} bytes of host memory: {}", what,
                                                  bytes, std::generic_category().message(number)));
}

class HostBackend final : public Backend {
 public:
  [[nodiscard]] std::string_view kind() const override { return "host"; }
  [[nodiscard]] std::size_t granularity() const override { return page_; }

  [[nodiscard]] Result<std::byte*> reserve(std::size_t bytes) override {
    void* const data =
        ::mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (data == MAP_FAILED) return system_failure("reserve addresses for", bytes, errno);
    return static_cast<std::byte*>(data);
  }

  [[nodiscard]] Status commit(std::byte* data, std::size_t bytes) override {
    if (::mprotect(data, bytes, PROT_READ | PROT_WRITE) != 0)
      return system_failure("commit", bytes, errno);
    return {};
  }

  // The host has no queue of work that could still be running.
  [[nodiscard]] Status quiesce(std::byte* /*data*/, std::size_t /*bytes*/) override { return {}; }

  [[nodiscard]] Status decommit(std::byte* data, std::size_t bytes) override {
    // First the access, which leaves the contents alone if it fails.
    if (::mprotect(data, bytes, PROT_NONE) != 0) return system_failure("close", bytes, errno);
    if (::madvise(data, bytes, MADV_DONTNEED) == 0) return {};
    const int number = errno;
    VIDEOGEN_CHECK(::mprotect(data, bytes, PROT_READ | PROT_WRITE) == 0,
                   "access that was just taken can be given back");
    return system_failure("decommit", bytes, number);
  }

  [[nodiscard]] Status release(std::byte* data, std::size_t bytes) override {
    if (::munmap(data, bytes) != 0) return system_failure("release addresses of", bytes, errno);
    return {};
  }

  [[nodiscard]] std::size_t available() const override {
    return host_memory().usable().value_or(std::numeric_limits<std::size_t>::max());
  }

 private:
  const std::size_t page_ = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
};

}  // namespace

std::unique_ptr<Backend> make_host_backend() { return std::make_unique<HostBackend>(); }

}  // namespace videogen::pool
