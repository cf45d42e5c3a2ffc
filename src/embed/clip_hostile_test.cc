// Model folders that are wrong in one way each: one line that names the file and the fact.
#include <cstring>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "embed/clip.h"
#include "embed/json_file_internal.h"
#include "embed/test_folder_internal.h"

namespace videogen::embed {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

class HostileFolder : public testing::Test {
 protected:
  void copy(const std::string& name) {
    for (const auto& entry : fs::directory_iterator(golden_clip() / name)) {
      fs::copy(entry.path(), path(entry.path().filename()), fs::copy_options::overwrite_existing);
    }
  }
  [[nodiscard]] fs::path path(const fs::path& name) const { return folder_.path() / name; }

  void edit(const std::string& name, const std::function<void(json&)>& change) {
    json value = json::parse(read_text(path(name)));
    change(value);
    write_text(path(name), value.dump());
  }

  // Rewrites the header of a safetensors file.
  void edit_header(const std::string& name, const std::function<void(json&)>& change) {
    const std::string file = read_text(path(name));
    std::uint64_t length = 0;
    std::memcpy(&length, file.data(), 8);
    json header = json::parse(file.substr(8, length));
    change(header);
    const std::string text = header.dump();
    const std::uint64_t size = text.size();
    write_text(path(name), std::string(reinterpret_cast<const char*>(&size), 8) + text +
                               file.substr(8 + length));
  }

  // Overwrites the first element of a float32 tensor.
  void poke(const std::string& name, const std::string& tensor, float value) {
    std::string file = read_text(path(name));
    std::uint64_t length = 0;
    std::memcpy(&length, file.data(), 8);
    const json header = json::parse(file.substr(8, length));
    const auto begin = header[tensor]["data_offsets"][0].get<std::size_t>();
    std::memcpy(file.data() + 8 + length + begin, &value, sizeof value);
    write_text(path(name), file);
  }

  void expect_refusal(ErrorCode code, const std::string& file, const std::string& fact) {
    const auto clip = Clip::load(folder_.path(), Precision::f32);
    ASSERT_FALSE(clip.has_value()) << fact;
    EXPECT_EQ(name(clip.error().code), name(code)) << clip.error().message;
    EXPECT_THAT(clip.error().message, HasSubstr(file));
    EXPECT_THAT(clip.error().message, HasSubstr(fact));
    EXPECT_THAT(clip.error().message, testing::Not(HasSubstr("\n")));
  }

  const TemporaryCache cache_;
  const TemporaryFolder folder_;
};

class HostileSingleFile : public HostileFolder {
 protected:
  void SetUp() override { copy("tiny-quick-gelu"); }
  static constexpr const char* kWeights = "model.safetensors";
};

TEST_F(HostileSingleFile, IsSoundBeforeAnythingIsChanged) {
  EXPECT_TRUE(Clip::load(folder_.path(), Precision::f32).has_value());
}

TEST_F(HostileSingleFile, MissesAFile) {
  for (const auto& [file, code] :
       std::map<std::string, ErrorCode>{{"config.json", ErrorCode::not_found},
                                        {"preprocessor_config.json", ErrorCode::not_found},
                                        {"model.safetensors", ErrorCode::not_found}}) {
    copy("tiny-quick-gelu");
    fs::remove(path(file));
    expect_refusal(code, file, "no ");
  }
  copy("tiny-quick-gelu");
  fs::remove(path("vocab.json"));
  expect_refusal(ErrorCode::not_found, "vocab.json", "no tokenizer");
}

TEST_F(HostileSingleFile, IsNoFolder) {
  const auto file = Clip::load(path("config.json"), Precision::f32);
  ASSERT_FALSE(file.has_value());
  EXPECT_THAT(file.error().message, HasSubstr("is no folder"));
  const auto nothing = Clip::load(path("nothing"), Precision::f32);
  ASSERT_FALSE(nothing.has_value());
  EXPECT_EQ(nothing.error().code, ErrorCode::not_found);
}

TEST_F(HostileSingleFile, HasAFileOfNoBytes) {
  for (const char* file : {"config.json", "preprocessor_config.json", "vocab.json", kWeights}) {
    copy("tiny-quick-gelu");
    write_text(path(file), "");
    expect_refusal(ErrorCode::corrupt, file, file == kWeights ? "0 bytes" : "empty");
  }
}

TEST_F(HostileSingleFile, HasAFolderWhereAFileIsMeant) {
  fs::remove(path(kWeights));
  fs::create_directory(path(kWeights));
  expect_refusal(ErrorCode::unreachable, kWeights, "folder");
}

TEST_F(HostileSingleFile, HasADanglingLink) {
  fs::remove(path(kWeights));
  fs::create_symlink("../../blobs/gone", path(kWeights));
  expect_refusal(ErrorCode::not_found, kWeights, "no such file");
}

TEST_F(HostileSingleFile, HasALinkThatLeadsToItself) {
  fs::remove(path(kWeights));
  fs::create_symlink(kWeights, path(kWeights));
  expect_refusal(ErrorCode::unreachable, kWeights, "symbolic links");
}

TEST_F(HostileSingleFile, HasWeightsThatBreakOff) {
  fs::resize_file(path(kWeights), fs::file_size(path(kWeights)) - 1);
  expect_refusal(ErrorCode::corrupt, kWeights, "lies at bytes");
}

TEST_F(HostileSingleFile, HasAHeaderLengthThatLies) {
  std::string file = read_text(path(kWeights));
  file[5] = 1;
  write_text(path(kWeights), file);
  expect_refusal(ErrorCode::corrupt, kWeights, "header claims");
}

TEST_F(HostileSingleFile, HasTensorsThatOverlap) {
  edit_header(kWeights, [](json& header) {
    header["text_model.encoder.layers.0.layer_norm1.bias"]["data_offsets"] =
        header["text_model.encoder.layers.0.layer_norm1.weight"]["data_offsets"];
  });
  expect_refusal(ErrorCode::corrupt, kWeights, "belong to none");
}

TEST_F(HostileSingleFile, MissesATensor) {
  edit_header(kWeights, [](json& header) {
    header["other"] = header["visual_projection.weight"];
    header.erase("visual_projection.weight");
  });
  expect_refusal(ErrorCode::corrupt, kWeights, "tensor visual_projection.weight is missing");
}

TEST_F(HostileSingleFile, MayHaveATensorMore) {
  edit_header(kWeights, [](json& header) {
    header["text_model.embeddings.position_ids"] = {
        {"dtype", "I64"}, {"shape", {0, 77}}, {"data_offsets", {0, 0}}};
  });
  EXPECT_TRUE(Clip::load(folder_.path(), Precision::f32).has_value());
}

TEST_F(HostileSingleFile, HasAShapeThatDoesNotFitTheConfig) {
  edit("config.json", [](json& config) { config["vision_config"]["intermediate_size"] = 256; });
  expect_refusal(ErrorCode::corrupt, kWeights,
                 "has shape [128, 64], config.json asks for [256, 64]");
}

TEST_F(HostileSingleFile, HasMoreLayersThanTheConfigStates) {
  edit("config.json", [](json& config) { config["text_config"]["num_hidden_layers"] = 1; });
  expect_refusal(ErrorCode::corrupt, kWeights, "config.json states 1 layers");
}

TEST_F(HostileSingleFile, HasFewerLayersThanTheConfigStates) {
  edit("config.json", [](json& config) { config["vision_config"]["num_hidden_layers"] = 3; });
  expect_refusal(ErrorCode::corrupt, kWeights, "vision_model.encoder.layers.2.");
}

TEST_F(HostileSingleFile, HasAVocabularyThatDoesNotFitTheTable) {
  edit("vocab.json", [](json& vocabulary) { vocabulary["beyond</w>"] = 2514; });
  expect_refusal(ErrorCode::corrupt, "vocab.json",
                 "token id 2514 is outside the embedding table of 2514");
}

TEST_F(HostileSingleFile, HasNumbersThatAreNone) {
  poke(kWeights, "vision_model.encoder.layers.1.mlp.fc1.weight", std::nanf(""));
  expect_refusal(ErrorCode::corrupt, kWeights,
                 "element 0 of tensor vision_model.encoder.layers.1.mlp.fc1.weight is nan");
  copy("tiny-quick-gelu");
  poke(kWeights, "text_model.embeddings.token_embedding.weight", HUGE_VALF);
  expect_refusal(ErrorCode::corrupt, kWeights,
                 "element 0 of tensor text_model.embeddings.token_embedding.weight is inf");
}

TEST_F(HostileSingleFile, HasWeightsOfWholeNumbers) {
  edit_header(kWeights, [](json& header) { header["visual_projection.weight"]["dtype"] = "I32"; });
  expect_refusal(ErrorCode::unsupported, kWeights, "not of float32, float16 or bfloat16");
}

TEST_F(HostileSingleFile, CropsToAnotherSizeThanTheModelSees) {
  edit("preprocessor_config.json", [](json& config) {
    config["crop_size"] = {{"height", 336}, {"width", 336}};
  });
  expect_refusal(ErrorCode::corrupt, "preprocessor_config.json", "image_size 224");
}

TEST_F(HostileSingleFile, IsReadThroughLinks) {
  // As the Hugging Face cache lies on disk: snapshots/REV/NAME -> ../../blobs/HASH.
  const fs::path repository = path("models--org--tiny");
  const fs::path snapshot = repository / "snapshots" / "abc";
  fs::create_directories(repository / "blobs");
  fs::create_directories(snapshot);
  int blob = 0;
  for (const auto& entry : fs::directory_iterator(golden_clip() / "tiny-quick-gelu")) {
    const std::string name = std::to_string(blob++);
    fs::copy(entry.path(), repository / "blobs" / name);
    fs::create_symlink("../../blobs/" + name, snapshot / entry.path().filename());
  }
  const auto clip = Clip::load(snapshot, Precision::f32);
  ASSERT_TRUE(clip.has_value()) << clip.error().message;
  EXPECT_EQ((*clip)->identity().model, "org/tiny");
}

class HostileShards : public HostileFolder {
 protected:
  void SetUp() override { copy("tiny-gelu-sharded-bf16"); }
  static constexpr const char* kIndex = "model.safetensors.index.json";
};

TEST_F(HostileShards, IsSoundBeforeAnythingIsChanged) {
  EXPECT_TRUE(Clip::load(folder_.path(), Precision::f32).has_value());
}

TEST_F(HostileShards, LeadsOutOfTheFolder) {
  for (const json& name : {json("../model-00001-of-00002.safetensors"), json("/etc/passwd"),
                           json(".."), json(""), json(7), json("a/b")}) {
    copy("tiny-gelu-sharded-bf16");
    edit(kIndex, [&](json& index) { index["weight_map"]["logit_scale"] = name; });
    expect_refusal(ErrorCode::corrupt, kIndex, "no plain file name");
  }
}

TEST_F(HostileShards, MissesAShard) {
  fs::remove(path("model-00002-of-00002.safetensors"));
  expect_refusal(ErrorCode::not_found, "model-00002-of-00002.safetensors", "no such file");
}

TEST_F(HostileShards, HasAnIndexThatLies) {
  edit(kIndex,
       [](json& index) { index["weight_map"]["ghost"] = "model-00001-of-00002.safetensors"; });
  expect_refusal(ErrorCode::corrupt, kIndex, "tensor ghost is said to be in");
  write_text(path(kIndex), "{}");
  expect_refusal(ErrorCode::corrupt, kIndex, "no weight_map");
  write_text(path(kIndex), R"({"weight_map": {}})");
  expect_refusal(ErrorCode::corrupt, kIndex, "no weight_map");
}

TEST_F(HostileShards, HasOnlyShardsOfPickles) {
  for (const char* file : {kIndex, "model-00001-of-00002.safetensors"}) fs::remove(path(file));
  write_text(path("pytorch_model.bin.index.json"), "{}");
  expect_refusal(ErrorCode::unsupported, "pytorch_model.bin in shards", "is not read");
}

}  // namespace
}  // namespace videogen::embed
