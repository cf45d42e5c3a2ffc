#include "emulator/clip_order.h"

#include <set>

#include <gmock/gmock.h>

namespace videogen::emulator {
namespace {

ClipOrder order(std::string prompt, std::uint64_t seed = 1) {
  ClipOrder made;
  made.prompt = std::move(prompt);
  made.seed = seed;
  return made;
}

TEST(ClipOf, FollowsTheWords) {
  EXPECT_EQ(clip_of(order("A lighthouse in a storm"), 0).scene, "harbour");
  EXPECT_EQ(clip_of(order("SNOW falls on a city"), 0).scene, "snowfall");
  EXPECT_EQ(clip_of(order("city, in snow"), 0).scene, "city");
  // "treatment" is no tree, but begins like one; what means nothing gets some scene.
  EXPECT_FALSE(clip_of(order("xyzzy"), 0).scene.empty());
  EXPECT_EQ(clip_of(order("xyzzy", 1), 0).scene, clip_of(order("xyzzy", 2), 0).scene);
}

TEST(ClipOf, VariesWithEverythingThatWasAskedFor) {
  std::set<std::uint64_t> seeds;
  ClipOrder one = order("boat");
  seeds.insert(clip_of(one, 0).seed);
  one.seed = 2;
  seeds.insert(clip_of(one, 0).seed);
  one.negative_prompt = "people";
  seeds.insert(clip_of(one, 0).seed);
  one.pictures = "digest";
  seeds.insert(clip_of(one, 0).seed);
  one.seconds = 4;
  seeds.insert(clip_of(one, 0).seed);
  EXPECT_EQ(seeds.size(), 5U);
  EXPECT_EQ(clip_of(one, 0).seed, clip_of(one, 3).seed);
}

TEST(ClipOf, BreaksOneInSoMany) {
  int broken = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    broken += is_broken(order("forest", seed), 4) ? 1 : 0;
    EXPECT_FALSE(is_broken(order("forest", seed), 0));
    EXPECT_TRUE(is_broken(order("forest", seed), 1));
  }
  EXPECT_NEAR(broken, 100, 35);  // four standard deviations
}

TEST(ClipOf, PlantsOnlyWhatCanBeRendered) {
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    ClipOrder one = order("marbles", seed);
    one.width = 64;
    one.height = 64;
    one.seconds = seed % 2 == 0 ? 0.25 : 3;
    const scenes::Clip clip = clip_of(one, 1);
    ASSERT_EQ(clip.defects.size(), 1U);
    const auto renderer = scenes::Renderer::create(clip);
    EXPECT_TRUE(renderer) << clip.defects[0].kind << ": " << renderer.error().message;
  }
}

TEST(ClipOf, GoesOnWhereAClipEnded) {
  const scenes::Clip start = clip_of(order("boat"), 0);
  ClipOrder more = order("and a whale");
  more.continued_scene = start.scene;
  more.continued_seed = start.seed;
  EXPECT_EQ(clip_of(more, 0).scene, start.scene);
  EXPECT_EQ(clip_of(more, 0).seed, start.seed);
}

TEST(KeyOf, TellsOrdersApart) {
  EXPECT_EQ(key_of(order("a"), 4), key_of(order("a"), 4));
  EXPECT_NE(key_of(order("a"), 4), key_of(order("b"), 4));
  EXPECT_NE(key_of(order("a"), 4), key_of(order("a"), 5));
  EXPECT_EQ(key_of(order("\xff"), 4).size(), 64U);
}

}  // namespace
}  // namespace videogen::emulator
