#include "base/base64.h"

#include <gtest/gtest.h>

namespace videogen {
namespace {

// RFC 4648, section 10.
TEST(Base64, GivesTheExamplesOfItsDefinition) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64(std::string("\0\xff\xfe", 3)), "AP/+");
}

TEST(Base64, JoinsItsChunksWithoutASeam) {
  const std::string text = base64(std::string((std::size_t{3} << 20) + 4, 'A'));
  EXPECT_EQ(text.size(), (std::size_t{4} << 20) + 8);
  EXPECT_EQ(text.find('='), text.size() - 2);
  EXPECT_EQ(text.substr((std::size_t{4} << 20) - 4, 8), "QUFBQUFB");
}

TEST(Base64, GivesTheBytesBack) {
  for (const std::string& bytes : {std::string(), std::string("f"), std::string("fo"),
                                   std::string("\0\xff\xfe", 3), std::string(100, '\0')})
    EXPECT_EQ(from_base64(base64(bytes)), bytes);
  const std::string large((std::size_t{3} << 20) + 4, 'A');
  EXPECT_EQ(from_base64(base64(large)), large);
}

TEST(Base64, RefusesWhatItDoesNotWrite) {
  for (const char* text : {"Zg=", "Zg", "Zm9v ", " Zm9v   ", "Z=g=", "Zg==Zg==", "Zm9*", "====",
                           "Zh==", "Zm9=", "0widet=="})  // the last three: bits after the end
    EXPECT_EQ(from_base64(text), std::nullopt) << text;
}

}  // namespace
}  // namespace videogen
