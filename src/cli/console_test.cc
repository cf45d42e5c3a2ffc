#include "cli/console.h"

#include <fcntl.h>
#include <unistd.h>
#include <array>
#include <csignal>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace videogen::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Pipe {
 public:
  Pipe() { EXPECT_EQ(::pipe(ends_.data()), 0); }
  ~Pipe() {
    close_reader();
    ::close(ends_[1]);
  }
  [[nodiscard]] int writer() const { return ends_[1]; }
  void close_reader() {
    if (ends_[0] >= 0) ::close(ends_[0]);
    ends_[0] = -1;
  }
  std::string read() {
    std::array<char, 4096> chunk{};
    const ssize_t got = ::read(ends_[0], chunk.data(), chunk.size());
    return {chunk.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
  }

 private:
  std::array<int, 2> ends_{};
};

TEST(Console, WritesAnErrorAsOneLineWithItsStatus) {
  Pipe out, err;
  Console console(out.writer(), err.writer());
  EXPECT_EQ(console.error({ErrorCode::not_found, "cannot open a\nb.mp4: no such file", {}}), 4);
  EXPECT_EQ(err.read(), "videogen: cannot open a\\x0ab.mp4: no such file\n");
}

TEST(Console, TakesAReaderThatWentAwayForNoError) {
  std::signal(SIGPIPE, SIG_IGN);
  Pipe out, err;
  Console console(out.writer(), err.writer());
  EXPECT_TRUE(console.write("one\n"));
  EXPECT_EQ(out.read(), "one\n");
  EXPECT_FALSE(console.reader_gone());
  out.close_reader();
  EXPECT_TRUE(console.write("two\n"));
  EXPECT_TRUE(console.reader_gone());
  EXPECT_TRUE(console.write("three\n"));
}

TEST(Console, ReportsAFullDisk) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  if (full < 0) GTEST_SKIP() << "no /dev/full";
  Console console(full, 2);
  const Status status = console.write("text");
  ::close(full);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::unwritable);
  EXPECT_THAT(status.error().message, HasSubstr("No space left on device"));
}

TEST(Console, DrawsNoBarWhereThereIsNoTerminal) {
  Pipe out, err;
  Console console(out.writer(), err.writer());
  console.progress("clip.mp4", "samples", 1, 2);
  console.error_line("end");
  EXPECT_EQ(err.read(), "videogen: end\n");
}

TEST(Console, ShowsNoColourWhereThereIsNoTerminal) {
  Pipe out, err;
  EXPECT_FALSE(Console(out.writer(), err.writer()).style().colour);
}

TEST(ProgressText, SaysHowFarHowFastAndHowLong) {
  EXPECT_EQ(progress_text("clip.mp4", "samples", 10, 40, 5.0, 100),
            "clip.mp4  [=====               ] 10/40 samples  2.0/s  0:15 left");
  EXPECT_THAT(progress_text("a", "frames", 1, 8000, 1.0, 100), HasSubstr("2:13:19 left"));
}

TEST(ProgressText, LeavesOutWhatItDoesNotKnow) {
  EXPECT_EQ(progress_text("clip.mp4", "samples", 0, std::nullopt, 0, 100), "clip.mp4  0 samples");
  // More than expected: no time left is better than a wrong one.
  EXPECT_THAT(progress_text("a", "samples", 12, 10, 1.0, 100), Not(HasSubstr("left")));
}

TEST(ProgressText, StaysWithinTheTerminal) {
  for (int columns = 20; columns < 100; ++columns)
    EXPECT_LT(progress_text("clip.mp4", "samples", 10, 40, 5.0, columns).size(),
              static_cast<std::size_t>(columns));
}

}  // namespace
}  // namespace videogen::cli
