#include "net/hub.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace videogen::net {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kCommit(40, 'a');

HubListing listing(std::initializer_list<const char*> names) {
  HubListing made{.commit = kCommit, .files = {}};
  for (const char* name : names) made.files.push_back({name, 1, std::string(40, 'b')});
  return made;
}

std::vector<std::string> names(const std::vector<HubFile>& files) {
  std::vector<std::string> out;
  for (const HubFile& file : files) out.push_back(file.name);
  return out;
}

TEST(HubListing, TakesSizesAndDigestsAndLeavesOddNamesOut) {
  const auto read = parse_hub_listing(R"({"sha":")" + kCommit + R"(","siblings":[
        {"rfilename":"config.json","size":7,"blobId":")" +
                                          std::string(40, 'c') + R"("},
        {"rfilename":"model.safetensors","size":1,"blobId":")" +
                                          std::string(40, 'd') + R"(","lfs":{"sha256":")" +
                                          std::string(64, 'e') + R"(","size":9}},
        {"rfilename":"vocab.json"},
        {"rfilename":"../../etc/passwd","size":1},{"rfilename":"onnx/model.onnx"},
        {"rfilename":".gitattributes"},{"rfilename":"a\u0000b"},{"rfilename":7}]})",
                                      "m");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->commit, kCommit);
  EXPECT_THAT(names(read->files), ElementsAre("config.json", "model.safetensors", "vocab.json"));
  EXPECT_EQ(read->files[0].size, 7u);
  EXPECT_EQ(read->files[0].digest, std::string(40, 'c'));
  EXPECT_EQ(read->files[1].size, 9u);
  EXPECT_EQ(read->files[1].digest, std::string(64, 'e'));
  EXPECT_EQ(read->files[2].size, std::nullopt);
  EXPECT_EQ(read->files[2].digest, "");
  for (const char* bad :
       {"", "[]", "{}", R"({"sha":"main","siblings":[]})", R"({"sha":7})", R"({"siblings":[]})"})
    EXPECT_EQ(parse_hub_listing(bad, "m").error().code, ErrorCode::corrupt) << bad;
}

TEST(HubListing, PrefersSafetensors) {
  const auto chosen = files_of_clip(
      listing({"pytorch_model.bin", "model.safetensors", "config.json", "tokenizer.json",
               "preprocessor_config.json", "model.safetensors.index.json", "flax_model.msgpack"}),
      "m");
  ASSERT_TRUE(chosen);
  EXPECT_THAT(names(*chosen), ElementsAre("config.json", "preprocessor_config.json",
                                          "tokenizer.json", "model.safetensors"));
  const auto none = files_of_clip(listing({"config.json", "preprocessor_config.json"}), "m");
  EXPECT_THAT(none.error().message, HasSubstr("neither tokenizer.json nor"));
}

TEST(HubListing, FindsShardsAmongItsFilesOnly) {
  const HubListing files = listing({"a.safetensors", "b.safetensors"});
  const auto shards =
      shards_of(R"({"weight_map":{"x":"b.safetensors","y":"a.safetensors","z":"b.safetensors"}})",
                files, "m");
  ASSERT_TRUE(shards);
  EXPECT_THAT(names(*shards), ElementsAre("a.safetensors", "b.safetensors"));
  for (const char* bad : {"", "{}", R"({"weight_map":{}})", R"({"weight_map":{"x":7}})",
                          R"({"weight_map":{"x":"../../c"}})", R"({"weight_map":[]})"})
    EXPECT_EQ(shards_of(bad, files, "m").error().code, ErrorCode::corrupt) << bad;
}

TEST(HubModel, IsANameAndARevision) {
  EXPECT_EQ(parse_hub_model("openai/clip-vit-base-patch32")->revision, "main");
  const auto model = parse_hub_model("a/b@refs/pr/1");
  EXPECT_EQ(model->name, "a/b");
  EXPECT_EQ(model->revision, "refs/pr/1");
  EXPECT_TRUE(parse_hub_model("gpt2"));
  for (const char* bad : {"", "/", "a/", "/b", "a/b/c", "a//b", "../b", "a/..", "a/b c", "a/b@",
                          "a/b@../c", "a/b@/c", "a/b@c/", "-a/b", "a--b/c", "a/b@c\nd"})
    EXPECT_EQ(parse_hub_model(bad).error().code, ErrorCode::usage) << bad;
}

}  // namespace
}  // namespace videogen::net
