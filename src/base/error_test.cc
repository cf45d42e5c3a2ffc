#include "base/error.h"

#include <stdexcept>

#include <gtest/gtest.h>

namespace videogen {
namespace {

Result<int> half(int n) {
  if (n % 2 != 0) return fail(ErrorCode::usage, "odd");
  return n / 2;
}
Result<int> quarter(int n) {
  VIDEOGEN_TRY(const int h, half(n));
  VIDEOGEN_TRY(const int q, half(h));
  return q;
}
Status check_even(int n) {
  VIDEOGEN_TRY(half(n).map([](int) {}));
  return {};
}

TEST(Try, BindsTheValueOrReturnsTheError) {
  EXPECT_EQ(quarter(12).value(), 3);
  ASSERT_FALSE(quarter(6));
  EXPECT_EQ(quarter(6).error().message, "odd");
  EXPECT_TRUE(check_even(2));
  EXPECT_FALSE(check_even(3));
}

TEST(Error, RemembersWhereItArose) {
  const auto failed = half(1);
  EXPECT_NE(std::string_view(failed.error().where.file_name()).find("error_test.cc"),
            std::string_view::npos);
}

TEST(Error, MapsCodesToTheDocumentedExitStatus) {
  EXPECT_EQ(exit_status(ErrorCode::usage), 2);
  EXPECT_EQ(exit_status(ErrorCode::corrupt), 3);
  EXPECT_EQ(exit_status(ErrorCode::unsupported), 3);
  EXPECT_EQ(exit_status(ErrorCode::limit), 3);
  EXPECT_EQ(exit_status(ErrorCode::not_found), 4);
  EXPECT_EQ(exit_status(ErrorCode::unreachable), 4);
  EXPECT_EQ(exit_status(ErrorCode::interrupted), 5);
  EXPECT_EQ(exit_status(ErrorCode::budget), 6);
  EXPECT_EQ(exit_status(ErrorCode::internal), 70);
  EXPECT_EQ(name(ErrorCode::not_found), "not_found");
}

TEST(Error, TakesTheWorstOfSeveralExitStatuses) {
  const int worst_first[] = {70, 5, 2, 3, 4, 6, 1, 0};
  for (std::size_t i = 0; i < std::size(worst_first); ++i) {
    for (std::size_t j = i; j < std::size(worst_first); ++j) {
      EXPECT_EQ(worse_exit_status(worst_first[i], worst_first[j]), worst_first[i]);
      EXPECT_EQ(worse_exit_status(worst_first[j], worst_first[i]), worst_first[i]);
    }
  }
  EXPECT_THROW((void)worse_exit_status(9, 9), std::logic_error);
}

TEST(Printable, KeepsTextAndEscapesWhatMovesACursor) {
  EXPECT_EQ(printable("naïve 漢字 😀"), "naïve 漢字 😀");
  EXPECT_EQ(printable("a\nb\x1b[31m\x7f"), "a\\x0ab\\x1b[31m\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\\x9b");           // C1 control sequence introducer
  EXPECT_EQ(printable("\xff\xc3"), "\\xff\\xc3");           // not UTF-8
  EXPECT_EQ(printable("\xe0\x80\x80"), "\\xe0\\x80\\x80");  // overlong
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // surrogate
}

TEST(Printable, CutsLongText) { EXPECT_EQ(printable(std::string(1000, 'x'), 3), "xxx…"); }

TEST(Check, ThrowsWithThePlace) {
  try {
    VIDEOGEN_CHECK(1 + 1 == 3, "arithmetic holds");
    FAIL() << "no exception";
  } catch (const std::logic_error& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("error_test.cc"), std::string::npos) << text;
    EXPECT_NE(text.find("arithmetic holds"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace videogen
