#include "net/child_internal.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

#include <fmt/format.h>

extern char** environ;  // NOLINT: POSIX declares it nowhere

namespace videogen::net {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kPoll_ms = 20;

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  return out;
}

// The child and its descendants; it leads a group of its own.
class Child {
 public:
  static Result<Child> start(const std::vector<std::string>& argv,
                             const std::vector<std::string>& environment) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
      return fail(ErrorCode::unreachable, std::strerror(errno));
    posix_spawn_file_actions_t actions{};
    posix_spawnattr_t attributes{};
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    std::vector<char*> arguments = pointers(argv);
    arguments.push_back(nullptr);
    std::vector<char*> variables = pointers(environment);
    for (char** each = environ; *each != nullptr; ++each) variables.push_back(*each);
    variables.push_back(nullptr);
    Child child;
    child.output_ = ends[0];
    const int error_number = ::posix_spawnp(&child.id_, arguments[0], &actions, &attributes,
                                            arguments.data(), variables.data());
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    ::close(ends[1]);
    if (error_number != 0) {
      child.id_ = -1;
      return fail(
          error_number == ENOENT ? ErrorCode::not_found : ErrorCode::unreachable,
          fmt::format("cannot run {}: {}", printable(argv[0]), std::strerror(error_number)));
    }
    return child;
  }
  Child(Child&& other) noexcept
      : id_(std::exchange(other.id_, -1)), output_(std::exchange(other.output_, -1)) {}
  Child& operator=(Child&&) = delete;
  ~Child() {
    if (output_ >= 0) ::close(output_);
    if (id_ < 0) return;
    ::kill(-id_, SIGKILL);
    ::waitpid(id_, nullptr, 0);
  }
  [[nodiscard]] int output() const { return output_; }
  // Whether it has ended; its status then.
  bool ended(int& status) {
    if (::waitpid(id_, &status, WNOHANG) != id_) return false;
    id_ = -1;
    return true;
  }

 private:
  Child() = default;
  pid_t id_ = -1;
  int output_ = -1;
};

}  // namespace

Result<ChildResult> run_child(const std::vector<std::string>& argv,
                              const std::vector<std::string>& environment,
                              std::chrono::milliseconds timeout, std::size_t most_bytes,
                              const std::stop_token& stop) {
  VIDEOGEN_CHECK(!argv.empty(), "a program has a name");
  VIDEOGEN_TRY(Child child, Child::start(argv, environment));
  const auto end = Clock::now() + timeout;
  ChildResult result;
  bool open = true;
  while (true) {
    if (stop.stop_requested()) return fail(ErrorCode::interrupted, "interrupted");
    if (Clock::now() >= end)
      return fail(ErrorCode::unreachable,
                  fmt::format("{} did not end within {} s", printable(argv[0]),
                              std::chrono::duration<double>(timeout).count()));
    pollfd waiting{child.output(), POLLIN, 0};
    if (!open) {
      std::this_thread::sleep_for(std::chrono::milliseconds(kPoll_ms));
    } else if (::poll(&waiting, 1, kPoll_ms) > 0) {
      std::array<char, 4096> chunk{};
      const ssize_t got = ::read(child.output(), chunk.data(), chunk.size());
      open = got > 0 || (got < 0 && errno == EINTR);
      if (got > 0) result.output.append(chunk.data(), static_cast<std::size_t>(got));
      if (result.output.size() > most_bytes)
        return fail(ErrorCode::limit,
                    fmt::format("{} prints more than {} bytes", printable(argv[0]), most_bytes));
    }
    int status = 0;
    if (!open && child.ended(status)) {
      constexpr int kBySignal = 128;
      result.status = WIFEXITED(status) ? WEXITSTATUS(status) : kBySignal + WTERMSIG(status);
      return result;
    }
  }
}

}  // namespace videogen::net
