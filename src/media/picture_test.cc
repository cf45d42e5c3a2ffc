#include "media/picture.h"

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <turbojpeg.h>

#include "media/clips_for_test_internal.h"

namespace videogen::media {
namespace {

std::filesystem::path file(const std::string& name, const std::string& bytes) {
  const auto path = test::scratch() / name;
  test::write_bytes(path, bytes);
  return path;
}

// A PNG of stored (uncompressed) rows, so that each pixel is written by hand.
class Png {
 public:
  Png(std::uint32_t width, std::uint32_t height, int depth, int colour_type)
      : header_(number(width) + number(height) + byte(depth) + byte(colour_type) +
                std::string(3, '\0')) {}
  Png& chunk(const std::string& type, const std::string& data) {
    extra_ += chunk_bytes(type, data);
    return *this;
  }
  [[nodiscard]] std::string rows(const std::vector<std::string>& rows) const {
    std::string raw;
    for (const std::string& row : rows) raw += byte(0) + row;
    const auto size = static_cast<int>(raw.size());
    const std::string stored = "\x78\x01\x01" + byte(size & 255) + byte(size >> 8) +
                               byte(~size & 255) + byte(~size >> 8 & 255) + raw +
                               number(adler(raw));
    return "\x89PNG\r\n\x1a\n" + chunk_bytes("IHDR", header_) + extra_ +
           chunk_bytes("IDAT", stored) + chunk_bytes("IEND", "");
  }

 private:
  static std::string byte(int value) { return std::string(1, static_cast<char>(value)); }
  static std::string number(std::uint32_t value) {
    std::string text;
    for (int shift = 24; shift >= 0; shift -= 8)
      text += byte(static_cast<int>(value >> shift & 255));
    return text;
  }
  static std::uint32_t crc(const std::string& text) {
    std::uint32_t value = ~0U;
    for (const char c : text) {
      value ^= static_cast<std::uint8_t>(c);
      for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ (value & 1 ? 0xEDB88320U : 0);
    }
    return ~value;
  }
  static std::uint32_t adler(const std::string& text) {
    std::uint32_t a = 1;
    std::uint32_t b = 0;
    for (const char c : text) {
      a = (a + static_cast<std::uint8_t>(c)) % 65521;
      b = (b + a) % 65521;
    }
    return b << 16 | a;
  }
  static std::string chunk_bytes(const std::string& type, const std::string& data) {
    return number(static_cast<std::uint32_t>(data.size())) + type + data + number(crc(type + data));
  }
  std::string header_, extra_;
};

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text += static_cast<char>(value);
  return text;
}

std::vector<int> read(const std::string& png) {
  const Result<Image> image = read_picture(file("picture.png", png));
  if (!image) {
    ADD_FAILURE() << image.error().message;
    return {};
  }
  return {image->rgb.begin(), image->rgb.end()};
}

// The expected values are what Pillow's Image.open(…).convert("RGB") gives.
TEST(ReadPicture, WidensGreyOfEveryDepthAsPillowDoes) {
  using testing::ElementsAre;
  EXPECT_THAT(read(Png(8, 1, 1, 0).rows({bytes({0b00011011})})),
              ElementsAre(0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 0, 0, 0, 255,
                          255, 255, 255, 255, 255));
  EXPECT_THAT(read(Png(4, 1, 2, 0).rows({bytes({0b00011011})})),
              ElementsAre(0, 0, 0, 85, 85, 85, 170, 170, 170, 255, 255, 255));
  EXPECT_THAT(read(Png(2, 1, 4, 0).rows({bytes({0x1B})})), ElementsAre(17, 17, 17, 187, 187, 187));
  EXPECT_THAT(read(Png(2, 1, 8, 0).rows({bytes({7, 250})})), ElementsAre(7, 7, 7, 250, 250, 250));
  // 16-bit grey is clipped, not scaled.
  EXPECT_THAT(read(Png(3, 1, 16, 0).rows({bytes({0, 127, 1, 0, 255, 255})})),
              ElementsAre(127, 127, 127, 255, 255, 255, 255, 255, 255));
}

TEST(ReadPicture, DropsAlphaAndLowBytesAsPillowDoes) {
  using testing::ElementsAre;
  EXPECT_THAT(read(Png(1, 2, 8, 2).rows({bytes({1, 2, 3}), bytes({4, 5, 6})})),
              ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(read(Png(2, 1, 8, 6).rows({bytes({1, 2, 3, 0, 4, 5, 6, 255})})),
              ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(read(Png(2, 1, 8, 4).rows({bytes({9, 0, 8, 255})})), ElementsAre(9, 9, 9, 8, 8, 8));
  EXPECT_THAT(read(Png(1, 1, 16, 2).rows({bytes({1, 255, 2, 0, 3, 128})})), ElementsAre(1, 2, 3));
  EXPECT_THAT(read(Png(1, 1, 16, 6).rows({bytes({1, 255, 2, 0, 3, 128, 0, 0})})),
              ElementsAre(1, 2, 3));
  EXPECT_THAT(read(Png(1, 1, 16, 4).rows({bytes({5, 255, 0, 0})})), ElementsAre(5, 5, 5));
  // A transparent colour is a colour all the same.
  EXPECT_THAT(read(Png(2, 1, 8, 2)
                       .chunk("tRNS", bytes({0, 1, 0, 2, 0, 3}))
                       .rows({bytes({1, 2, 3, 4, 5, 6})})),
              ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(read(Png(2, 1, 8, 0).chunk("tRNS", bytes({0, 9})).rows({bytes({9, 8})})),
              ElementsAre(9, 9, 9, 8, 8, 8));
}

TEST(ReadPicture, LooksColoursUpInThePalette) {
  using testing::ElementsAre;
  const std::string palette = bytes({1, 2, 3, 4, 5, 6, 7, 8, 9});
  EXPECT_THAT(read(Png(3, 1, 8, 3).chunk("PLTE", palette).rows({bytes({0, 2, 1})})),
              ElementsAre(1, 2, 3, 7, 8, 9, 4, 5, 6));
  EXPECT_THAT(read(Png(2, 1, 8, 3)
                       .chunk("PLTE", palette)
                       .chunk("tRNS", bytes({0, 128}))
                       .rows({bytes({0, 1})})),
              ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(read(Png(4, 1, 2, 3).chunk("PLTE", palette).rows({bytes({0b00011000})})),
              ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3));
}

TEST(ReadPicture, ReadsBackWhatItWrote) {
  Image image(37, 21);
  for (std::size_t i = 0; i < image.rgb.size(); ++i)
    image.rgb[i] = static_cast<std::uint8_t>(i * 31 % 251);
  const auto path = test::scratch() / "written.png";
  ASSERT_TRUE(write_png(path, image));
  ASSERT_TRUE(write_png(path, image)) << "replaces";
  const Result<Image> back = read_picture(path);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, image);
  EXPECT_EQ(write_png(test::scratch() / "nowhere" / "x.png", image).error().code,
            ErrorCode::unwritable);
}

std::string jpeg(const std::vector<unsigned char>& pixels, int width, int height, int format,
                 int subsampling) {
  tjhandle encoder = tjInitCompress();
  unsigned char* out = nullptr;
  unsigned long size = 0;
  EXPECT_EQ(tjCompress2(encoder, pixels.data(), width, 0, height, format, &out, &size, subsampling,
                        95, 0),
            0);
  std::string text(reinterpret_cast<char*>(out), size);
  tjFree(out);
  tjDestroy(encoder);
  return text;
}

// 4:2:0 has four luma blocks to one of each colour; told that they lie below each other, a
// decoder reads the same blocks. Few programs know that subsampling by a name.
TEST(ReadPicture, DecodesSubsamplingWithoutAName) {
  std::string bytes =
      jpeg(std::vector<unsigned char>(3 * 16 * 16, 90), 16, 16, TJPF_RGB, TJSAMP_420);
  const std::size_t frame = bytes.find("\xFF\xC0");
  ASSERT_NE(frame, std::string::npos);
  bytes[frame + 6] = 32;     // height
  bytes[frame + 8] = 8;      // width
  bytes[frame + 11] = 0x14;  // luma: one block wide, four high
  const auto image = read_picture(file("tall.jpg", bytes));
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_EQ(image->width, 8);
  EXPECT_EQ(image->height, 32);
  EXPECT_THAT(image->rgb, testing::Each(90));
}

TEST(ReadPicture, WidensGreyJpeg) {
  const auto path =
      file("grey.jpg", jpeg(std::vector<unsigned char>(64, 77), 8, 8, TJPF_GRAY, TJSAMP_GRAY));
  const Result<Image> image = read_picture(path);
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_THAT(image->rgb, testing::Each(77));
}

TEST(ReadPicture, TakesInksForInvertedAsPillowDoes) {
  // Stored inks (200, 100, 50, 150): cyan 55, magenta 155, yellow 205 on a light of 150.
  std::vector<unsigned char> inks;
  for (int i = 0; i < 64; ++i) inks.insert(inks.end(), {200, 100, 50, 150});
  const auto path = file("inks.jpg", jpeg(inks, 8, 8, TJPF_CMYK, TJSAMP_444));
  const Result<Image> image = read_picture(path);
  ASSERT_TRUE(image) << image.error().message;
  const auto level = [](int stored) { return 150 - ((255 - stored) * 150 + 127) / 255; };
  EXPECT_NEAR(image->rgb[0], level(200), 2);
  EXPECT_NEAR(image->rgb[1], level(100), 2);
  EXPECT_NEAR(image->rgb[2], level(50), 2);
}

// Smooth in both directions, as 4:2:0 keeps it.
Image gradient(int width, int height) {
  Image image(width, height);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      image.row(y)[3 * x] = static_cast<std::uint8_t>(255 * x / width);
      image.row(y)[3 * x + 1] = static_cast<std::uint8_t>(255 * y / height);
      image.row(y)[3 * x + 2] = 90;
    }
  return image;
}

TEST(EncodeJpeg, GivesBackThePictureNearly) {
  for (const auto& [width, height] : {std::pair(64, 48), std::pair(37, 21), std::pair(1, 1)}) {
    const Image image = gradient(width, height);
    const Result<std::string> bytes = encode_jpeg(image, 90);
    ASSERT_TRUE(bytes) << bytes.error().message;
    const Result<Image> back = read_picture(file("encoded.jpg", *bytes));
    ASSERT_TRUE(back) << back.error().message;
    ASSERT_EQ(back->width, width);
    ASSERT_EQ(back->height, height);
    double difference = 0;
    for (std::size_t i = 0; i < image.rgb.size(); ++i)
      difference += std::abs(int(image.rgb[i]) - int(back->rgb[i]));
    EXPECT_LT(difference / static_cast<double>(image.rgb.size()), 4) << width << "x" << height;
  }
}

TEST(EncodeJpeg, SpendsFewerBytesOnLessQualityAndTheSameOnTheSame) {
  const Image image = gradient(320, 180);
  EXPECT_LT(encode_jpeg(image, 30)->size(), encode_jpeg(image, 95)->size());
  EXPECT_EQ(*encode_jpeg(image), *encode_jpeg(image));
}

TEST(EncodeJpeg, RefusesWhatNoJpegCanHold) {
  EXPECT_EQ(encode_jpeg(Image()).error().code, ErrorCode::corrupt);
  EXPECT_EQ(encode_jpeg(Image(65536, 1)).error().code, ErrorCode::limit);
}

TEST(ReadPicture, RefusesDamagedPictures) {
  const std::string png = Png(8, 8, 8, 0).rows(std::vector<std::string>(8, std::string(8, 'x')));
  const std::string jpg =
      jpeg(std::vector<unsigned char>(3 * 64 * 64, 90), 64, 64, TJPF_RGB, TJSAMP_420);
  for (const std::string& whole : {png, jpg})
    for (std::size_t size = 9; size + 14 < whole.size(); size += 1 + whole.size() / 30) {
      const Result<Image> image = read_picture(file("cut.png", whole.substr(0, size)));
      ASSERT_FALSE(image) << size << " of " << whole.size();
      EXPECT_EQ(image.error().code, ErrorCode::corrupt) << image.error().message;
    }
  std::string flipped = png;
  flipped[flipped.find("IDAT") + 12] ^= 1;
  EXPECT_FALSE(read_picture(file("flipped.png", flipped)));
}

TEST(ReadPicture, KeepsWithinItsLimits) {
  const auto refused = read_picture(file("bomb.png", Png(60000, 60000, 8, 2).rows({""})));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::limit);
  Limits tight;
  tight.max_pixels = 63;
  const auto path =
      file("small.jpg", jpeg(std::vector<unsigned char>(64, 1), 8, 8, TJPF_GRAY, TJSAMP_GRAY));
  const auto too_large = read_picture(path, tight);
  ASSERT_FALSE(too_large);
  EXPECT_EQ(too_large.error().code, ErrorCode::limit);
}

TEST(ReadPicture, RefusesWhatIsNoPicture) {
  const auto code = [](const std::filesystem::path& path) {
    const Result<Image> image = read_picture(path);
    return image ? ErrorCode::internal : image.error().code;
  };
  EXPECT_EQ(code(test::scratch() / "none.png"), ErrorCode::not_found);
  EXPECT_EQ(code(test::scratch()), ErrorCode::unreachable);
  EXPECT_EQ(code(file("empty.png", "")), ErrorCode::corrupt);
  EXPECT_EQ(code(file("text.png", "not a picture")), ErrorCode::unsupported);
}

TEST(IsPicture, LooksAtTheBytesNotTheName) {
  EXPECT_TRUE(is_picture(file("clip.mp4", Png(1, 1, 8, 0).rows({"x"}))));
  EXPECT_TRUE(is_picture(file("jpeg.bin", "\xFF\xD8\xFF\xE0")));
  EXPECT_FALSE(is_picture(file("fake.png", "GIF89a")));
  EXPECT_FALSE(is_picture(file("empty.jpg", "")));
  EXPECT_FALSE(is_picture(test::scratch()));
  EXPECT_FALSE(is_picture(test::scratch() / "none.png"));
  const auto pipe = test::scratch() / "picture_pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_FALSE(is_picture(pipe));
}

}  // namespace
}  // namespace videogen::media
