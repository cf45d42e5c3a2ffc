#include "media/packet_clock_internal.h"

#include <gtest/gtest.h>

namespace videogen::media {
namespace {

constexpr AVRational kMillisecond{1, 1000};

struct Times {
  std::int64_t pts = kNoTime, dts = kNoTime;
  friend bool operator==(const Times&, const Times&) = default;
};

void PrintTo(const Times& times, std::ostream* out) { *out << times.pts << "/" << times.dts; }

// What a packet's times become, 40 ms each, where the decoder gives nothing back.
Times stamped(PacketClock& clock, Times times) {
  const Packet packet(av_packet_alloc());
  packet->pts = times.pts;
  packet->dts = times.dts;
  clock.stamp(*packet);
  const std::int64_t dts = clock.begin_call();
  clock.decoded({.packet_duration = 40});
  return {packet->pts, dts};
}

TEST(PacketClock, RemovesTheStartTimeOfTheFile) {
  PacketClock clock({.time_base = kMillisecond, .start_us = 5'000'000});
  EXPECT_EQ(stamped(clock, {5080, 5000}), (Times{80, 0}));
  EXPECT_FALSE(clock.repaired());
}

TEST(PacketClock, FillsInDecodingTimesFromDurations) {
  PacketClock clock({.time_base = kMillisecond, .average_rate = {25, 1}, .reorder_delay = 2});
  EXPECT_EQ(stamped(clock, {}), (Times{kNoTime, -80}));
  EXPECT_EQ(stamped(clock, {}), (Times{kNoTime, -40}));
  EXPECT_EQ(stamped(clock, {500, 400}), (Times{500, 400}));
  EXPECT_EQ(stamped(clock, {}), (Times{kNoTime, 440}));
}

TEST(PacketClock, BridgesJumpsWhereTheContainerAllowsThem) {
  PacketClock clock({.time_base = kMillisecond, .discontinuities_allowed = true});
  EXPECT_EQ(stamped(clock, {0, 0}), (Times{0, 0}));
  EXPECT_EQ(stamped(clock, {90'000, 90'000}), (Times{40, 40}));
  EXPECT_TRUE(clock.repaired());
  EXPECT_EQ(stamped(clock, {90'040, 90'040}), (Times{80, 80})) << "the bridge stays";
  EXPECT_EQ(stamped(clock, {90'010 - 5'000, 90'010 - 5'000}), (Times{120, 120})) << "backwards";
}

TEST(PacketClock, LeavesJumpsAloneElsewhere) {
  PacketClock clock({.time_base = kMillisecond});
  stamped(clock, {0, 0});
  EXPECT_EQ(stamped(clock, {90'000, 90'000}), (Times{90'000, 90'000}));
  EXPECT_FALSE(clock.repaired());
}

TEST(PacketClock, DropsAbsurdTimes) {
  PacketClock clock({.time_base = kMillisecond});
  stamped(clock, {0, 0});
  constexpr std::int64_t kTwoDays = 2LL * 24 * 3600 * 1000;
  EXPECT_EQ(stamped(clock, {kTwoDays, kTwoDays}), (Times{kNoTime, 40}));
  EXPECT_TRUE(clock.repaired());
}

TEST(PacketClock, UnwrapsAClockThatRanOver) {
  // The file starts just before the 33-bit clock of a transport stream runs over.
  constexpr AVRational kNinetyKilohertz{1, 90'000};
  constexpr std::int64_t kPeriod = std::int64_t{1} << 33;
  PacketClock clock({.time_base = kNinetyKilohertz,
                     .pts_wrap_bits = 33,
                     .start_us = 0,
                     .discontinuities_allowed = true});
  const Packet packet(av_packet_alloc());
  packet->pts = packet->dts = kPeriod - 90'000;
  clock.stamp(*packet);
  EXPECT_EQ(packet->pts, -90'000);
  EXPECT_TRUE(clock.repaired());
}

TEST(PacketClock, EndsWithTheLastFrame) {
  PacketClock clock({.time_base = kMillisecond});
  const Packet packet(av_packet_alloc());
  packet->pts = packet->dts = 0;
  clock.stamp(*packet);
  clock.begin_call();
  const Picture frame(av_frame_alloc());
  frame->pts = 0;
  clock.decoded({.packet_duration = 40, .frame = frame.get(), .frame_duration = 5000});
  clock.begin_drain();
  clock.begin_call();
  EXPECT_EQ(clock.end_pts(), 5000);
  EXPECT_EQ(end_of_frame(0, 5000, kMillisecond), 5000);
}

TEST(PacketClock, SurvivesTimesThatNoClockShows) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  for (const bool allowed : {false, true}) {
    PacketClock clock({.time_base = {1, 1},
                       .pts_wrap_bits = 33,
                       .start_us = kNoTime + 1,
                       .enabled_us = kMost,
                       .discontinuities_allowed = allowed});
    for (const std::int64_t time : {kMost, kNoTime + 1, std::int64_t{0}, kMost, kNoTime})
      stamped(clock, {time, time});
  }
}

}  // namespace
}  // namespace videogen::media
