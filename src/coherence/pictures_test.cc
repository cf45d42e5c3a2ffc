#include "coherence/pictures.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/picture.h"

namespace videogen::coherence {
namespace {

using media::Image;
using ::testing::Each;
using ::testing::ElementsAre;

Image flat(int width, int height, std::uint8_t level) {
  Image image(width, height);
  std::ranges::fill(image.rgb, level);
  return image;
}

Image decoded(const Thumbnail& thumbnail) {
  const auto path = std::filesystem::path(testing::TempDir()) /
                    ("thumbnail." + std::to_string(::getpid()) + ".jpg");
  std::ofstream(path, std::ios::binary) << thumbnail.jpeg;
  Result<Image> image = media::read_picture(path);
  std::filesystem::remove(path);
  EXPECT_TRUE(image) << image.error().message;
  return image ? *std::move(image) : Image();
}

std::tuple<int, int> size_for(int width, int height) {
  const ThumbnailSize size = thumbnail_size(width, height);
  return {size.width, size.height};
}

TEST(ThumbnailSize, KeepsTheShapeAndFits) {
  EXPECT_EQ(size_for(1920, 1080), std::tuple(320, 180));
  EXPECT_EQ(size_for(882, 1568), std::tuple(180, 320));
  EXPECT_EQ(size_for(256, 256), std::tuple(256, 256));
  EXPECT_EQ(size_for(16000, 10), std::tuple(320, 1));
}

TEST(PictureCollector, ShrinksByTheMeanOfWhatAPixelCovers) {
  // Columns of 0 and 200 in turn become their mean.
  Image columns(640, 4);
  for (int y = 0; y < 4; ++y)
    for (int x = 1; x < 640; x += 2) std::fill_n(columns.row(y) + 3 * x, 3, std::uint8_t{200});
  PictureCollector collector;
  collector.add_sample(0, 0.5, columns);
  const Thumbnail& picture = collector.pictures().samples.front().picture;
  EXPECT_EQ(picture.time_s, 0.5);
  EXPECT_EQ(std::tuple(picture.width, picture.height), std::tuple(320, 2));
  EXPECT_THAT(decoded(picture).rgb, Each(100));
}

TEST(PictureCollector, KeepsSamplesEvenlySpacedHoweverManyCome) {
  for (const std::int64_t count : {1, 239, 240, 241, 1000, 5000}) {
    PictureCollector collector;
    for (std::int64_t i = 0; i < count; ++i)
      collector.add_sample(i, static_cast<double>(i), flat(4, 4, 9));
    const auto& samples = collector.pictures().samples;
    EXPECT_LE(samples.size(), PictureCollector::kMostSamples);
    EXPECT_GE(samples.size(),
              std::min<std::size_t>(std::size_t(count), PictureCollector::kMostSamples / 2));
    const std::int64_t step = samples.size() > 1 ? samples[1].sample : 1;
    for (std::size_t i = 0; i < samples.size(); ++i)
      ASSERT_EQ(samples[i].sample, step * static_cast<std::int64_t>(i)) << count;
  }
}

TEST(PictureCollector, ShowsTheDifferenceAsLargeAsItCanBeShown) {
  PictureCollector collector;
  const auto seen = [](double time, std::uint8_t level) {
    return PictureCollector::Seen{time, flat(16, 16, level)};
  };
  collector.add_moment({"flash", 3, seen(1, 100), seen(2, 110), seen(3, 100), {}});
  collector.add_moment({"cut", 9, seen(4, 20), seen(5, 200), {}, {}});
  collector.add_moment({"drift", 0, seen(6, 0), {}, seen(7, 60), {}});
  collector.add_moment({"black", 5, {}, seen(8, 0), {}, {}});
  const auto& moments = collector.pictures().moments;
  ASSERT_EQ(moments.size(), 4u);
  EXPECT_EQ(moments[0].amplification, 16);
  EXPECT_THAT(decoded(*moments[0].difference).rgb, Each(160));
  EXPECT_EQ(moments[1].amplification, 1);
  EXPECT_THAT(decoded(*moments[1].difference).rgb, Each(180));
  EXPECT_EQ(moments[2].amplification, 4);
  EXPECT_THAT(decoded(*moments[2].difference).rgb, Each(240));
  EXPECT_FALSE(moments[3].difference);
  EXPECT_EQ(moments[0].at->time_s, 2);
}

TEST(PictureCollector, KeepsAMomentsFirstPicturesAndABoundedNumberOfMoments) {
  PictureCollector collector;
  for (std::int64_t i = 0; i < 100; ++i)
    for (const auto level : {std::uint8_t{10}, std::uint8_t{20}})
      collector.add_moment({"cut", i, {}, {{0, flat(4, 4, level)}}, {}, {}});
  EXPECT_EQ(collector.pictures().moments.size(), PictureCollector::kMostMoments);
  EXPECT_THAT(decoded(*collector.pictures().moments[0].at).rgb, Each(10));
  EXPECT_TRUE(collector.has_moment("cut", 0));
  EXPECT_FALSE(collector.has_moment("flash", 0));
  EXPECT_FALSE(collector.has_moment("cut", 99));
}

TEST(PictureCollector, RefusesWhatBreaksItsContract) {
  PictureCollector collector;
  collector.add_sample(4, 4, flat(4, 4, 0));
  EXPECT_THROW(collector.add_sample(4, 4, flat(4, 4, 0)), std::logic_error);
  EXPECT_THROW(collector.add_sample(5, 5, Image()), std::logic_error);
  EXPECT_THROW(collector.add_moment({"cut", 1, {}, {}, {}, {}}), std::logic_error);
}

}  // namespace
}  // namespace videogen::coherence
