#include "media/live_input.h"

#include <fcntl.h>
#include <unistd.h>
#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "base/file.h"

namespace videogen::media {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::string box(const std::string& type, std::uint32_t size, std::size_t body) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += char(size >> shift & 255);
  return bytes + type + std::string(body, 'x');
}

class LiveInputs : public testing::Test {
 protected:
  void SetUp() override {
    path_ = std::filesystem::path(testing::TempDir()) / ("live." + std::to_string(::getpid()));
  }
  void TearDown() override { std::filesystem::remove(path_); }

  LiveInput file(const std::string& bytes, milliseconds idle = milliseconds(0)) {
    std::ofstream(path_, std::ios::binary) << bytes;
    return {::open(path_.c_str(), O_RDONLY | O_CLOEXEC), "clip", idle};
  }

  static Result<std::string> rest(LiveInput& input, const std::stop_token& stop = {}) {
    std::string all;
    std::array<std::byte, 100> chunk{};
    while (true) {
      const auto got = input.read(chunk, stop);
      if (!got) return tl::unexpected(got.error());
      if (*got == 0) return all;
      all.append(reinterpret_cast<const char*>(chunk.data()), *got);
    }
  }

  static LiveInput::Layout layout(LiveInput input) { return input.layout({}).value(); }

  std::filesystem::path path_;
};

TEST_F(LiveInputs, GivesWhatAPipeHasWithoutWaitingForMore) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  LiveInput input(ends[0], "pipe", milliseconds(0));
  EXPECT_EQ(input.kind(), LiveInput::Kind::pipe);
  ASSERT_EQ(::write(ends[1], "abc", 3), 3);
  std::array<std::byte, 100> chunk{};
  EXPECT_EQ(input.read(chunk, {}).value(), 3u);  // the writer is still there
  ASSERT_EQ(::write(ends[1], "de", 2), 2);
  ::close(ends[1]);
  EXPECT_EQ(rest(input).value(), "de");
  Sha256 sha256;
  sha256.update("abcde");
  EXPECT_EQ(input.digest({}).value(), sha256.hex());
}

TEST_F(LiveInputs, WaitsForAFileToGrowUntilItIsIdle) {
  LiveInput input = file("begin", milliseconds(400));
  EXPECT_EQ(input.kind(), LiveInput::Kind::growing_file);
  std::jthread writer([&] {
    std::this_thread::sleep_for(milliseconds(100));
    std::ofstream(path_, std::ios::app) << " and end";
  });
  const auto start = steady_clock::now();
  EXPECT_EQ(rest(input).value(), "begin and end");
  EXPECT_GE(steady_clock::now() - start, milliseconds(400));
}

TEST_F(LiveInputs, SaysThatAFileHasShrunk) {
  LiveInput input = file("a long beginning", milliseconds(5000));
  std::array<std::byte, 100> chunk{};
  ASSERT_EQ(input.read(chunk, {}).value(), 16u);
  std::filesystem::resize_file(path_, 3);
  const auto got = input.read(chunk, {});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::unreachable);
  EXPECT_EQ(got.error().message, "cannot read clip: it has become shorter while it was read");
}

TEST_F(LiveInputs, StopsWaitingWhenAskedTo) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  LiveInput input(ends[0], "pipe", milliseconds(0));
  std::stop_source stop;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(milliseconds(50));
    stop.request_stop();
  });
  const auto got = rest(input, stop.get_token());
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::interrupted);
  ::close(ends[1]);
}

TEST_F(LiveInputs, KnowsByTheFirstBoxesWhatHasItsIndexBehind) {
  using Layout = LiveInput::Layout;
  const std::string begin = box("ftyp", 24, 16) + box("free", 8, 0);
  EXPECT_EQ(layout(file(begin + box("moov", 5000, 100))), Layout::streamable);
  EXPECT_EQ(layout(file(begin + box("mdat", 5000, 100))), Layout::whole_only);
  EXPECT_EQ(layout(file(box("wide", 8, 0) + box("mdat", 0, 100))), Layout::whole_only);
  EXPECT_EQ(layout(file(begin + box("uuid", 1U << 30, 100))), Layout::whole_only);  // out of sight
  EXPECT_EQ(layout(file(begin)), Layout::streamable);  // for the demuxer to refuse
  EXPECT_EQ(layout(file("GIF89a and so on, some more")), Layout::whole_only);
  EXPECT_EQ(layout(file("OggS and so on, and some more")), Layout::whole_only);
  EXPECT_EQ(layout(file("G" + std::string(187, 'x'))), Layout::streamable);
}

TEST_F(LiveInputs, LookingAtTheBeginningTakesNothingAway) {
  const std::string bytes =
      box("ftyp", 24, 16) + box("free", 100'008, 100'000) + box("mdat", 5000, 300);
  LiveInput input = file(bytes);
  EXPECT_EQ(input.layout({}).value(), LiveInput::Layout::whole_only);
  EXPECT_EQ(rest(input).value(), bytes);
  Sha256 sha256;
  sha256.update(bytes);
  EXPECT_EQ(input.digest({}).value(), sha256.hex());
}

}  // namespace
}  // namespace videogen::media
