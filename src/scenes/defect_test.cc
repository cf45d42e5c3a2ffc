// Planted defects against the clean clip, frame by frame.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenes/scene.h"

namespace videogen::scenes {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Clip small(std::uint64_t seed) {
  Clip clip;
  clip.scene = "marbles";
  clip.seed = seed;
  clip.width = 96;
  clip.height = 64;
  clip.seconds = 4;
  return clip;
}

Renderer make(const Clip& clip) {
  auto renderer = Renderer::create(clip);
  EXPECT_TRUE(renderer) << renderer.error().message;
  return std::move(renderer).value();
}

double difference(const media::Image& a, const media::Image& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.rgb.size(); ++i) sum += std::abs(int(a.rgb[i]) - int(b.rgb[i]));
  return sum / double(a.rgb.size());
}

bool persists(std::string_view kind) {
  return kind == "cut" || kind == "jump" || kind == "morph" || kind == "drift";
}

class EveryDefect : public ::testing::TestWithParam<std::string_view> {};
INSTANTIATE_TEST_SUITE_P(Defects, EveryDefect,
                         ::testing::ValuesIn(all_defects().begin(), all_defects().end()),
                         [](const auto& kind) { return std::string(kind.param); });

TEST_P(EveryDefect, ChangesTheFramesOfItsTruthAndNoOthers) {
  for (const std::uint64_t seed : {1, 2, 3}) {  // styles differ by seed
    Clip clip = small(seed);
    const Renderer clean = make(clip);
    clip.defects = {{std::string(GetParam()), 1.5, Severity::light}};
    const Renderer damaged = make(clip);
    ASSERT_EQ(damaged.truth().size(), 1U);
    const PlantedDefect truth = damaged.truth()[0];
    EXPECT_EQ(truth.kind, GetParam());
    EXPECT_EQ(truth.first_frame, 36);
    EXPECT_DOUBLE_EQ(truth.start_s, 1.5);
    const auto last = persists(truth.kind) ? clean.frames() - 1 : truth.last_frame;
    for (std::int64_t frame = 24; frame < clean.frames(); frame += frame < 48 ? 1 : 7) {
      const bool hit = frame >= truth.first_frame && frame <= last;
      EXPECT_EQ(damaged.render(frame) != clean.render(frame), hit)
          << "seed " << seed << " frame " << frame;
    }
    EXPECT_TRUE(damaged.render(truth.first_frame - 1) == clean.render(truth.first_frame - 1));
    if (last + 1 < clean.frames()) {
      EXPECT_TRUE(damaged.render(last + 1) == clean.render(last + 1));
    }
    EXPECT_TRUE(damaged.render(last) != clean.render(last));
  }
}

TEST_P(EveryDefect, DamagesMoreTheHeavierItIs) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    Clip clip = small(seed);
    const Renderer clean = make(clip);
    std::vector<double> damage;
    for (const Severity severity : {Severity::light, Severity::medium, Severity::heavy}) {
      clip.defects = {{std::string(GetParam()), 2, severity}};
      const Renderer damaged = make(clip);
      const PlantedDefect truth = damaged.truth()[0];
      EXPECT_EQ(truth.severity, severity);
      double sum = 0;
      const auto end = persists(truth.kind) ? clean.frames() - 1 : truth.last_frame;
      for (std::int64_t frame = truth.first_frame; frame <= end; ++frame) {
        // What persists is looked at now and then, a cut where it happens.
        if (persists(truth.kind) && (frame - truth.first_frame) % 6 != 0) continue;
        if (truth.kind == "cut" && frame > truth.last_frame) break;
        sum += difference(damaged.render(frame), clean.render(frame));
      }
      damage.push_back(sum);
    }
    EXPECT_LT(damage[0], damage[1]) << "seed " << seed;
    EXPECT_LT(damage[1], damage[2]) << "seed " << seed;
  }
}

TEST_P(EveryDefect, IsTheSameEveryTime) {
  Clip clip = small(5);
  clip.defects = {{std::string(GetParam()), 2, Severity::heavy}};
  const Renderer first = make(clip);
  const Renderer second = make(clip);
  EXPECT_TRUE(first.render(49) == second.render(49));
}

class EveryMorph : public ::testing::TestWithParam<std::string_view> {};
INSTANTIATE_TEST_SUITE_P(Styles, EveryMorph,
                         ::testing::ValuesIn(defect_styles("morph").begin(),
                                             defect_styles("morph").end()),
                         [](const auto& style) { return std::string(style.param); });

TEST_P(EveryMorph, BeginsWhereTheTruthSays) {
  Clip clip = small(1);
  const Renderer clean = make(clip);
  clip.defects = {{"morph", 2, Severity::heavy, std::string(GetParam())}};
  const Renderer damaged = make(clip);
  const PlantedDefect truth = damaged.truth()[0];
  ASSERT_TRUE(truth.place);
  const media::Image before = clean.render(truth.first_frame);
  const media::Image after = damaged.render(truth.first_frame);
  double farthest = 0;  // picture heights
  for (int y = 0; y < before.height; ++y) {
    for (int x = 0; x < before.width; ++x) {
      if (std::equal(before.row(y) + 3 * x, before.row(y) + 3 * x + 3, after.row(y) + 3 * x))
        continue;
      const double dx = (x + 0.5 - double(truth.place->x) * before.width) / before.height;
      const double dy = (y + 0.5) / before.height - double(truth.place->y);
      farthest = std::max(farthest, std::hypot(dx, dy));
    }
  }
  EXPECT_GT(farthest, 0);
  EXPECT_LT(farthest, 1.4 * double(truth.place->radius));  // it is ragged
}

TEST_P(EveryMorph, StaysToTheEndAndIsWorseTheHeavierItIs) {
  for (const std::uint64_t seed : {1, 2}) {
    Clip clip = small(seed);
    clip.frame_rate = {12, 1};
    const Renderer clean = make(clip);
    std::vector<double> damage;
    for (const Severity severity : {Severity::light, Severity::medium, Severity::heavy}) {
      clip.defects = {{"morph", 2, severity, std::string(GetParam())}};
      const Renderer damaged = make(clip);
      const PlantedDefect truth = damaged.truth()[0];
      EXPECT_EQ(truth.first_frame, 24);
      EXPECT_LE(truth.last_frame, 24 + 8);
      EXPECT_TRUE(damaged.render(23) == clean.render(23));
      double sum = 0;
      for (const std::int64_t frame : {24, 30, 36, 42, 47}) {
        EXPECT_TRUE(damaged.render(frame) != clean.render(frame)) << seed << " at " << frame;
        sum += difference(damaged.render(frame), clean.render(frame));
      }
      damage.push_back(sum);
    }
    EXPECT_LT(damage[0], damage[1]) << "seed " << seed;
    EXPECT_LT(damage[1], damage[2]) << "seed " << seed;
  }
}

TEST_P(EveryMorph, LeavesMostOfThePictureAlone) {
  Clip clip = small(3);
  const media::Image clean = make(clip).render(80);
  clip.defects = {{"morph", 2, Severity::light, std::string(GetParam())}};
  const media::Image damaged = make(clip).render(80);
  int changed = 0;
  for (std::size_t i = 0; i < clean.rgb.size(); i += 3) {
    changed += !std::equal(&clean.rgb[i], &clean.rgb[i] + 3, &damaged.rgb[i]);
  }
  EXPECT_GT(changed, 20);
  EXPECT_LT(changed, clean.width * clean.height / 5);
}

TEST(Freeze, RepeatsTheFrameBeforeItAndThenCatchesUp) {
  Clip clip = small(1);
  clip.defects = {{"freeze", 2, Severity::medium}};
  const Renderer renderer = make(clip);
  const PlantedDefect truth = renderer.truth()[0];
  const media::Image held = renderer.render(truth.first_frame - 1);
  for (auto frame = truth.first_frame; frame <= truth.last_frame; ++frame) {
    EXPECT_TRUE(renderer.render(frame) == held) << frame;
  }
  EXPECT_TRUE(renderer.render(truth.last_frame + 1) != held);
}

TEST(Jump, ShowsLaterMomentsFromThereOn) {
  Clip clip = small(1);
  const Renderer clean = make(clip);
  clip.defects = {{"jump", 2, Severity::heavy}};
  const Renderer renderer = make(clip);
  EXPECT_TRUE(renderer.render(48) == clean.render(48 + 24));
  EXPECT_TRUE(renderer.render(60) == clean.render(60 + 24));
}

TEST(Cut, ShowsAnotherSceneThatMoves) {
  Clip clip = small(1);
  clip.defects = {{"cut", 2, Severity::medium}};
  const Renderer renderer = make(clip);
  const double across = difference(renderer.render(47), renderer.render(48));
  EXPECT_GT(across, 5 * difference(renderer.render(48), renderer.render(49)));
  EXPECT_GT(difference(renderer.render(48), renderer.render(90)), 0.2);
}

TEST(Black, LeavesAlmostNothing) {
  Clip clip = small(1);
  clip.defects = {{"black", 2, Severity::heavy}};
  const media::Image image = make(clip).render(55);
  EXPECT_LT(*std::max_element(image.rgb.begin(), image.rgb.end()), 8);
}

TEST(Morph, ChangesAPartOfThePictureOnly) {
  for (const std::uint64_t seed : {1, 2, 3, 4, 5, 6}) {
    Clip clip = small(seed);
    const media::Image clean = make(clip).render(90);
    clip.defects = {{"morph", 2, Severity::medium}};
    const media::Image image = make(clip).render(90);
    int changed = 0;
    for (std::size_t i = 0; i < image.rgb.size(); i += 3) {
      changed += std::equal(&image.rgb[i], &image.rgb[i] + 3, &clean.rgb[i]) ? 0 : 1;
    }
    const double share = double(changed) / (96 * 64);
    EXPECT_GT(share, 0.01) << seed;
    EXPECT_LT(share, 0.3) << seed;
  }
}

TEST(Defects, ComposeInOneClip) {
  Clip clip = small(2);
  const Renderer clean = make(clip);
  clip.defects = {{"cut", 3, Severity::medium},  // not in the order of time
                  {"flash", 1, Severity::heavy},
                  {"drift", 2, Severity::light},
                  {"noise", 2.2, Severity::medium}};
  const Renderer damaged = make(clip);
  std::vector<std::string> kinds;
  for (const PlantedDefect& defect : damaged.truth()) kinds.push_back(defect.kind);
  EXPECT_THAT(kinds, ::testing::ElementsAre("flash", "drift", "noise", "cut"));
  EXPECT_TRUE(damaged.render(23) == clean.render(23));
  EXPECT_TRUE(damaged.render(24) != clean.render(24));
  EXPECT_TRUE(damaged.render(30) == clean.render(30));
  EXPECT_TRUE(damaged.render(50) != clean.render(50));
}

TEST(Defects, ThatWouldHideEachOtherAreRefused) {
  const auto error_of = [](std::vector<Defect> defects) {
    Clip clip = small(1);
    clip.defects = std::move(defects);
    const auto renderer = Renderer::create(clip);
    if (renderer) return std::string();
    EXPECT_EQ(renderer.error().code, ErrorCode::usage);
    return renderer.error().message;
  };
  using enum Severity;
  EXPECT_THAT(error_of({{"freeze", 1, heavy}, {"flash", 1.2, light}}),
              AllOf(HasSubstr("freeze"), HasSubstr("would hide flash")));
  EXPECT_THAT(error_of({{"cut", 1.2, light}, {"black", 1, heavy}}), HasSubstr("would hide cut"));
  EXPECT_THAT(error_of({{"flicker", 1, heavy}, {"flicker", 1, light}}), HasSubstr("two of a kind"));
  EXPECT_EQ(error_of({{"freeze", 2, heavy}, {"drift", 1, light}}), "");
  EXPECT_EQ(error_of({{"noise", 1, heavy}, {"flicker", 1.1, light}}), "");
}

TEST(Defects, OutsideTheClipAreRefused) {
  const auto error_of = [](std::string kind, double start) {
    Clip clip = small(1);
    clip.defects = {{std::move(kind), start, Severity::heavy}};
    const auto renderer = Renderer::create(clip);
    return renderer ? std::string() : renderer.error().message;
  };
  EXPECT_THAT(error_of("cut", 4), HasSubstr("outside the clip, whose last frame is at 3.958 s"));
  EXPECT_THAT(error_of("cut", 0), HasSubstr("first frame"));
  EXPECT_THAT(error_of("cut", -1), HasSubstr("outside the clip"));
  EXPECT_THAT(error_of("cut", std::nan("")), HasSubstr("outside the clip"));
  EXPECT_THAT(error_of("freeze", 3.5), HasSubstr("past the end of the clip (4.000 s)"));
  EXPECT_THAT(error_of("sneeze", 1), AllOf(HasSubstr("sneeze"), HasSubstr("known: cut, flash")));
  EXPECT_EQ(error_of("cut", 3.95), "");
}

TEST(ParseDefect, ReadsKindTimeAndSeverity) {
  const auto plain = parse_defect("cut@3");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->kind, "cut");
  EXPECT_EQ(plain->start_s, 3);
  EXPECT_EQ(plain->severity, Severity::medium);
  EXPECT_EQ(parse_defect("flicker@1.25:heavy")->severity, Severity::heavy);
  EXPECT_EQ(parse_defect("flicker@1.25:light")->start_s, 1.25);
  EXPECT_EQ(parse_defect("black@.5:medium")->start_s, 0.5);
  EXPECT_EQ(plain->style, "");
  EXPECT_EQ(parse_defect("morph.vanish@2:light")->kind, "morph");
  EXPECT_EQ(parse_defect("morph.vanish@2:light")->style, "vanish");
}

TEST(ParseDefect, NamesWhatIsWrong) {
  const auto error_of = [](std::string_view text) {
    const auto defect = parse_defect(text);
    EXPECT_FALSE(defect) << text;
    return defect ? std::string() : defect.error().message;
  };
  for (const auto text :
       {"", "cut", "cut@", "cut@x", "cut@1s", "cut@1,5", "cut@ 1", "cut@1:", "@1"}) {
    EXPECT_FALSE(error_of(text).empty()) << text;
  }
  EXPECT_THAT(error_of("morph.sneeze@1"), HasSubstr("known: melt, turn, vanish"));
  EXPECT_THAT(error_of("cut.hard@1"), HasSubstr("known: none"));
  EXPECT_FALSE(error_of("morph.@1").empty());
  EXPECT_THAT(error_of("cut"), HasSubstr("KIND[.STYLE]@SECONDS[:SEVERITY]"));
  EXPECT_THAT(error_of("wobble@1"), HasSubstr("known: cut, flash, flicker, freeze, jump"));
  EXPECT_THAT(error_of("cut@1:hard"), HasSubstr("known: light, medium, heavy"));
  EXPECT_THAT(error_of("cut@-1"), HasSubstr("impossible"));
  EXPECT_THAT(error_of("cut@inf"), HasSubstr("impossible"));
  EXPECT_THAT(error_of("cut@nan"), HasSubstr("impossible"));
  EXPECT_THAT(error_of("a\nb@1"), HasSubstr("a\\x0ab"));
}

}  // namespace
}  // namespace videogen::scenes
