#include "embed/preprocess.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>

#include "embed/json_file_internal.h"
#include "embed/test_folder_internal.h"
#include "media/picture.h"

namespace videogen::embed {
namespace {

namespace fs = std::filesystem;

fs::path golden() { return VIDEOGEN_SOURCE_DIR "/tests/golden/preprocess"; }

nlohmann::json golden_json(const char* name) {
  return read_json(golden() / name, std::size_t{1} << 20).value();
}

void expect_equal_pictures(const fs::path& folder, const std::string& name) {
  const auto input = media::read_picture(folder / (name + ".png"));
  const auto expected = media::read_picture(folder / (name + ".224.png"));
  ASSERT_TRUE(input && expected) << name;
  EXPECT_EQ(resize_and_crop(*input, ProcessorConfig{}), *expected) << name;
}

TEST(Preprocess, EqualsHuggingFaceToTheLastBit) {
  for (const char* name : {"exact-224x224", "noise-50x37", "portrait-199x640", "waves-848x480"}) {
    expect_equal_pictures(golden(), name);
  }
}

TEST(Preprocess, EqualsHuggingFaceOnPhotographs) {
  if (!fs::exists(shared_clip())) GTEST_SKIP() << "no ../shared/clip here";
  for (const char* name : {"kitten", "nasa"}) expect_equal_pictures(shared_clip() / "images", name);
}

TEST(Preprocess, ScalesAndNormalisesToTheSameFloats) {
  media::Image picture(16, 16);
  for (std::size_t i = 0; i < picture.rgb.size(); ++i) {
    picture.rgb[i] = static_cast<std::uint8_t>(i / 3);
  }
  ProcessorConfig config;
  config.do_resize = false;
  config.crop_width = config.crop_height = 16;
  std::vector<float> pixels(std::size_t{3} * 16 * 16);
  clip_pixels(picture, config, pixels);
  const nlohmann::json expected = golden_json("normalized.json");
  for (std::size_t channel = 0; channel < 3; ++channel) {
    for (std::size_t value = 0; value < 256; ++value) {
      EXPECT_EQ(fmt::format("{:08x}", std::bit_cast<std::uint32_t>(pixels[channel * 256 + value])),
                expected["bits"][channel][value].get<std::string>());
    }
  }
}

// The input of processor.json's cases.
media::Image scattered(int width, int height) {
  media::Image picture(width, height);
  for (std::size_t i = 0; i < picture.rgb.size(); ++i) {
    picture.rgb[i] =
        static_cast<std::uint8_t>((static_cast<std::uint32_t>(i) * 2654435761U) >> 24U);
  }
  return picture;
}

std::string hexadecimal(const std::vector<float>& values) {
  std::string text;
  for (const float value : values) text += fmt::format("{:02x}", static_cast<int>(value));
  return text;
}

TEST(Preprocess, EqualsHuggingFaceUnderOtherSettings) {
  const TemporaryFolder folder;
  const nlohmann::json golden_cases = golden_json("processor.json");
  ASSERT_FALSE(golden_cases["cases"].empty());
  for (const nlohmann::json& each : golden_cases["cases"]) {
    const fs::path file = folder.path() / "preprocessor_config.json";
    write_text(file, each["config"].dump());
    const auto config = ProcessorConfig::load(file);
    ASSERT_TRUE(config) << config.error().message;
    std::vector<float> pixels(each["planes"].get<std::string>().size() / 2);
    clip_pixels(scattered(each["width"], each["height"]), *config, pixels);
    EXPECT_EQ(hexadecimal(pixels), each["planes"].get<std::string>()) << each["config"];
  }
}

TEST(Preprocess, ComputesOnlyTheCropOfAPictureThatIsAllLength) {
  // Resized whole this would be 224 × 22,400,000.
  const media::Image line = scattered(1, 100000);
  const media::Image result = resize_and_crop(line, ProcessorConfig{});
  EXPECT_EQ(result.width, 224);
  EXPECT_EQ(result.height, 224);
}

TEST(ResizeBicubic, RefusesAnEmptyResult) {
  EXPECT_THROW((void)resize_bicubic(scattered(3, 3), 0, 5), std::logic_error);
  EXPECT_THROW((void)resize_bicubic(media::Image(), 5, 5), std::logic_error);
}

}  // namespace
}  // namespace videogen::embed
