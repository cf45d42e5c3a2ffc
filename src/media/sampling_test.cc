// Every frame and every sampled frame, against the real ffmpeg, to the last bit.
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "media/clips_for_test_internal.h"

namespace videogen::media {
namespace {

using test::Read;

struct Recipe {
  std::string name;       // of the test
  std::string file;       // with its extension
  std::string arguments;  // for ffmpeg
};

void PrintTo(const Recipe& recipe, std::ostream* out) { *out << recipe.name; }

// A picture that moves, with detail, that is cheap to encode.
std::string source(const std::string& size, const std::string& rate, const std::string& seconds) {
  return fmt::format("-f lavfi -i testsrc2=size={}:rate={}:duration={}", size, rate, seconds);
}

const std::string kX264 = " -c:v libx264 -threads 2 -pix_fmt yuv420p ";

std::vector<Recipe> recipes() {
  std::vector<Recipe> list;
  for (const std::string rate : {"24000/1001", "24", "25", "30000/1001", "30", "60"}) {
    std::string name = "Rate" + rate.substr(0, rate.find('/')) +
                       (rate.find('/') == std::string::npos ? "" : "over1001");
    list.push_back({name, name + ".mp4", source("160x120", rate, "3.2") + kX264});
  }
  list.push_back({"Vfr", "vfr.mp4",
                  source("160x120", "30", "5") +
                      " -vf select='not(mod(n*n\\,7))+gt(mod(n\\,50)\\,40)' -fps_mode passthrough" +
                      kX264});
  return list;
}

class Sampling : public testing::TestWithParam<Recipe> {};

void expect_as_ffmpeg(const std::filesystem::path& path, const std::string& rate) {
  SCOPED_TRACE(fmt::format("{} at rate '{}'", path.filename().string(), rate));
  const Result<VideoInfo> info = probe(path);
  ASSERT_TRUE(info) << info.error().message;
  const std::vector<std::string> expected = test::ffmpeg_frames(path, info->stream_index, rate);
  for (const bool skip : {false, true}) {
    ReadOptions options;
    options.skip_unneeded = skip;
    if (!rate.empty()) options.sample_rate = test::rational(rate);
    const Read read = test::read_frames(path, options);
    ASSERT_FALSE(read.error) << read.error->message;
    EXPECT_EQ(read.frames, expected) << (skip ? "skipping" : "decoding all");
    EXPECT_THAT(read.damage, testing::IsEmpty());
  }
}

TEST_P(Sampling, GivesTheFramesOfFfmpeg) {
  if (!test::have_ffmpeg()) GTEST_SKIP() << "no ffmpeg program";
  const std::filesystem::path path = test::make_clip(GetParam().file, GetParam().arguments);
  ASSERT_FALSE(path.empty());
  for (const std::string rate : {"", "1", "3", "100"}) expect_as_ffmpeg(path, rate);
}

INSTANTIATE_TEST_SUITE_P(Clips, Sampling, testing::ValuesIn(recipes()),
                         [](const auto& recipe) { return recipe.param.name; });

}  // namespace
}  // namespace videogen::media
