#include "generate/support_codes.h"

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace videogen::generate {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(SupportCodes, AreFoundInMessages) {
  EXPECT_THAT(support_codes_of("Try again. Support codes: 58061214, 29310472"),
              ElementsAre(58061214, 29310472));
  EXPECT_THAT(support_codes_of("Support code: 58061214."), ElementsAre(58061214));
  EXPECT_THAT(support_codes_of("support codes:1,2,1 and Support codes: 3"), ElementsAre(1, 2, 3));
  EXPECT_THAT(support_codes_of("Support codes: none"), IsEmpty());
  EXPECT_THAT(support_codes_of("Support codes: 99999999999999999999"), IsEmpty());
  EXPECT_THAT(support_codes_of("58061214"), IsEmpty());
}

TEST(SupportCodes, AreExplained) {
  EXPECT_EQ(explained(std::array{56562880, 5}),
            "56562880: violence; 5: a code that is not known here");
}

}  // namespace
}  // namespace videogen::generate
