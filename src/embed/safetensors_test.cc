#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "embed/safetensors_internal.h"

namespace videogen::embed {
namespace {

using testing::HasSubstr;

// A file with this header and so many bytes of data: 0, 1, 2, …
std::vector<std::byte> file(std::string_view header, std::size_t data_bytes) {
  std::vector<std::byte> bytes(8 + header.size() + data_bytes);
  const std::uint64_t length = header.size();
  std::memcpy(bytes.data(), &length, 8);
  std::memcpy(bytes.data() + 8, header.data(), header.size());
  for (std::size_t i = 0; i < data_bytes; ++i) {
    bytes[8 + header.size() + i] = static_cast<std::byte>(i);
  }
  return bytes;
}

TEST(Safetensors, GivesTheTensorsOfTheHeader) {
  const auto bytes = file(R"({"__metadata__": {"format": "pt"},
    "b": {"dtype": "F16", "shape": [2], "data_offsets": [8, 12]},
    "a": {"dtype": "F32", "shape": [1, 2], "data_offsets": [0, 8]},
    "s": {"dtype": "I64", "shape": [], "data_offsets": [12, 20]}})",
                          20);
  const auto tensors = parse_safetensors(bytes, "w");
  ASSERT_TRUE(tensors.has_value()) << tensors.error().message;
  ASSERT_EQ(tensors->size(), 3U);
  EXPECT_EQ(tensors->at("a").shape, (Shape{1, 2}));
  EXPECT_EQ(tensors->at("a").type, ElementType::f32);
  EXPECT_EQ(tensors->at("b").type, ElementType::f16);
  EXPECT_EQ(tensors->at("b").storage.size(), 4U);
  EXPECT_EQ(tensors->at("b").storage[0], std::byte{8});
  EXPECT_EQ(tensors->at("s").type, ElementType::other);
}

struct Bad {
  const char* header;
  std::size_t data_bytes;
  const char* fact;
};

class BadSafetensors : public testing::TestWithParam<Bad> {};

TEST_P(BadSafetensors, AreRefusedWithFileAndFact) {
  const auto tensors = parse_safetensors(file(GetParam().header, GetParam().data_bytes), "w.st");
  ASSERT_FALSE(tensors.has_value());
  EXPECT_THAT(tensors.error().message, HasSubstr("w.st"));
  EXPECT_THAT(tensors.error().message, HasSubstr(GetParam().fact));
  EXPECT_THAT(tensors.error().message, testing::Not(HasSubstr("\n")));
}

INSTANTIATE_TEST_SUITE_P(
    Headers, BadSafetensors,
    testing::Values(
        Bad{"", 0, "header"}, Bad{"[]", 0, "not a JSON object"}, Bad{"{\"a\":", 0, "byte"},
        Bad{R"({"a": 1})", 0, "no pair of data_offsets"},
        Bad{R"({"a": {"dtype": "F32", "shape": [1]}})", 4, "no pair of data_offsets"},
        Bad{R"({"a": {"dtype": "F32", "shape": [1], "data_offsets": [-4, 0]}})", 4, "no pair"},
        Bad{R"({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0.0, 4.0]}})", 4, "no pair"},
        Bad{R"({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4, 8]}})", 8, "no pair"},
        Bad{R"({"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 0]}})", 4,
            "lies at bytes 4 to 0 of 4"},
        Bad{R"({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}})", 4,
            "lies at bytes 0 to 8 of 4"},
        Bad{R"({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 18446744073709551615]}})",
            4, "lies at bytes 0 to 18446744073709551615"},
        Bad{R"({"a": {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]}})", 8,
            "takes 12 bytes, but has 8"},
        Bad{R"({"a": {"dtype": "F32", "shape": [4294967296, 4294967296], "data_offsets": [0, 4]}})",
            4, "impossible shape"},
        Bad{R"({"a": {"dtype": "F32", "shape": [0, 9223372036854775807, 4], "data_offsets": [0, 0]}})",
            0, "impossible shape"},
        Bad{R"({"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}})", 4, "no count"},
        Bad{R"({"a": {"dtype": "F32", "shape": "x", "data_offsets": [0, 4]}})", 4, "no shape"},
        Bad{R"({"a": {"dtype": "F32", "shape": [1,1,1,1,1,1,1,1,1], "data_offsets": [0, 4]}})", 4,
            "at most 8 axes"},
        Bad{R"({"a": {"shape": [1], "data_offsets": [0, 4]}})", 4, "no dtype"},
        Bad{R"({"a": {"dtype": "Q4", "shape": [1], "data_offsets": [0, 4]}})", 4,
            "unknown dtype Q4"},
        Bad{R"({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
                "b": {"dtype": "F32", "shape": [2], "data_offsets": [4, 12]}})",
            12, "tensors a and b overlap at byte 4"},
        Bad{R"({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]},
                "b": {"dtype": "F32", "shape": [1], "data_offsets": [8, 12]}})",
            12, "4 bytes before tensor b belong to none"},
        Bad{R"({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}})", 9,
            "last 5 bytes belong to no tensor"}));

TEST(Safetensors, RefuseAHeaderLengthThatLies) {
  auto bytes = file("{}", 0);
  bytes[0] = std::byte{3};
  const auto longer = parse_safetensors(bytes, "w.st");
  ASSERT_FALSE(longer.has_value());
  EXPECT_THAT(longer.error().message, HasSubstr("claims 3 bytes, but only 2 follow"));
  bytes.resize(7);
  const auto cut = parse_safetensors(bytes, "w.st");
  ASSERT_FALSE(cut.has_value());
  EXPECT_THAT(cut.error().message, HasSubstr("7 bytes, too short"));
  EXPECT_FALSE(parse_safetensors({}, "w.st").has_value());
}

TEST(Safetensors, RefuseADeepHeader) {
  const auto tensors = parse_safetensors(file(std::string(100'000, '['), 0), "w.st");
  ASSERT_FALSE(tensors.has_value());
  EXPECT_THAT(tensors.error().message, HasSubstr("levels deep"));
}

}  // namespace
}  // namespace videogen::embed
