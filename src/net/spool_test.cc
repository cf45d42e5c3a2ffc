#include "net/spool.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace videogen::net {
namespace {

using ::testing::HasSubstr;

// The reading end of a pipe that a thread fills.
class Feed {
 public:
  explicit Feed(std::string bytes) {
    std::signal(SIGPIPE, SIG_IGN);  // a spool that refuses leaves before the writer
    EXPECT_EQ(::pipe(ends_.data()), 0);
    writer_ = std::jthread([this, bytes = std::move(bytes)] {
      std::size_t done = 0;
      while (done < bytes.size()) {
        const ssize_t wrote = ::write(ends_[1], bytes.data() + done, bytes.size() - done);
        if (wrote <= 0) break;
        done += static_cast<std::size_t>(wrote);
      }
      ::close(ends_[1]);
    });
  }
  ~Feed() { ::close(ends_[0]); }
  [[nodiscard]] int descriptor() const { return ends_[0]; }

 private:
  std::array<int, 2> ends_{};
  std::jthread writer_;
};

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::size_t entries(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

TEST(Spool, HoldsWhatThePipeGaveAndCanBeOpenedByName) {
  std::string bytes(3'000'000, 'a');
  bytes.replace(1'500'000, 3, "xyz");
  const Feed feed(bytes);
  const auto spool = Spool::fill(feed.descriptor(), "standard input", {});
  ASSERT_TRUE(spool) << spool.error().message;
  EXPECT_EQ(contents(spool->path()), bytes);
}

TEST(Spool, LeavesNoNameInTheFolder) {
  const auto folder =
      std::filesystem::path(testing::TempDir()) / ("spool." + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  const char* before = std::getenv("TMPDIR");
  const std::string kept = before == nullptr ? "" : before;
  ::setenv("TMPDIR", folder.c_str(), 1);
  const Feed feed("bytes");
  const auto spool = Spool::fill(feed.descriptor(), "-", {});
  EXPECT_TRUE(spool);
  EXPECT_EQ(entries(folder), 0u);

  ::setenv("TMPDIR", (folder / "none").c_str(), 1);
  const Feed more("bytes");
  const auto refused = Spool::fill(more.descriptor(), "standard input", {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::unwritable);
  EXPECT_THAT(refused.error().message, HasSubstr("cannot keep standard input in "));
  kept.empty() ? ::unsetenv("TMPDIR") : ::setenv("TMPDIR", kept.c_str(), 1);
  std::filesystem::remove_all(folder);
}

TEST(Spool, RefusesAnEmptyStream) {
  const Feed feed("");
  const auto refused = Spool::fill(feed.descriptor(), "standard input", {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::corrupt);
  EXPECT_EQ(refused.error().message, "cannot read standard input: it is empty");
}

TEST(Spool, RefusesMoreThanItsLimit) {
  const Feed feed(std::string(1001, 'a'));
  const auto refused = Spool::fill(feed.descriptor(), "-", {}, 1000);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::limit);
  const Feed fits(std::string(1000, 'a'));
  EXPECT_TRUE(Spool::fill(fits.descriptor(), "-", {}, 1000));
}

TEST(Spool, StopsWaitingForASilentWriter) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  std::stop_source stop;
  const std::jthread stopping([&] { stop.request_stop(); });
  const auto refused = Spool::fill(ends[0], "-", stop.get_token());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::interrupted);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(Spool, SaysWhyAStreamCannotBeRead) {
  const int write_only = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  const auto refused = Spool::fill(write_only, "standard input", {});
  ::close(write_only);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::unreachable);
}

}  // namespace
}  // namespace videogen::net
