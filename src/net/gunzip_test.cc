#include "net/gunzip.h"

#include <gtest/gtest.h>

namespace videogen::net {
namespace {

TEST(Gunzip, UnpacksAndRefuses) {
  // echo -n hello | gzip -n
  const std::string zipped(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05"
      "\x00\x00\x00",
      25);
  EXPECT_EQ(gunzip(zipped, 100).value_or("failed"), "hello");
  EXPECT_EQ(gunzip(zipped, 4).error().code, ErrorCode::limit);
  EXPECT_EQ(gunzip(zipped.substr(0, 20), 100).error().code, ErrorCode::corrupt);
  EXPECT_EQ(gunzip("hello", 100).error().code, ErrorCode::corrupt);
  EXPECT_EQ(gunzip("", 100).error().code, ErrorCode::corrupt);
}

}  // namespace
}  // namespace videogen::net
