#include "coherence/event_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coherence/events.h"

namespace videogen::coherence {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;
using State = ToldEvent::State;

// 25 frames a second, bright but for frames 50 to 59.
SeriesWindow first_frames(std::size_t count, std::size_t from = 0) {
  SeriesWindow window;
  window.first = from;
  for (std::size_t i = from; i < count; ++i) {
    Series::Frame frame{std::int64_t(i), double(i) / 25, {}};
    frame.facts.luma_p90 = i >= 50 && i < 60 ? 2 : 200;
    window.series.frames.push_back(frame);
  }
  const std::size_t size = window.series.frames.size();
  window.series.steps.resize(size);
  window.series.top_blocks.resize(size);
  window.series.warp_errors.resize(size);
  window.series.full_differences.resize(size);
  return window;
}

TEST(EventWatch, TellsAnEventOnceAndOnlyWhenItIsOver) {
  EventWatch watch;
  EXPECT_THAT(watch.look_at(first_frames(55)), IsEmpty());  // it goes on
  EXPECT_THAT(watch.look_at(first_frames(62)), IsEmpty());  // it may go on
  const auto told = watch.look_at(first_frames(70));
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].event.kind, "black");
  EXPECT_EQ(told[0].event.first_frame, 50);
  EXPECT_EQ(told[0].event.last_frame, 59);
  EXPECT_EQ(told[0].id, 0);
  EXPECT_EQ(told[0].state, State::found);
  EXPECT_THAT(watch.look_at(first_frames(75)), IsEmpty());
  // The whole series sees the same.
  EXPECT_THAT(watch.close(find_events(first_frames(200).series).events), IsEmpty());
}

TEST(EventWatch, LeavesTheBeginningOfAWindowToTheOneBefore) {
  EventWatch watch;
  // The window begins in the middle of the darkness: its true beginning is out of sight.
  EXPECT_THAT(watch.look_at(first_frames(100, 55)), IsEmpty());
}

TEST(EventWatch, SaysWhatTheWholeClipSeesOtherwise) {
  const auto watching = [] {
    EventWatch watch;
    EXPECT_THAT(watch.look_at(first_frames(70)), SizeIs(1));
    return watch;
  };
  auto changes = watching().close({});
  ASSERT_THAT(changes, SizeIs(1));
  EXPECT_EQ(changes[0].state, State::retracted);
  EXPECT_EQ(changes[0].event.first_frame, 50);

  Event longer{"black", 2, 2.6, 50, 65, 0.9, {}};
  changes = watching().close({longer});
  ASSERT_THAT(changes, SizeIs(1));
  EXPECT_EQ(changes[0].state, State::revised);
  EXPECT_EQ(changes[0].id, 0);
  EXPECT_EQ(changes[0].event.last_frame, 65);

  const Event drift{"drift", 0, 4, 0, 100, 0.8, {}};
  changes = watching().close({drift, longer});
  ASSERT_THAT(changes, SizeIs(2));
  EXPECT_EQ(changes[0].state, State::revised);
  EXPECT_EQ(changes[1].state, State::found);
  EXPECT_EQ(changes[1].id, 1);
  EXPECT_EQ(changes[1].event.kind, "drift");
}

TEST(EventWatch, LeavesDriftToTheEnd) {
  EXPECT_FALSE(settles_s("drift"));
  for (const std::string_view kind : kDefectKinds) {
    if (kind == "drift") continue;
    EXPECT_LT(settles_s(kind).value_or(9), 0.8) << kind;
  }
}

}  // namespace
}  // namespace videogen::coherence
