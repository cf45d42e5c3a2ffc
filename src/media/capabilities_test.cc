#include "media/capabilities.h"

#include <array>
#include <cstdio>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace videogen::media {
namespace {

std::string output_of(const char* command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command, "r"), ::pclose);
  std::string text;
  std::array<char, 4096> chunk{};
  while (const std::size_t got = std::fread(chunk.data(), 1, chunk.size(), pipe.get()))
    text.append(chunk.data(), got);
  return text;
}

TEST(Capabilities, AgreeWithTheFfmpegProgram) {
  const std::string program = output_of("ffmpeg -version 2>/dev/null");
  if (program.empty()) GTEST_SKIP() << "no ffmpeg program";
  const Capabilities found = capabilities();
  EXPECT_THAT(program, testing::HasSubstr("ffmpeg version " + found.ffmpeg));
  const std::string decoders = output_of("ffmpeg -hide_banner -decoders 2>/dev/null");
  ASSERT_EQ(found.decoders.size(), 6u);
  for (const CodecSupport& decoder : found.decoders) {
    ASSERT_FALSE(decoder.implementation.empty()) << decoder.codec;
    EXPECT_THAT(decoders, testing::HasSubstr(" " + decoder.implementation + " ")) << decoder.codec;
  }
  EXPECT_EQ(found.encoder.implementation, "libx264");
}

}  // namespace
}  // namespace videogen::media
