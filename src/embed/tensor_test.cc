#include <cmath>
#include <cstring>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "embed/tensor_internal.h"

namespace videogen::embed {
namespace {

using testing::ElementsAre;

template <class T>
std::span<const std::byte> bytes(const std::vector<T>& values) {
  return std::as_bytes(std::span(values));
}

TEST(Float16, IsReadAsIeee754Defines) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const int exponent = static_cast<int>(bits >> 10) & 31;
    const int fraction = static_cast<int>(bits) & 1023;
    const double sign = (bits & 0x8000U) != 0 ? -1.0 : 1.0;
    const float actual = from_float16(static_cast<std::uint16_t>(bits));
    if (exponent == 31) {
      EXPECT_TRUE(fraction == 0 ? std::isinf(actual) : std::isnan(actual)) << bits;
      continue;
    }
    const double expected = exponent == 0
                                ? sign * fraction * std::pow(2.0, -24)
                                : sign * (1 + fraction / 1024.0) * std::pow(2.0, exponent - 15);
    ASSERT_EQ(actual, static_cast<float>(expected)) << bits;
    ASSERT_EQ(std::signbit(actual), std::signbit(expected)) << bits;
  }
}

TEST(Bfloat16, RoundsToTheNearestAndTiesToEven) {
  EXPECT_EQ(to_bfloat16(1.0F), 0x3f80);
  // A step at 1 is 2⁻⁷: half of it is a tie.
  EXPECT_EQ(to_bfloat16(1.0F + 0x1p-8F), 0x3f80);
  EXPECT_EQ(to_bfloat16(1.0F + 3 * 0x1p-8F), 0x3f82);
  EXPECT_EQ(to_bfloat16(1.0F + 0x1p-8F + 0x1p-20F), 0x3f81);
  EXPECT_EQ(to_bfloat16(-2.0F), 0xc000);
  EXPECT_EQ(to_bfloat16(std::numeric_limits<float>::max()), 0x7f80);
  EXPECT_TRUE(std::isnan(from_bfloat16(to_bfloat16(std::nanf("")))));
}

TEST(Bfloat16, KeepsEveryValueThatItCanHold) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float value = from_bfloat16(static_cast<std::uint16_t>(bits));
    if (std::isnan(value)) continue;
    ASSERT_EQ(to_bfloat16(value), bits);
  }
}

TEST(ToFloats, FollowsStrides) {
  const std::vector<float> storage{0, 1, 2, 3, 4, 5};
  // The transpose of [[0, 1, 2], [3, 4, 5]].
  EXPECT_THAT(to_floats({ElementType::f32, {3, 2}, {1, 3}, bytes(storage)}),
              ElementsAre(0, 3, 1, 4, 2, 5));
  EXPECT_THAT(to_floats({ElementType::f32, {2, 2}, {3, 2}, bytes(storage)}),
              ElementsAre(0, 2, 3, 5));
  EXPECT_THAT(to_floats({ElementType::f32, {2, 3}, {0, 1}, bytes(storage)}),
              ElementsAre(0, 1, 2, 0, 1, 2));
}

TEST(ToFloats, ReadsScalarsAndNothing) {
  const std::vector<float> storage{7};
  EXPECT_THAT(to_floats({ElementType::f32, {}, {}, bytes(storage)}), ElementsAre(7));
  EXPECT_THAT(to_floats({ElementType::f32, {0, 5}, {5, 1}, {}}), testing::IsEmpty());
}

TEST(ToFloats, WidensHalfPrecision) {
  const std::vector<std::uint16_t> halves{0x3c00, 0xc000};  // 1, -2
  EXPECT_THAT(to_floats({ElementType::f16, {2}, {1}, bytes(halves)}), ElementsAre(1, -2));
  const std::vector<std::uint16_t> brains{0x3f80, 0xc000};
  EXPECT_THAT(to_floats({ElementType::bf16, {2}, {1}, bytes(brains)}), ElementsAre(1, -2));
}

TEST(FirstNonFinite, FindsThePlace) {
  std::vector<float> values(100, 1.0F);
  EXPECT_EQ(first_non_finite(values), 100U);
  values[70] = std::numeric_limits<float>::infinity();
  values[80] = std::nanf("");
  EXPECT_EQ(first_non_finite(values), 70U);
}

}  // namespace
}  // namespace videogen::embed
