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

}  // namespace
}  // namespace videogen
