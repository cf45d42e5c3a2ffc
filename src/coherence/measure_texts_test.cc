#include "coherence/measure_texts.h"

#include <gtest/gtest.h>

#include "coherence/report.h"

namespace videogen::coherence {
namespace {

TEST(KindText, KnowsEveryKind) {
  for (const std::string_view kind : kDefectKinds) EXPECT_NE(kind_text(kind), "") << kind;
  EXPECT_NE(kind_text("dissolve"), "");
  EXPECT_NE(kind_text("fade"), "");
  EXPECT_EQ(kind_text("smell"), "");
}

TEST(MeasureText, SaysNothingOfWhatItDoesNotKnow) {
  EXPECT_NE(measure_text("warp_error"), "");
  EXPECT_EQ(measure_text("smell"), "");
}

}  // namespace
}  // namespace videogen::coherence
