#include "coherence/measures/list.h"

#include <fstream>
#include <iterator>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "coherence/measures/clip_for_test_internal.h"

namespace videogen::coherence {
namespace {

TEST(Measures, DeclareWhatAReaderNeeds) {
  std::set<std::string_view> names;
  for (const MeasureEntry* entry : all_measures()) {
    EXPECT_TRUE(names.insert(entry->name).second) << entry->name << " is listed twice";
    EXPECT_NE(entry->needs, 0U) << entry->name;
    EXPECT_NE(needs_text(entry->needs), "") << entry->name;
    EXPECT_NE(entry->unit, "") << entry->name;
    EXPECT_NE(entry->source, "") << entry->name;
    EXPECT_NE(entry->text, "") << entry->name;
    EXPECT_TRUE(entry->text.ends_with('.')) << entry->name;
    EXPECT_EQ(find_measure(entry->name), entry);
  }
  EXPECT_EQ(find_measure("smell"), nullptr);
}

TEST(Measures, AreAllInTheDocumentation) {
  std::ifstream file(VIDEOGEN_SOURCE_DIR "/docs/measures.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  for (const MeasureEntry* entry : all_measures())
    EXPECT_THAT(text, ::testing::HasSubstr("| `" + std::string(entry->name) + "` |"));
}

TEST(Measures, SayTheirRangeInTheUnit) {
  EXPECT_EQ(unit_text(kWarpError), "mean squared RGB error, 0…1");
  EXPECT_EQ(unit_text(kMotion), "shorter sides of the picture a second, from 0");
  EXPECT_EQ(unit_text(kMelting), "logit of a classifier, less what is usual in the clip");
}

// Every value lies within its declared range, whatever the clip; what can't be known has a reason.
TEST(Measures, StandClipsWithLittleInThem) {
  for (const int frames : {0, 1, 2, 3, 5, 9, 30}) {
    for (const auto& [width, height] : {std::pair{160, 120}, {1, 1}, {64, 1}, {17, 400}}) {
      for (const bool moving : {false, true}) {
        const Series series = seen_of(frames, [&](int n) {
          return moving ? panned(3 * n, width, height) : media::Image(width, height);
        });
        const SampleSeries none;
        const auto measures = measure_all({series, none});
        ASSERT_EQ(measures.size(), all_measures().size() - 2);  // but for what was not asked for
        for (const Measure& measure : measures) {
          EXPECT_NE(measure.value.has_value(), !measure.absent.empty()) << measure.name;
          if (!measure.value) continue;
          EXPECT_GE(*measure.value, measure.least.value_or(-1e30)) << measure.name;
          EXPECT_LE(*measure.value, measure.most.value_or(1e30)) << measure.name;
        }
      }
    }
  }
}

// Left and right mean nothing to a measure.
TEST(Measures, AreTheSameInAMirror) {
  const auto damaged = [](int n) {
    media::Image image = panned(n);
    if (n == 20) amplify(image, 1.1);
    return image;
  };
  const Series plain = seen_of(40, damaged);
  const Series mirror = seen_of(40, [&](int n) { return mirrored(damaged(n)); });
  const SampleSeries none;
  const auto expected = measure_all({plain, none});
  const auto actual = measure_all({mirror, none});
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_EQ(actual[i].value.has_value(), expected[i].value.has_value()) << expected[i].name;
    // What the classifier and the worst blocks say depends on where the grid of blocks lies.
    if (!expected[i].value || expected[i].name == "melting" || expected[i].name == "block_damage")
      continue;
    EXPECT_NEAR(*actual[i].value, *expected[i].value, 0.1 * std::abs(*expected[i].value) + 1e-3)
        << expected[i].name;
  }
}

// Those that look at pairs or at frames alone don't know which way time runs.
TEST(Measures, AreTheSameBackwards) {
  const auto pan = [](int n) { return panned(n < 15 ? n : 2 * n); };
  const Series forth = seen_of(30, pan);
  const Series back = seen_of(30, [&](int n) { return pan(29 - n); });
  for (const MeasureEntry* entry : {&kWarpError, &kTemporalFlickering, &kMotion, &kRepeatedFrames,
                                    &kSharpness, &kBlack, &kBlank, &kLetterbox, &kCadence}) {
    const double expected = measure_of(*entry, forth).value.value();
    EXPECT_NEAR(measure_of(*entry, back).value.value(), expected, 0.05 * expected + 1e-9)
        << entry->name;
  }
}

// The same scene at two sizes that are both larger than what is looked at.
TEST(Measures, HardlyDependOnTheSize) {
  const Series small = seen_of(12, [](int n) { return panned(n, 480, 360); });
  const Series large = seen_of(12, [](int n) { return panned(n, 960, 720); });
  for (const MeasureEntry* entry : {&kTemporalFlickering, &kMotion, &kSharpness, &kBlack, &kBlank,
                                    &kLetterbox, &kRepeatedFrames, &kCadence}) {
    const double expected = measure_of(*entry, small).value.value();
    EXPECT_NEAR(measure_of(*entry, large).value.value(), expected, 0.1 * expected + 1e-9)
        << entry->name;
  }
}

}  // namespace
}  // namespace videogen::coherence
