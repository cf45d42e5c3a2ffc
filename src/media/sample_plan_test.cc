#include "media/sample_plan_internal.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace videogen::media {
namespace {

// A clip in file order, a letter a picture: I entry, P referred to, b referred to by none,
// l leading (before the entry that it follows, referring back), h hidden. `times` are the
// presentation times, one frame a second.
PacketIndex clip(const std::string& pictures, const std::vector<std::int64_t>& times) {
  PacketIndex index;
  index.time_base = {1, 1};
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    PacketEntry packet;
    packet.pts = times[i];
    packet.dts = static_cast<std::int64_t>(i) - 2;
    packet.duration = 1;
    packet.entry = pictures[i] == 'I';
    packet.disposable = pictures[i] == 'b';
    packet.leading = pictures[i] == 'l';
    packet.hidden = pictures[i] == 'h';
    index.packets.push_back(packet);
  }
  return index;
}

std::vector<std::int64_t> in_order(std::size_t count) {
  std::vector<std::int64_t> times;
  for (std::size_t i = 0; i < count; ++i) times.push_back(static_cast<std::int64_t>(i));
  return times;
}

// The pictures that are decoded; '.' for those that are not.
std::string decoded(const std::string& pictures, const std::vector<std::int64_t>& times,
                    const PlanOptions& options) {
  const std::optional<SamplePlan> plan = plan_samples(clip(pictures, times), options);
  if (!plan) return "no plan";
  std::string text = pictures;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (!plan->decode[i]) text[i] = '.';
  return text;
}

// At a frame a second, this rate takes frames 4, 14, 24, …
constexpr PlanOptions kEveryTenth{.rate = 0.1, .reorder_delay = 2};

TEST(SamplePlan, LeavesOutWhatNothingRefersTo) {
  EXPECT_EQ(decoded("IbPbPbPb", in_order(8), kEveryTenth), "I.P.P...");
}

TEST(SamplePlan, DecodesADisposablePictureThatIsSampled) {
  EXPECT_EQ(decoded("IPPbbbPP", in_order(8), kEveryTenth), "IPP.b...");
}

TEST(SamplePlan, LeavesOutGroupsOfPicturesWithoutASample) {
  EXPECT_EQ(decoded("IPPPPPPIPPPIPPPPPPPP", in_order(20), kEveryTenth), "IPPPP......IPPP.....");
}

TEST(SamplePlan, FollowsReferencesInFileOrderNotInTimeOrder) {
  // Frame 4 is the third in the file and refers to the one before it, which is shown later.
  EXPECT_EQ(decoded("IPPPPP", {0, 8, 4, 2, 6, 9}, {.rate = 0.1, .reorder_delay = 3}), "IPP...");
}

TEST(SamplePlan, DecodesWhatAWantedLeadingPictureRefersTo) {
  // Frame 4 is shown before the entry at 5 that it follows.
  EXPECT_EQ(decoded("IPbPIlPP", {0, 1, 2, 3, 5, 4, 6, 7}, kEveryTenth), "IP.PIl..");
}

TEST(SamplePlan, LeavesOutLeadingPicturesThatAreNotWanted) {
  EXPECT_EQ(decoded("IPIlPP", {0, 1, 3, 2, 4, 5}, kEveryTenth), "..I.P.");
}

TEST(SamplePlan, ReachesBackOverAGroupThatHasNothingButItsEntry) {
  EXPECT_EQ(decoded("IPPIIlPP", {0, 1, 2, 3, 5, 4, 6, 7}, kEveryTenth), "IPPIIl..");
}

TEST(SamplePlan, CountsHiddenPicturesNeitherAsFramesNorAsSamples) {
  const std::optional<SamplePlan> plan =
      plan_samples(clip("IhhPPPPPP", {-3, -2, -1, 0, 1, 2, 3, 4, 5}), kEveryTenth);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->source_frames, 7);  // the entry is shown, two are not
  ASSERT_FALSE(plan->frames.empty());
  EXPECT_EQ(plan->frames.front().pts, -3);
}

TEST(SamplePlan, TellsTimesPositionsAndRepetitions) {
  const std::optional<SamplePlan> plan =
      plan_samples(clip("IbPbP", {0, 1, 2, 30, 31}), kEveryTenth);
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->frames.size(), 2U);  // the entry, and the one before the hole
  EXPECT_EQ(plan->frames[1].pts, 2);
  EXPECT_EQ(plan->frames[1].source_index, 2);
  EXPECT_EQ(plan->frames[1].samples, 3);
  EXPECT_EQ(plan->samples, 3);
  EXPECT_EQ(plan->source_frames, 5);
}

TEST(SamplePlan, DecodesOneFrameOfAClipTooShortToBeSampled) {
  EXPECT_EQ(decoded("IPP", in_order(3), kEveryTenth), "I..");
}

TEST(SamplePlan, PlansNothingInDoubt) {
  EXPECT_EQ(decoded("IPP", {0, 1, 1}, kEveryTenth), "no plan") << "two frames at one time";
  EXPECT_EQ(decoded("IPPP", {0, 3, 2, 1}, {.rate = 0.1, .reorder_delay = 1}), "no plan")
      << "more reordering than the decoder holds back";
  PacketIndex endless = clip("IPP", in_order(3));
  endless.packets.back().duration = 0;
  EXPECT_FALSE(plan_samples(endless, kEveryTenth)) << "an end that only the decoder guesses";
  PacketIndex late = clip("IPPP", in_order(4));
  EXPECT_TRUE(
      plan_samples(late, {.rate = 0.1, .reorder_delay = 2, .discontinuities_allowed = true}));
  for (PacketEntry& packet : late.packets) packet.dts -= 5;
  EXPECT_FALSE(
      plan_samples(late, {.rate = 0.1, .reorder_delay = 2, .discontinuities_allowed = true}))
      << "what ffmpeg takes for a jump";
  EXPECT_FALSE(plan_samples(PacketIndex{}, kEveryTenth));
}

}  // namespace
}  // namespace videogen::media
