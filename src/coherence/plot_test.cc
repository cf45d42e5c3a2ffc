#include <algorithm>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coherence/plot_internal.h"

namespace videogen::coherence {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Report clip(std::vector<std::optional<double>> similarities) {
  Report report;
  report.similarities = std::move(similarities);
  for (std::size_t i = 0; i <= report.similarities.size(); ++i)
    report.timestamps_s.push_back(static_cast<double>(i));
  report.source.video.duration_s = static_cast<double>(report.timestamps_s.size());
  report.analysis = Analysis{};
  return report;
}

TEST(Plots, StartWithTheSimilarityOfEachSampleToTheOneBefore) {
  Report report = clip({0.9, 0.7, 0.8});
  report.min_coherence = 0.7;
  const std::vector<Plot> plots = plots_of(report);
  ASSERT_EQ(plots.size(), 1u);
  EXPECT_EQ(plots[0].title, "similarity");
  EXPECT_THAT(plots[0].times_s, ElementsAre(1, 2, 3));
  EXPECT_THAT(plots[0].values, ElementsAre(0.9, 0.7, 0.8));
  EXPECT_EQ(plots[0].worst_s, 2);
  EXPECT_LT(plots[0].low, 0.7);
  EXPECT_GT(plots[0].high, 0.9);
}

TEST(Plots, EndWithTheLastFrameWhereAllWereSeen) {
  Report report = clip({0.9});
  report.source.video.duration_s = 1002;  // of a clip that begins at 1000 s
  EXPECT_EQ(end_of(report), 1002);
  report.analysis->shots = {{0, 1.5}, {1.5, 2}};
  EXPECT_EQ(end_of(report), 2);
}

TEST(Plots, BreakTheLineWhereThereIsNoNumber) {
  const Report report = clip({0.9, 0.8, std::nullopt, 0.7, 0.9});
  const std::string svg = plot_svg(plots_of(report).at(0), report);
  const std::string path = svg.substr(svg.find("<path"));
  EXPECT_EQ(std::ranges::count(path.substr(0, path.find('>')), 'M'), 2);
  EXPECT_THAT(svg, AllOf(Not(HasSubstr("nan")), Not(HasSubstr("inf"))));
}

TEST(Plots, LeaveOutWhatHasNoNumberAtAll) {
  EXPECT_TRUE(plots_of(clip({std::nullopt})).empty());
  Report report = clip({});
  report.analysis->curves = {{"empty", "", {}, {}},
                             {"odd", "", {0}, {std::numeric_limits<double>::infinity()}}};
  EXPECT_TRUE(plots_of(report).empty());
}

TEST(Plots, LoseNoSpikeWhenThinned) {
  Report report = clip({});
  Curve curve{"brightness", "0…255", {}, {}};
  for (int i = 0; i < 50'000; ++i) {
    curve.times_s.push_back(i * 0.04);
    curve.values.push_back(i == 12'345 ? 200 : i == 40'001 ? 3 : 100);
  }
  report.analysis->curves = {curve};
  const std::vector<Plot> plots = plots_of(report);
  ASSERT_EQ(plots.size(), 1u);
  EXPECT_LE(plots[0].values.size(), kMostPoints);
  EXPECT_EQ(std::ranges::max(plots[0].values), 200);
  EXPECT_EQ(std::ranges::min(plots[0].values), 3);
  EXPECT_TRUE(std::ranges::is_sorted(plots[0].times_s));
}

TEST(Plots, DrawALevelLineAcrossTheMiddle) {
  Report report = clip({});
  report.analysis->curves = {{"still", "", {0, 1}, {7, 7}}};
  const Plot plot = plots_of(report).at(0);
  EXPECT_NEAR((plot.low + plot.high) / 2, 7, 1e-9);
  EXPECT_GT(plot.high, plot.low);
}

TEST(Plots, ShowEventsAsBandsAndShotsAsMarks) {
  Report report = clip({0.9, 0.9, 0.9});
  report.analysis->events = {{"flash", 1, 2, 25, 50, 0.9, {}}, {"dissolve", 3, 4, 75, 99, 0.5, {}}};
  report.analysis->shots = {{0, 2}, {2, 4}};
  const std::string svg = plot_svg(plots_of(report).at(0), report);
  EXPECT_THAT(svg, HasSubstr(R"(<rect class="band" x="25.000%" width="25.000%" height="100%"/>)"));
  EXPECT_THAT(svg, HasSubstr(R"(<rect class="band quiet" x="75.000%")"));
  EXPECT_THAT(svg, HasSubstr(R"(<line class="shot" x1="50.000%")"));
}

TEST(Plots, AreDescribedInWords) {
  Report report = clip({0.9, 0.7});
  report.min_coherence = 0.7;
  EXPECT_THAT(plot_svg(plots_of(report).at(0), report),
              HasSubstr("aria-label=\"similarity over time, from 0.7 to 0.9; lowest at 2 s; "
                        "threshold 0.85\""));
}

TEST(Axis, HasAFewRoundTimes) {
  Report report;
  for (const auto& [seconds, tick] :
       {std::pair(0.4, ">0.1 s<"), std::pair(6.0, ">3 s<"), std::pair(45.0, ">10 s<"),
        std::pair(400.0, ">2:00<"), std::pair(100'000.0, ">208:20<")}) {
    report.source.video.duration_s = seconds;
    const std::string svg = axis_svg(report);
    EXPECT_THAT(svg, HasSubstr(tick)) << seconds;
    std::size_t ticks = 0;
    for (std::size_t at = svg.find("<text"); at != std::string::npos;
         at = svg.find("<text", at + 1))
      ++ticks;
    EXPECT_GE(ticks, 3u) << seconds;
    EXPECT_LE(ticks, 9u) << seconds;
  }
  report.source.video.duration_s = 0;
  EXPECT_THAT(axis_svg(report), Not(HasSubstr("nan")));
}

TEST(Bar, KeepsWithinItsBed) {
  EXPECT_THAT(bar_svg(0.25), HasSubstr("class=\"fill\" width=\"25.00%\""));
  EXPECT_THAT(bar_svg(7), HasSubstr("class=\"fill strong\" width=\"100.00%\""));
}

}  // namespace
}  // namespace videogen::coherence
