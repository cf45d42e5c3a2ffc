// The detectors on clips small enough to reason about: a texture that pans, with one damage.
#include "coherence/detectors.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coherence/events.h"
#include "coherence/frame_analyser.h"

namespace videogen::coherence {
namespace {

constexpr int kFrames = 48;  // two seconds
constexpr int kWidth = 160;
constexpr int kHeight = 120;

using Damage = std::function<void(media::Image&, int frame)>;
using Timing = std::function<double(int frame)>;  // which moment is shown

// `world` chooses among textures.
media::Image view(double moment, int world = 0) {
  media::Image image(kWidth, kHeight);
  const double dx = 1.5 * moment;
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) {
      // Other worlds are rougher and turned: flow cannot make one of another.
      const double u = world == 0 ? x + dx : 1.9 * (y + 0.7 * (x + dx)) + 917;
      const double v = world == 0 ? y : 1.6 * (x + dx) - 0.8 * y + 311;
      const double level = 125 + 30 * std::sin(0.31 * u + 0.07 * v) +
                           25 * std::sin(0.23 * v - 0.02 * u) + 20 * std::sin(0.12 * u - 0.19 * v) +
                           15 * std::sin(0.0031 * u * v);
      for (int c = 0; c < 3; ++c)
        image.row(y)[3 * x + c] = static_cast<std::uint8_t>(std::clamp(level + 4 * c, 0.0, 255.0));
    }
  }
  return image;
}

Series clip(
    const Damage& damage, const Timing& timing = [](int n) { return n; }, int threads = 2) {
  FrameAnalyser analyser({.threads = threads});
  for (int n = 0; n < kFrames; ++n) {
    media::Image image = view(timing(n));
    damage(image, n);
    EXPECT_TRUE(analyser.push(image, n, n / 24.0, {}));
  }
  return analyser.finish({}).value();
}

void unharmed(media::Image&, int) {}

void amplify(media::Image& image, double gain) {
  for (auto& value : image.rgb)
    value = static_cast<std::uint8_t>(std::clamp(std::lround(value * gain), 0L, 255L));
}

const Event* event(const Verdicts& verdicts, std::string_view kind) {
  const auto found = std::ranges::find(verdicts.events, kind, &Event::kind);
  return found == verdicts.events.end() ? nullptr : &*found;
}

std::vector<std::string> kinds(const Verdicts& verdicts) {
  std::vector<std::string> names;
  for (const Event& e : verdicts.events) names.push_back(e.kind);
  return names;
}

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Detectors, FindNothingInAPan) {
  const Verdicts found = find_events(clip(unharmed));
  EXPECT_THAT(kinds(found), IsEmpty());
  for (const auto& evidence : found.defects)
    EXPECT_LT(evidence.score.value_or(0), 0.5) << evidence.kind;
}

TEST(Detectors, FindACutWhereItIs) {
  const Verdicts found = find_events(clip([](media::Image& image, int n) {
    if (n >= 20) image = view(n, 7);
  }));
  ASSERT_THAT(kinds(found), ElementsAre("cut"));
  EXPECT_EQ(event(found, "cut")->first_frame, 20);
  EXPECT_EQ(event(found, "cut")->last_frame, 20);
  EXPECT_EQ(sentence(*event(found, "cut")), "the scene changes at 0.833 s");
}

TEST(Detectors, FindACutOnTheLastFrame) {
  const Verdicts found = find_events(clip([](media::Image& image, int n) {
    if (n == kFrames - 1) image = view(n, 7);
  }));
  ASSERT_NE(event(found, "cut"), nullptr);
  EXPECT_EQ(event(found, "cut")->first_frame, kFrames - 1);
}

TEST(Detectors, TellAFlashFromACut) {
  const Verdicts found = find_events(clip([](media::Image& image, int n) {
    if (n == 20 || n == 21) image = view(n, 7);
  }));
  ASSERT_THAT(kinds(found), ElementsAre("flash"));
  EXPECT_EQ(event(found, "flash")->first_frame, 20);
  EXPECT_EQ(event(found, "flash")->last_frame, 21);
}

TEST(Detectors, FindBrightnessThatJumpsAndReturns) {
  const Verdicts found = find_events(clip([](media::Image& image, int n) {
    if (n == 20) amplify(image, 1.15);
  }));
  ASSERT_NE(event(found, "flicker"), nullptr);
  EXPECT_EQ(event(found, "flicker")->first_frame, 20);
  EXPECT_THAT(sentence(*event(found, "flicker")),
              testing::MatchesRegex("brightness jumps by 1[3-6] % at 0.833 s and returns"));
}

TEST(Detectors, FindPumping) {
  const Verdicts found = find_events(clip([](media::Image& image, int n) {
    if (n >= 10 && n < 34) amplify(image, 1 + 0.12 * std::sin(2 * 3.14159 * n / 5));
  }));
  EXPECT_NE(event(found, "flicker"), nullptr);
}

TEST(Detectors, FindAFreezeAndNotItsLeap) {
  const Verdicts found =
      find_events(clip(unharmed, [](int n) { return n >= 20 && n < 32 ? 19 : n; }));
  ASSERT_THAT(kinds(found), ElementsAre("freeze"));
  EXPECT_EQ(event(found, "freeze")->first_frame, 20);
  EXPECT_EQ(event(found, "freeze")->last_frame, 31);
}

TEST(Detectors, TakeAnimationOnTwosForIntent) {
  EXPECT_THAT(kinds(find_events(clip(unharmed, [](int n) { return n / 2 * 2; }))), IsEmpty());
}

TEST(Detectors, FindAJump) {
  const Verdicts found = find_events(clip(unharmed, [](int n) { return n >= 24 ? n + 5 : n; }));
  ASSERT_THAT(kinds(found), ElementsAre("jump"));
  EXPECT_EQ(event(found, "jump")->first_frame, 24);
}

TEST(Detectors, FindBrokenBlocks) {
  const Verdicts found = find_events(clip([](media::Image& image, int n) {
    if (n != 20 && n != 21) return;
    for (int y = 40; y < 72; ++y) {
      for (int x = 60; x < 108; ++x) {
        for (int c = 0; c < 3; ++c) image.row(y)[3 * x + c] = (x / 8 + y / 8) % 2 == 0 ? 30 : 220;
      }
    }
  }));
  ASSERT_NE(event(found, "corruption"), nullptr) << ::testing::PrintToString(kinds(found));
  EXPECT_EQ(event(found, "corruption")->first_frame, 20);
}

TEST(Detectors, FindBrokenBlocksThatStayForAWhile) {
  const Verdicts found = find_events(clip([](media::Image& image, int n) {
    if (n < 20 || n > 25) return;
    for (int y = 40; y < 72; ++y) {
      for (int x = 60; x < 108; ++x) {
        for (int c = 0; c < 3; ++c) image.row(y)[3 * x + c] = (x / 8 + y / 8) % 2 == 0 ? 30 : 220;
      }
    }
  }));
  ASSERT_NE(event(found, "corruption"), nullptr) << ::testing::PrintToString(kinds(found));
  EXPECT_EQ(event(found, "corruption")->first_frame, 20);
  EXPECT_EQ(event(found, "corruption")->last_frame, 25);
}

TEST(Detectors, FindABurstOfNoise) {
  unsigned state = 5;
  const Verdicts found = find_events(clip([&](media::Image& image, int n) {
    if (n < 20 || n >= 28) return;
    for (auto& value : image.rgb) {
      state = state * 1664525U + 1013904223U;
      value = static_cast<std::uint8_t>(std::clamp(int(value) + int(state >> 26) - 32, 0, 255));
    }
  }));
  ASSERT_THAT(kinds(found), ElementsAre("noise"));
  EXPECT_EQ(event(found, "noise")->first_frame, 20);
  EXPECT_EQ(event(found, "noise")->last_frame, 27);
}

TEST(Detectors, FindExposureThatLeaves) {
  const Verdicts found =
      find_events(clip([](media::Image& image, int n) { amplify(image, 1 - 0.3 * n / kFrames); }));
  EXPECT_THAT(kinds(found), ElementsAre("drift"));
}

TEST(Detectors, FindBlack) {
  const Verdicts found = find_events(clip([](media::Image& image, int n) {
    if (n >= 20 && n < 30) amplify(image, 0.02);
  }));
  ASSERT_NE(event(found, "black"), nullptr);
  EXPECT_EQ(event(found, "black")->first_frame, 20);
  EXPECT_EQ(event(found, "black")->last_frame, 29);
}

TEST(Detectors, GiveMoreEvidenceForMoreDamage) {
  const auto flicker = [](double depth) {
    return find_events(clip([=](media::Image& image, int n) {
             if (n == 20) amplify(image, 1 + depth);
           }))
        .defects[2]
        .score.value();
  };
  const double light = flicker(0.02);
  const double medium = flicker(0.06);
  const double heavy = flicker(0.2);
  EXPECT_LT(light, medium);
  EXPECT_LT(medium, heavy);
}

TEST(Detectors, SeeTheSameInAMirror) {
  const auto damage = [](media::Image& image, int n) {
    if (n == 20) amplify(image, 1.1);
  };
  const auto mirrored = [&](media::Image& image, int n) {
    damage(image, n);
    for (int y = 0; y < image.height; ++y) {
      for (int x = 0; x < image.width / 2; ++x) {
        for (int c = 0; c < 3; ++c)
          std::swap(image.row(y)[3 * x + c], image.row(y)[3 * (image.width - 1 - x) + c]);
      }
    }
  };
  const Verdicts plain = find_events(clip(damage));
  const Verdicts mirror = find_events(clip(mirrored));
  for (std::size_t i = 0; i < plain.defects.size(); ++i)
    EXPECT_NEAR(plain.defects[i].score.value_or(0), mirror.defects[i].score.value_or(0), 0.1)
        << plain.defects[i].kind;
}

TEST(Detectors, DependOnNoNumberOfThreads) {
  const auto damage = [](media::Image& image, int n) {
    if (n >= 20 && n < 23) amplify(image, 1.3);
  };
  const auto same = [](int n) { return double(n); };
  const Series one = clip(damage, same, 1);
  const Series many = clip(damage, same, 5);
  ASSERT_EQ(one.size(), many.size());
  for (std::size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(one.steps[i].residual, many.steps[i].residual);
    EXPECT_EQ(one.top_blocks[i], many.top_blocks[i]);
    EXPECT_EQ(one.warp_errors[i], many.warp_errors[i]);
  }
  ASSERT_EQ(one.bridges.size(), many.bridges.size());
  for (const auto& [t, bridges] : one.bridges) {
    for (std::size_t k = 0; k < bridges.size(); ++k) {
      ASSERT_EQ(bridges[k].has_value(), many.bridges.at(t)[k].has_value());
      if (!bridges[k]) continue;
      EXPECT_EQ(bridges[k]->residual, many.bridges.at(t)[k]->residual);
    }
  }
  ASSERT_EQ(one.changes.size(), many.changes.size());
  EXPECT_FALSE(one.changes.empty());
  EXPECT_EQ(one.changes, many.changes);
}

TEST(Detectors, StandClipsWithLittleInThem) {
  for (const int frames : {0, 1, 2, 3, 5}) {
    for (const auto& [width, height] : {std::pair{160, 120}, {1, 1}, {64, 1}, {17, 400}}) {
      FrameAnalyser analyser({.threads = 2});
      for (int n = 0; n < frames; ++n) analyser.push(media::Image(width, height), n, n / 24.0, {});
      const Verdicts found = find_events(analyser.finish({}).value());
      EXPECT_EQ(found.defects.size(), kDefectKinds.size());
      if (frames >= 2) continue;
      EXPECT_THAT(found.events, IsEmpty());
    }
  }
}

TEST(FrameAnalyser, EndsWhenAskedTo) {
  std::stop_source stop;
  FrameAnalyser analyser({.threads = 1});
  EXPECT_TRUE(analyser.push(view(0), 0, 0, stop.get_token()));
  stop.request_stop();
  for (int n = 1; n < 40; ++n) analyser.push(view(n), n, n / 24.0, stop.get_token());
  EXPECT_FALSE(analyser.finish(stop.get_token()).has_value());
}

}  // namespace
}  // namespace videogen::coherence
