#include "net/multipart.h"

#include <gmock/gmock.h>

namespace videogen::net {
namespace {

using testing::HasSubstr;

TEST(ParseMultipart, TakesAFormApart) {
  // As curl -F sends it.
  const std::string body =
      "--------------------------3f\r\n"
      "Content-Disposition: form-data; name=\"prompt\"\r\n\r\n"
      "a --------------------------3 boat\r\n"
      "--------------------------3f\r\n"
      "Content-Disposition: form-data; name=\"input_reference\"; filename=\"a \\\"b\\\".png\"\r\n"
      "Content-Type: image/PNG; x=y\r\n\r\n"
      "\x89PNG\r\n\x1a\n\r\n"
      "--------------------------3f--\r\n";
  const auto parts =
      parse_multipart("multipart/form-data; boundary=------------------------3f", body);
  ASSERT_TRUE(parts) << parts.error().message;
  ASSERT_EQ(parts->size(), 2U);
  EXPECT_EQ((*parts)[0].name(), "prompt");
  EXPECT_EQ((*parts)[0].bytes, "a --------------------------3 boat");
  EXPECT_EQ((*parts)[0].type(), "text/plain");
  EXPECT_EQ((*parts)[1].name(), "input_reference");
  EXPECT_EQ((*parts)[1].file_name(), "a \"b\".png");
  EXPECT_EQ((*parts)[1].type(), "image/png");
  EXPECT_EQ((*parts)[1].bytes, "\x89PNG\r\n\x1a\n");
}

TEST(ParseMultipart, ReadsWhatGooglesClientsSend) {
  // Line breaks of one byte, a quoted boundary, a preamble and an empty part.
  const auto parts = parse_multipart("multipart/related; boundary=\"=a b\"",
                                     "preamble\n--=a b\ncontent-type: application/json\n\n{}\n"
                                     "--=a b\ncontent-type: video/mp4\n\n\n--=a b--");
  ASSERT_TRUE(parts) << parts.error().message;
  ASSERT_EQ(parts->size(), 2U);
  EXPECT_EQ((*parts)[0].bytes, "{}");
  EXPECT_EQ((*parts)[1].bytes, "");
}

TEST(ParseMultipart, RefusesWhatIsCutOrBroken) {
  const auto why = [](std::string_view type, std::string_view body) {
    const auto parts = parse_multipart(type, body);
    return parts ? "accepted" : parts.error().message;
  };
  const std::string type = "multipart/form-data; boundary=b";
  EXPECT_THAT(why("multipart/form-data", "--b--"), HasSubstr("needs a boundary"));
  EXPECT_THAT(why(type, ""), HasSubstr("does not hold its boundary"));
  EXPECT_THAT(why(type, "--b\r\nA: x\r\n\r\ncut"), HasSubstr("before its last boundary"));
  EXPECT_THAT(why(type, "--b\r\nA: x\r\n--b--"), HasSubstr("no empty line"));
  EXPECT_THAT(why(type, "--b\r\nno colon\r\n\r\n\r\n--b--"), HasSubstr("no colon"));
  EXPECT_THAT(why(type, "--bcd\r\n\r\n\r\n--b--"), HasSubstr("end of its line"));
  std::string many = "--b";
  for (int i = 0; i < 1001; ++i) many += "\r\nA: x\r\n\r\nx\r\n--b";
  EXPECT_THAT(why(type, many + "--"), HasSubstr("over 1000 parts"));
}

}  // namespace
}  // namespace videogen::net
