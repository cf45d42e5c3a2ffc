#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "embed/preprocess.h"
#include "embed/test_folder_internal.h"

namespace videogen::embed {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class ProcessorConfigTest : public testing::Test {
 protected:
  Result<ProcessorConfig> load(std::string_view text) {
    write_text(file_, text);
    return ProcessorConfig::load(file_);
  }
  // One line that names the file and holds `fact`.
  void expect_error(std::string_view text, ErrorCode code, const std::string& fact) {
    const auto config = load(text);
    ASSERT_FALSE(config) << text;
    EXPECT_EQ(name(config.error().code), name(code)) << text;
    EXPECT_THAT(config.error().message, HasSubstr(file_.string()));
    EXPECT_THAT(config.error().message, HasSubstr(fact));
    EXPECT_THAT(config.error().message, Not(HasSubstr("\n")));
  }
  const TemporaryFolder folder_;
  const std::filesystem::path file_ = folder_.path() / "preprocessor_config.json";
};

TEST_F(ProcessorConfigTest, ReadsTodaysForm) {
  const auto config = load(R"({"crop_size": {"height": 336, "width": 320}, "do_resize": false,
      "do_rescale": true, "do_normalize": false, "image_mean": [0.1, 0.2, 0.3],
      "image_std": [1, 2, 3.5], "image_processor_type": "CLIPImageProcessor", "resample": 3,
      "rescale_factor": 0.5, "size": {"shortest_edge": 337}, "do_convert_rgb": null})");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->shortest_edge, 337);
  EXPECT_EQ(config->crop_width, 320);
  EXPECT_EQ(config->crop_height, 336);
  EXPECT_FALSE(config->do_resize);
  EXPECT_TRUE(config->do_center_crop);
  EXPECT_TRUE(config->do_rescale);
  EXPECT_FALSE(config->do_normalize);
  EXPECT_EQ(config->rescale_factor, 0.5);
  EXPECT_THAT(config->mean, ElementsAre(0.1, 0.2, 0.3));
  EXPECT_THAT(config->std, ElementsAre(1, 2, 3.5));
}

TEST_F(ProcessorConfigTest, ReadsTheOlderForm) {
  const auto config = load(R"({"crop_size": 288, "size": 300,
      "feature_extractor_type": "CLIPFeatureExtractor"})");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->shortest_edge, 300);
  EXPECT_EQ(config->crop_width, 288);
  EXPECT_EQ(config->crop_height, 288);
  EXPECT_EQ(config->rescale_factor, 1.0 / 255.0);
  EXPECT_EQ(config->mean[0], 0.48145466);
}

TEST_F(ProcessorConfigTest, TakesBothSidesFromAnExactSize) {
  const auto config = load(R"({"size": {"height": 24, "width": 32}, "do_center_crop": false})");
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_TRUE(config->exact_size);
  EXPECT_EQ(config->exact_size->height, 24);
  EXPECT_EQ(config->crop_width, 32);  // without a crop the picture has this size all the same
  EXPECT_EQ(config->crop_height, 24);
}

TEST_F(ProcessorConfigTest, ReportsAnAbsentFile) {
  const auto config = ProcessorConfig::load(folder_.path() / "none.json");
  ASSERT_FALSE(config);
  EXPECT_EQ(name(config.error().code), "not_found");
}

TEST_F(ProcessorConfigTest, NamesWhatItCannotDo) {
  expect_error(R"({"resample": 2})", ErrorCode::unsupported, "resample is 2");
  expect_error(R"({"resample": "bicubic"})", ErrorCode::unsupported, "resample is \"bicubic\"");
  expect_error(R"({"image_processor_type": "SiglipImageProcessor"})", ErrorCode::unsupported,
               "SiglipImageProcessor");
  expect_error(R"({"feature_extractor_type": "ViTFeatureExtractor"})", ErrorCode::unsupported,
               "ViTFeatureExtractor");
  expect_error(R"({"do_center_crop": false})", ErrorCode::unsupported, "different shapes");
  expect_error(R"({"size": {"longest_edge": 5}})", ErrorCode::unsupported, "size has neither");
}

TEST_F(ProcessorConfigTest, NamesWhatIsNotJson) {
  expect_error("", ErrorCode::corrupt, "the file is empty");
  expect_error("{\"size\": ", ErrorCode::corrupt, "breaks off after 9 bytes");
  expect_error("{\"size\"; 5}", ErrorCode::corrupt, "byte 8 of 11");
  expect_error("[1, 2]", ErrorCode::corrupt, "not an object");
  expect_error(std::string(100000, '['), ErrorCode::corrupt, "100000 levels");
  expect_error("{\"size\": 1e999}", ErrorCode::corrupt, "range of a double");
  expect_error(std::string(2 << 20, ' '), ErrorCode::limit, "bytes");
}

TEST_F(ProcessorConfigTest, NamesValuesOutOfTheirRange) {
  expect_error(R"({"size": 0})", ErrorCode::corrupt, "size is 0");
  expect_error(R"({"size": {"shortest_edge": 4097}})", ErrorCode::corrupt, "4097");
  expect_error(R"({"size": {"shortest_edge": 2.5}})", ErrorCode::corrupt, "2.5");
  expect_error(R"({"size": {"width": 9, "height": -1}})", ErrorCode::corrupt, "size.height is -1");
  expect_error(R"({"size": 18446744073709551615})", ErrorCode::corrupt, "18446744073709551615");
  expect_error(R"({"crop_size": "big"})", ErrorCode::corrupt, "crop_size is \"big\"");
  expect_error(R"({"crop_size": {"height": 5}})", ErrorCode::corrupt, "no width");
  expect_error(R"({"do_resize": 1})", ErrorCode::corrupt, "do_resize");
  expect_error(R"({"image_mean": [0, 0]})", ErrorCode::corrupt, "three numbers");
  expect_error(R"({"image_mean": [0, 0, "x"]})", ErrorCode::corrupt, "image_mean[2]");
  expect_error(R"({"image_std": [1, 0, 1]})", ErrorCode::corrupt, "zero");
  expect_error(R"({"image_std": [1, 1e-60, 1]})", ErrorCode::corrupt, "zero");
  expect_error(R"({"rescale_factor": 1e300})", ErrorCode::corrupt, "rescale_factor");
}

}  // namespace
}  // namespace videogen::embed
