#include "cli/signals.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>

namespace videogen::cli {
namespace {

// Waits for the request without a deadline: a test that hangs is ended by ctest.
void await(const std::stop_token& token) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  changed.wait(lock, token, [] { return false; });
}

TEST(Interruption, TurnsASignalIntoAStopRequest) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const Interruption interruption;
    EXPECT_FALSE(interruption.token().stop_requested());
    ASSERT_EQ(std::raise(signal), 0);
    await(interruption.token());
    EXPECT_TRUE(interruption.token().stop_requested());
  }
}

TEST(Interruption, EndsTheProcessAtTheSecondSignal) {
  EXPECT_EXIT(
      {
        const Interruption interruption;
        std::raise(SIGINT);
        std::raise(SIGINT);
        std::_Exit(0);
      },
      testing::ExitedWithCode(5), "");
}

TEST(Interruption, LeavesIgnoredSignalsIgnored) {
  std::signal(SIGHUP, SIG_IGN);
  {
    const Interruption interruption;
    std::raise(SIGHUP);
    std::raise(SIGTERM);  // the one that is waited for
    await(interruption.token());
  }
  EXPECT_EQ(std::signal(SIGHUP, SIG_DFL), SIG_IGN);
}

TEST(Interruption, ReloadsAtAHangupWhereThatIsWanted) {
  std::signal(SIGHUP, SIG_IGN);  // as nohup does
  {
    Interruption interruption;
    std::atomic<int> reloads = 0;
    const auto reach = [&reloads](int count) {
      for (int i = 0; i < 500 && reloads < count; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      return reloads.load();
    };
    interruption.on_hangup([&] { ++reloads; });
    for (int i = 1; i <= 3; ++i) {
      std::raise(SIGHUP);
      EXPECT_EQ(reach(i), i);
    }
    EXPECT_FALSE(interruption.token().stop_requested());
    interruption.on_hangup({});
    std::raise(SIGHUP);
    await(interruption.token());
    EXPECT_EQ(reloads, 3);
  }
  EXPECT_EQ(std::signal(SIGHUP, SIG_DFL), SIG_DFL);
}

TEST(Interruption, GivesSignalsBackWhenItEnds) {
  { const Interruption interruption; }
  EXPECT_EQ(std::signal(SIGINT, SIG_DFL), SIG_DFL);
}

}  // namespace
}  // namespace videogen::cli
