#include "generate/choose.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace videogen::generate {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kStandard = "veo-3.1-generate-001";
constexpr std::string_view kFast = "veo-3.1-fast-generate-001";
constexpr std::string_view kLite = "veo-3.1-lite-generate-001";

Result<Choice> shipped(const Wish& wish) { return choose(shipped_models(), wish); }

std::string refusal(const Wish& wish) {
  const auto choice = shipped(wish);
  if (choice) return "accepted";
  EXPECT_EQ(choice.error().code, ErrorCode::usage);
  return choice.error().message;
}

TEST(Choose, TakesQualityFirstUnlessAskedOtherwise) {
  EXPECT_EQ(shipped({})->model_id, kStandard);
  EXPECT_EQ(shipped({.priority = Priority::quality})->model_id, kStandard);
  EXPECT_EQ(shipped({.priority = Priority::speed})->model_id, kFast);
  EXPECT_EQ(shipped({.priority = Priority::cost})->model_id, kLite);
  EXPECT_THAT(shipped({.priority = Priority::cost})->why, HasSubstr("cheapest at 0.05 USD"));
}

TEST(Choose, PassesOverWhatCannot) {
  const auto choice = shipped({.priority = Priority::cost, .resolution = "4k"});
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->model_id, kFast);  // 0.35 a second in 4k; lite has none
  EXPECT_EQ(choice->usd_per_second, 0.35);
  EXPECT_THAT(choice->why, HasSubstr("resolution 4k: veo-3.1-lite-generate-001 makes 720p, 1080p"));
}

TEST(Choose, FillsInTheModelsOwn) {
  const auto choice = shipped({});
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->seconds, 8);
  EXPECT_EQ(choice->resolution, "720p");
  EXPECT_EQ(choice->aspect_ratio, "16:9");
  EXPECT_TRUE(choice->audio);
  EXPECT_EQ(choice->usd_per_second, 0.40);
  EXPECT_THAT(choice->price_from, AllOf(HasSubstr("estimate"), HasSubstr("2026-11-22")));
}

TEST(Choose, RefusesWhatTheTableRulesOut) {
  EXPECT_EQ(refusal({.seconds = 7}), "7 s: veo-3.1-generate-001 makes 4, 6 or 8 s");
  EXPECT_EQ(refusal({.seconds = 15}),
            "15 s: veo-3.1-generate-001 makes 4, 6 or 8 s; longer ones by --priority long");
  EXPECT_EQ(refusal({.aspect_ratio = "3:7"}), "aspect 3:7: veo-3.1-generate-001 makes 16:9, 9:16");
  EXPECT_EQ(refusal({.model = std::string(kLite), .resolution = "4k"}),
            "resolution 4k: veo-3.1-lite-generate-001 makes 720p, 1080p");
  EXPECT_EQ(refusal({.seed = 4294967296}),
            "seed 4294967296: veo-3.1-generate-001 takes 0 to 4294967295");
  EXPECT_THAT(refusal({.image = true, .references = 1}), HasSubstr("exclude each other"));
  EXPECT_THAT(refusal({.last_frame = true, .references = 1}), HasSubstr("exclude each other"));
  EXPECT_THAT(refusal({.last_frame = true}), HasSubstr("--image"));
  EXPECT_THAT(refusal({.references = 4}), HasSubstr("at most 3"));
  EXPECT_THAT(refusal({.model = std::string(kLite), .references = 1}),
              HasSubstr("takes no --reference"));
  EXPECT_THAT(refusal({.seconds = 4, .references = 1}), HasSubstr("makes 8 s with references"));
  EXPECT_THAT(refusal({.backend = "videos", .audio = true}), HasSubstr("makes no sound"));
  EXPECT_THAT(refusal({.backend = "videos", .seconds = 21}), HasSubstr("makes 1 to 20 s"));
  EXPECT_THAT(refusal({.backend = "videos", .image = true, .last_frame = true}),
              HasSubstr("takes no --last-frame"));
  EXPECT_THAT(refusal({.backend = "sora"}), HasSubstr("there are veo, videos"));
}

TEST(Choose, NamesTheSuccessorOfARetiredModel) {
  for (const Model& model : shipped_models()) {
    if (!model.retired()) continue;
    const std::string message = refusal({.model = model.id});
    EXPECT_EQ(message,
              model.id + " was retired on " + model.retired_since + ": use " + model.successor);
    EXPECT_TRUE(shipped({.model = model.successor})) << "a successor is in service";
  }
}

TEST(Choose, SuggestsWhatWasMeant) {
  EXPECT_EQ(refusal({.model = "veo-3.1-generate-01"}),
            "no model veo-3.1-generate-01 (did you mean veo-3.1-generate-001?)");
  EXPECT_EQ(refusal({.model = "kling"}),
            "no model kling: veo has veo-3.1-generate-001, veo-3.1-fast-generate-001, "
            "veo-3.1-lite-generate-001");
}

TEST(Choose, ChainsExtensionsToALength) {
  const auto chain = [](int seconds) {
    const auto choice = shipped({.priority = Priority::long_duration, .seconds = seconds});
    if (!choice) return std::string("refused");
    EXPECT_EQ(choice->all_seconds(), seconds);
    return std::to_string(choice->seconds) + "+" + std::to_string(choice->extensions) + "x7";
  };
  EXPECT_EQ(chain(6), "6+0x7");
  EXPECT_EQ(chain(11), "4+1x7");
  EXPECT_EQ(chain(15), "8+1x7");
  EXPECT_EQ(chain(36), "8+4x7");  // the last input has 29 s
  EXPECT_EQ(chain(37), "refused");
  EXPECT_EQ(chain(39), "refused");  // its last input would have 32 s
  EXPECT_EQ(chain(12), "refused");
  EXPECT_THAT(refusal({.priority = Priority::long_duration, .seconds = 12}),
              HasSubstr("with extensions 11, 13, 15, 18, 20, 22, 25, 27, 29, 32, 34 or 36 s"));
  EXPECT_EQ(shipped({.priority = Priority::long_duration})->all_seconds(), 15);
}

TEST(Choose, RefusesAChainWhereTheModelHasNone) {
  EXPECT_THAT(refusal({.model = std::string(kLite), .priority = Priority::long_duration}),
              HasSubstr("cannot extend a clip, so its longest is 8 s"));
  EXPECT_THAT(refusal({.backend = "videos", .priority = Priority::long_duration}),
              HasSubstr("cannot extend a clip, so its longest is 20 s"));
  EXPECT_THAT(refusal({.priority = Priority::long_duration, .image = true, .last_frame = true}),
              HasSubstr("leave one away"));
}

TEST(Choose, TakesAnyModelOfAServerThatMayHaveAny) {
  const auto named = shipped({.backend = "videos", .model = "Wan-AI/Wan2.2-T2V-A14B-Diffusers"});
  ASSERT_TRUE(named);
  EXPECT_EQ(named->model_id, "Wan-AI/Wan2.2-T2V-A14B-Diffusers");
  EXPECT_EQ(shipped({.backend = "videos"})->model_id, "");
  EXPECT_EQ(named->usd_per_second, std::nullopt);
  EXPECT_EQ(shipped({.backend = "videos", .usd_per_second = 0.01})->usd_per_second, 0.01);
}

TEST(Choose, TakesThePriceWithSoundForAnUpperBound) {
  const auto mute = shipped({.audio = false});
  ASSERT_TRUE(mute);
  EXPECT_FALSE(mute->audio);
  EXPECT_EQ(mute->usd_per_second, 0.40);
  EXPECT_THAT(mute->price_from, HasSubstr("a price without is not known"));
}

TEST(Models, ComeBackFromTheirJson) {
  const std::string text = models_json(shipped_models());
  const auto again = parse_models(text, "again");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(models_json(*again), text);
}

TEST(Models, ThatSellHaveADateForTheirPrice) {
  for (const Model& model : shipped_models()) {
    EXPECT_EQ(model.usd_per_second.has_value(), !model.price_date.empty()) << model.id;
    EXPECT_EQ(model.usd_per_second.has_value(), !model.price_source.empty()) << model.id;
  }
}

constexpr std::string_view kLeast =
    R"({"id": "m", "backend": "veo", "durations_s": [8, 4], "resolutions": ["r"],
        "aspect_ratios": ["a"])";

TEST(Models, NeedOnlyWhatTheyCanMake) {
  const auto models = parse_models("[" + std::string(kLeast) + "}]", "t");
  ASSERT_TRUE(models) << models.error().message;
  const Model& model = models->front();
  EXPECT_THAT(model.durations_s, ElementsAre(4, 8));
  EXPECT_EQ(model.default_s, 8);
  EXPECT_EQ(model.usd_per_second, std::nullopt);
  EXPECT_EQ(model.extension_s, std::nullopt);
}

TEST(Models, AreRefusedWithTheirPlace) {
  const auto refused = [](std::string_view more) {
    const auto models = parse_models("[" + std::string(kLeast) + std::string(more) + "}]", "t");
    if (models) return std::string("accepted");
    EXPECT_EQ(models.error().code, ErrorCode::usage);
    return models.error().message;
  };
  EXPECT_EQ(refused(R"(, "usd_per_secnd": 1)"),
            "t: model 1 (m): no model has a member usd_per_secnd (did you mean usd_per_second?)");
  EXPECT_THAT(refused(R"(, "usd_per_second": -1)"), HasSubstr("must be a price in US dollars"));
  EXPECT_THAT(refused(R"(, "usd_per_second": "1")"), HasSubstr("must be a price in US dollars"));
  EXPECT_THAT(refused(R"(, "usd_per_second_by_resolution": {"q": 1})"),
              HasSubstr("must be of resolutions"));
  EXPECT_THAT(refused(R"(, "default_s": 5)"), HasSubstr("must be one of durations_s"));
  EXPECT_THAT(refused(R"(, "extension_s": 7)"), HasSubstr("go together"));
  EXPECT_THAT(refused(R"(, "priority": ["best"])"), HasSubstr("of quality, speed, cost, long"));
  EXPECT_THAT(refused(R"(, "audio": 1)"), HasSubstr("true or false"));
  EXPECT_THAT(refused(R"(, "fps": 0)"), HasSubstr("from 1 to 240"));
  EXPECT_THAT(refused(R"(}, {"id": "m2")"), HasSubstr("model 2 (m2): backend is missing"));
  EXPECT_THAT(refused("}, " + std::string(kLeast)), HasSubstr("m is there twice"));
  EXPECT_FALSE(parse_models("{}", "t"));
  EXPECT_FALSE(parse_models("[]", "t"));
  EXPECT_FALSE(parse_models("[", "t"));
}

}  // namespace
}  // namespace videogen::generate
