#include "embed/choose.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "embed/onednn_internal.h"
#include "embed/test_folder_internal.h"

namespace videogen::embed {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// Nothing of the machine's own models shows.
class Choosing : public testing::Test {
 protected:
  void SetUp() override {
    ::unsetenv("VIDEOGEN_MODEL");
    ::unsetenv("HF_HOME");
    ::setenv("HF_HUB_CACHE", hub_.path().c_str(), 1);
  }
  void TearDown() override {
    ::unsetenv("VIDEOGEN_MODEL");
    ::unsetenv("HF_HUB_CACHE");
  }

  // Puts a model into the Hugging Face cache; returns its snapshot.
  fs::path pull(const std::string& repository, const std::string& revision) const {
    const fs::path folder = hub_.path() / repository / "snapshots" / revision;
    fs::create_directories(folder);
    fs::copy(model_, folder);
    return folder;
  }

  const fs::path model_ = golden_clip() / "tiny-quick-gelu";
  const TemporaryCache cache_;
  const TemporaryFolder hub_;
};

TEST_F(Choosing, TakesGistWhereNoModelIsFound) {
  const auto chosen = choose({});
  ASSERT_TRUE(chosen.has_value());
  EXPECT_EQ(chosen->embedder->identity().name, "gist");
  EXPECT_EQ(chosen->why, "no CLIP model found");
}

TEST_F(Choosing, TakesGistWhenAsked) {
  ::setenv("VIDEOGEN_MODEL", model_.c_str(), 1);
  const auto chosen = choose({.kind = Kind::gist});
  ASSERT_TRUE(chosen.has_value());
  EXPECT_EQ(chosen->embedder->identity().name, "gist");
  EXPECT_EQ(chosen->why, "--embedder gist");
}

TEST_F(Choosing, PrefersTheFlagToTheEnvironmentToTheCache) {
  pull("models--org--tiny", "abc");
  const auto from_cache = choose({});
  ASSERT_TRUE(from_cache.has_value()) << from_cache.error().message;
  EXPECT_EQ(from_cache->why, "found in the model cache");
  EXPECT_EQ(from_cache->embedder->identity().model, "org/tiny");
  ::setenv("VIDEOGEN_MODEL", (golden_clip() / "tiny-gelu-sharded-bf16").c_str(), 1);
  const auto from_environment = choose({});
  ASSERT_TRUE(from_environment.has_value());
  EXPECT_EQ(from_environment->why, "VIDEOGEN_MODEL");
  EXPECT_EQ(from_environment->embedder->identity().model, "tiny-gelu-sharded-bf16");
  const auto from_flag = choose({.model = model_});
  ASSERT_TRUE(from_flag.has_value());
  EXPECT_EQ(from_flag->why, "--model");
  EXPECT_EQ(from_flag->embedder->identity().model, "tiny-quick-gelu");
}

TEST_F(Choosing, NeverFallsBackFromAModelThatIsBroken) {
  const TemporaryFolder broken;
  ::setenv("VIDEOGEN_MODEL", broken.path().c_str(), 1);
  const auto chosen = choose({});
  ASSERT_FALSE(chosen.has_value());
  EXPECT_THAT(chosen.error().message, HasSubstr("config.json"));
}

TEST_F(Choosing, FailsWhenClipIsAskedForAndThereIsNone) {
  const auto chosen = choose({.kind = Kind::clip});
  ASSERT_FALSE(chosen.has_value());
  EXPECT_EQ(chosen.error().code, ErrorCode::not_found);
}

TEST_F(Choosing, SaysWhereItFellBack) {
  if (onednn::has_bfloat16()) GTEST_SKIP() << "this CPU has bfloat16: nothing to fall back from";
  const auto chosen = choose({.precision = Precision::bf16, .model = model_});
  ASSERT_TRUE(chosen.has_value());
  ASSERT_EQ(chosen->notes.size(), 1U);
  EXPECT_THAT(chosen->notes.front(), HasSubstr("bfloat16"));
}

TEST_F(Choosing, FindsTheRevisionThatMainPointsAt) {
  pull("models--org--tiny", "aaa");
  const fs::path current = pull("models--org--tiny", "bbb");
  fs::create_directories(hub_.path() / "models--org--tiny" / "refs");
  write_text(hub_.path() / "models--org--tiny" / "refs" / "main", "bbb");
  const auto models = find_models();
  ASSERT_EQ(models.size(), 1U);
  EXPECT_EQ(models[0].folder, current);
  EXPECT_EQ(models[0].name, "org/tiny");
  EXPECT_EQ(models[0].origin, "Hugging Face cache");
}

TEST_F(Choosing, PutsTheUsualModelFirstAndOtherKindsNowhere) {
  pull("models--a--tiny", "1");
  pull("models--openai--clip-vit-base-patch32", "1");
  const fs::path bert = pull("models--b--bert", "1");
  write_text(bert / "config.json", R"({"model_type": "bert"})");
  fs::create_directories(hub_.path() / "models--empty--one" / "snapshots" / "1");
  fs::create_directories(hub_.path() / "datasets--x--y");
  ::setenv("VIDEOGEN_MODEL", model_.c_str(), 1);
  std::vector<std::string> names;
  for (const FoundModel& model : find_models()) names.push_back(model.name);
  EXPECT_THAT(names,
              testing::ElementsAre("tiny-quick-gelu", "openai/clip-vit-base-patch32", "a/tiny"));
}

}  // namespace
}  // namespace videogen::embed
