#include "cli/inputs.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace videogen::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Inputs : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) / ("inputs." + std::to_string(::getpid()));
    std::filesystem::create_directory(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name) {
    std::ofstream(folder_ / name) << "x";
    return (folder_ / name).string();
  }
  static std::vector<Input> resolve(const std::vector<std::string>& names) {
    net::RemoteInputs remote({}, {});
    return resolve_inputs(names, remote, {}).value();
  }

  std::filesystem::path folder_;
};

TEST_F(Inputs, KeepTheOrderAndTheNamesOfTheCaller) {
  const auto inputs = resolve({file("b.mp4"), file("a.txt")});
  ASSERT_EQ(inputs.size(), 2u);
  EXPECT_EQ(inputs[0].source.uri, (folder_ / "b.mp4").string());
  EXPECT_EQ(inputs[1].source.uri, (folder_ / "a.txt").string());
  EXPECT_FALSE(inputs[0].error || inputs[1].error);
}

TEST_F(Inputs, TakeAFoldersVideosByName) {
  file("b.MP4"), file("a.webm"), file("notes.txt"), file(".hidden.mp4"), file("c.gif");
  std::filesystem::create_directory(folder_ / "inside.mp4");
  std::vector<std::string> names;
  for (const Input& input : resolve({folder_.string()}))
    names.push_back(std::filesystem::path(input.source.uri).filename().string());
  EXPECT_THAT(names, ElementsAre("a.webm", "b.MP4", "c.gif"));
}

TEST_F(Inputs, SayThatAFolderHasNoVideos) {
  file("notes.txt");
  const auto inputs = resolve({folder_.string()});
  ASSERT_EQ(inputs.size(), 1u);
  EXPECT_EQ(inputs[0].error->code, ErrorCode::corrupt);
  EXPECT_THAT(inputs[0].error->message, HasSubstr("no videos in "));
}

TEST_F(Inputs, SuggestTheFileThatWasMeant) {
  file("holiday.mp4");
  const auto inputs = resolve({(folder_ / "hoilday.mp4").string()});
  ASSERT_EQ(inputs.size(), 1u);
  EXPECT_EQ(inputs[0].error->code, ErrorCode::not_found);
  EXPECT_THAT(inputs[0].error->message, HasSubstr("holiday.mp4?)"));
}

TEST_F(Inputs, RefuseWhatIsNoLocalFile) {
  for (const char* name : {"ftp://example.com/a.mp4", "file:///a.mp4", "s3://b/a"}) {
    const auto inputs = resolve({name});
    ASSERT_EQ(inputs.size(), 1u);
    EXPECT_EQ(inputs[0].error->code, ErrorCode::unsupported) << name;
    EXPECT_THAT(inputs[0].error->message, HasSubstr(name));
  }
  EXPECT_EQ(resolve({"/dev/zero"})[0].error->code, ErrorCode::unsupported);
  EXPECT_EQ(resolve({""})[0].error->code, ErrorCode::usage);
}

TEST_F(Inputs, ReadAPipeToItsEnd) {
  const std::string pipe = (folder_ / "pipe").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const std::jthread writer([&] { std::ofstream(pipe) << "bytes"; });
  const std::vector<Input> inputs = resolve({pipe});  // whichever side comes first
  ASSERT_FALSE(inputs[0].error) << inputs[0].error->message;
  EXPECT_EQ(inputs[0].source.uri, pipe);
  std::ifstream spooled(inputs[0].source.path);
  std::string text;
  spooled >> text;
  EXPECT_EQ(text, "bytes");
}

TEST_F(Inputs, AreNotAwaitedAfterAStop) {
  const std::string pipe = (folder_ / "pipe").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::stop_source stop;
  stop.request_stop();
  net::RemoteInputs remote({}, {});
  const auto inputs = resolve_inputs(std::vector{pipe}, remote, stop.get_token());
  ASSERT_FALSE(inputs);
  EXPECT_EQ(inputs.error().code, ErrorCode::interrupted);
}

TEST_F(Inputs, TakeStandardInputOnce) {
  const auto inputs = resolve({"-", "-"});
  ASSERT_EQ(inputs.size(), 2u);
  ASSERT_TRUE(inputs[1].error);
  EXPECT_EQ(inputs[1].error->code, ErrorCode::usage);
}

}  // namespace
}  // namespace videogen::cli
