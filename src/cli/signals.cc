#include "cli/signals.h"

#include <fcntl.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <csignal>

#include "base/error.h"

namespace videogen::cli {
namespace {

constexpr std::array kSignals{SIGINT, SIGTERM, SIGHUP};
constexpr char kSignalled = 's', kDone = 'd';

// What a signal handler may touch: lock-free, and write() to a pipe.
volatile std::sig_atomic_t signals_seen = 0;
std::array<int, 2> wake_pipe{-1, -1};

void wake(char why) {
  const int kept = errno;
  [[maybe_unused]] const ssize_t wrote = ::write(wake_pipe[1], &why, 1);
  errno = kept;
}

extern "C" void on_signal(int) {
  signals_seen = signals_seen + 1;
  if (signals_seen > 1) ::_exit(exit_status(ErrorCode::interrupted));
  wake(kSignalled);
}

// True for a signal, false when the program is done.
bool wait_for_signal() {
  char why = kDone;
  ssize_t got = 0;
  do got = ::read(wake_pipe[0], &why, 1);
  while (got < 0 && errno == EINTR);
  return got == 1 && why == kSignalled;
}

}  // namespace

Interruption::Interruption() {
  VIDEOGEN_CHECK(wake_pipe[0] < 0, "one Interruption for the process");
  VIDEOGEN_CHECK(::pipe2(wake_pipe.data(), O_CLOEXEC) == 0, "a pipe can be made");
  waiting_ = std::thread([this] {
    while (wait_for_signal()) stop_.request_stop();
  });
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;  // libraries need not expect EINTR
  for (const int signal : kSignals) {
    struct sigaction before {};
    ::sigaction(signal, nullptr, &before);
    // What nohup or a shell's background job told us to ignore stays ignored.
    if (before.sa_handler != SIG_IGN) ::sigaction(signal, &action, nullptr);
  }
}

Interruption::~Interruption() {
  for (const int signal : kSignals) {
    struct sigaction before {};
    ::sigaction(signal, nullptr, &before);
    if (before.sa_handler == on_signal) ::signal(signal, SIG_DFL);
  }
  wake(kDone);
  waiting_.join();
  for (int& end : wake_pipe) {
    ::close(end);
    end = -1;
  }
  signals_seen = 0;
}

}  // namespace videogen::cli
