#include "net/first_bytes.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace videogen::net {
namespace {

using ::testing::HasSubstr;
using namespace std::string_literals;

std::string why(const std::string& text, Accept accept = Accept::anything_else,
                std::string_view type = "") {
  const Status status = check_first_bytes(std::as_bytes(std::span(text)), accept, "X", type);
  return status ? "" : status.error().message;
}

TEST(FirstBytes, SayWhatIsPlainlyNoClip) {
  EXPECT_EQ(why("<!DOCTYPE html><p>", Accept::anything_else, "text/html; charset=utf-8"),
            "X is no clip but a web page (the server calls it text/html; charset=utf-8)");
  EXPECT_THAT(why("\xEF\xBB\xBF\r\n <HTML>"), HasSubstr("a web page"));
  EXPECT_THAT(why("{\"error\": 1}"), HasSubstr("JSON"));
  EXPECT_THAT(why("<?xml version=\"1.0\"?><Error><Code>AccessDenied"), HasSubstr("XML"));
  EXPECT_THAT(why("#EXTM3U\n#EXT-X-VERSION:3\n"), HasSubstr("a playlist"));
  EXPECT_THAT(why("not found\n"), HasSubstr("text"));
  EXPECT_THAT(why("version https://git-lfs.github.com/spec/v1\n"), HasSubstr("Git LFS"));
  EXPECT_THAT(why("PK\x03\x04\x14"), HasSubstr("zip"));
  EXPECT_THAT(why("%PDF-1.7\n\x80"), HasSubstr("a PDF"));
  EXPECT_THAT(why("\x1F\x8B\x08"), HasSubstr("gzip"));
}

TEST(FirstBytes, LetMediaThrough) {
  std::string ts(188 * 4, '\xFF');
  for (std::size_t i = 0; i < ts.size(); i += 188) ts[i] = 'G';
  for (const std::string& media :
       {"\0\0\0\x20"s + "ftypisom", "\x1A\x45\xDF\xA3\x01"s, "RIFF\1\2\3\4AVI LIST"s, "GIF89a\1\2"s,
        "YUV4MPEG2 W2 H2\n"s, "\0\0\0\1\x67"s, "OggS\0"s, "\x89PNG\r\n\x1A\n"s, ts}) {
    EXPECT_EQ(why(media), "");
    EXPECT_EQ(why(media, Accept::known_media), "");
  }
  // What may be something that only the decoder knows.
  EXPECT_EQ(why("\1\2\3\4"), "");
  EXPECT_THAT(why("\1\2\3\4", Accept::known_media), HasSubstr("does not begin as a clip does"));
}

}  // namespace
}  // namespace videogen::net
