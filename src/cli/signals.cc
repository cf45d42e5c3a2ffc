#include "cli/signals.h"

#include <fcntl.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include "base/error.h"

namespace videogen::cli {
namespace {

constexpr std::array kSignals{SIGINT, SIGTERM, SIGHUP};
constexpr char kSignalled = 's', kHungUp = 'h', kDone = 'd';

// What a signal handler may touch: lock-free, and write() to a pipe.
volatile std::sig_atomic_t signals_seen = 0;
volatile std::sig_atomic_t hangup_reloads = 0;
std::array<int, 2> wake_pipe{-1, -1};

void wake(char why) {
  const int kept = errno;
  [[maybe_unused]] const ssize_t wrote = ::write(wake_pipe[1], &why, 1);
  errno = kept;
}

extern "C" void on_signal(int number) {
  if (number == SIGHUP && hangup_reloads != 0) {
    wake(kHungUp);
    return;
  }
  signals_seen = signals_seen + 1;
  if (signals_seen > 1) ::_exit(exit_status(ErrorCode::interrupted));
  wake(kSignalled);
}

// Why the pipe woke whoever waits.
char wait_for_signal() {
  char why = kDone;
  ssize_t got = 0;
  do got = ::read(wake_pipe[0], &why, 1);
  while (got < 0 && errno == EINTR);
  return got == 1 ? why : kDone;
}

}  // namespace

Interruption::Interruption() {
  VIDEOGEN_CHECK(wake_pipe[0] < 0, "one Interruption for the process");
  VIDEOGEN_CHECK(::pipe2(wake_pipe.data(), O_CLOEXEC) == 0, "a pipe can be made");
  waiting_ = std::thread([this] {
    for (char why = wait_for_signal(); why != kDone; why = wait_for_signal()) {
      if (why == kSignalled) {
        stop_.request_stop();
        continue;
      }
      const std::lock_guard lock(mutex_);
      if (reload_) reload_();
    }
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

void Interruption::on_hangup(std::function<void()> reload) {
  const std::lock_guard lock(mutex_);
  reload_ = std::move(reload);
  hangup_reloads = reload_ ? 1 : 0;
  if (!reload_) return;
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGHUP, &action, nullptr);
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
  hangup_reloads = 0;
}

}  // namespace videogen::cli
