#include "embed/gist.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstdio>
#include <functional>
#include <memory>
#include <numbers>
#include <numeric>
#include <thread>

#include "embed/test_folder_internal.h"

namespace videogen::embed {
namespace {

constexpr int kSide = 256;
constexpr std::size_t kPixels = std::size_t(kSide) * kSide;
constexpr double kPi = std::numbers::pi;
using Plane = std::vector<std::complex<double>>;

media::Image painted(int width, int height, const std::function<double(double, double)>& level) {
  media::Image picture(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const auto value = static_cast<std::uint8_t>(
          std::clamp(level((x + 0.5) / width, (y + 0.5) / height), 0.0, 255.0));
      std::fill_n(picture.row(y) + std::size_t(x) * 3, 3, value);
    }
  }
  return picture;
}

// Edges, a shaded ball, fine texture and a dark corner, moved by `t`.
media::Image scene(int width, int height, double t) {
  return painted(width, height, [t](double x, double y) {
    double level = 90 + 60 * y + 25 * std::sin(40 * x + 9 * y) * std::sin(55 * y - 13 * x);
    const double dx = x - 0.4 - t;
    const double dy = y - 0.55;
    const double r = std::hypot(dx, dy);
    if (r < 0.2) level = 230 - 600 * r * (1 + dx);
    if (x > 0.7 && y < 0.6 && std::fmod(x * 30, 2) < 1) level = 20;
    return x < 0.2 && y > 0.8 ? 2 : level;
  });
}

double cosine(std::span<const float> a, std::span<const float> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

std::vector<float> describe(const Embedder& gist, const media::Image& picture) {
  std::vector<float> input(gist.input_size());
  gist.prepare(picture, input);
  return gist.embed(input).value();
}

// The definition as it stands, in double precision, with full transforms by the book.
void transform(std::complex<double>* values, std::size_t count, std::size_t stride, int sign) {
  static const Plane turns = [] {
    Plane result;
    for (int k = 0; k < kSide; ++k) result.push_back(std::polar(1.0, 2 * kPi * k / kSide));
    return result;
  }();
  if (count == 1) return;
  transform(values, count / 2, stride * 2, sign);
  transform(values + stride, count / 2, stride * 2, sign);
  std::array<std::complex<double>, kSide> merged;
  for (std::size_t k = 0; k < count / 2; ++k) {
    const std::complex<double> turn = turns[k * (kSide / count)];
    const auto even = values[2 * k * stride];
    const auto odd = values[(2 * k + 1) * stride] * (sign > 0 ? turn : std::conj(turn));
    merged[k] = even + odd;
    merged[k + count / 2] = even - odd;
  }
  for (std::size_t k = 0; k < count; ++k) values[k * stride] = merged[k];
}

void transform(Plane& plane, int sign) {
  for (std::size_t i = 0; i < kSide; ++i) transform(plane.data() + i * kSide, kSide, 1, sign);
  for (std::size_t i = 0; i < kSide; ++i) transform(plane.data() + i, kSide, kSide, sign);
  if (sign > 0) {
    for (auto& value : plane) value /= double(kPixels);
  }
}

Plane spectrum(Plane plane) {
  transform(plane, -1);
  return plane;
}

// gain(u, v) at whole cycles an image, -128…127.
template <class Gain>
Plane filtered(Plane plane, Gain gain) {
  for (int row = 0; row < kSide; ++row) {
    for (int column = 0; column < kSide; ++column) {
      plane[std::size_t(row * kSide + column)] *=
          gain(column < kSide / 2 ? column : column - kSide, row < kSide / 2 ? row : row - kSide);
    }
  }
  transform(plane, 1);
  return plane;
}

Plane contrast_normalized(std::span<const float> log_luma) {
  const auto low_pass = [](int u, int v) {
    return std::exp(-double(u * u + v * v) * std::log(2.0) / 16.0);
  };
  Plane h(log_luma.begin(), log_luma.end());
  const Plane low = filtered(spectrum(h), low_pass);
  Plane squared(kPixels);
  for (std::size_t i = 0; i < kPixels; ++i) {
    h[i] = h[i].real() - low[i].real();
    squared[i] = h[i] * h[i];
  }
  const Plane variance = filtered(spectrum(squared), low_pass);
  for (std::size_t i = 0; i < kPixels; ++i) h[i] /= 0.2 + std::sqrt(std::abs(variance[i].real()));
  return h;
}

std::vector<float> reference(std::span<const float> log_luma) {
  const Plane h = spectrum(contrast_normalized(log_luma));
  std::vector<double> energies;
  for (int scale = 0; scale < 4; ++scale) {
    const double centre = 0.3 / std::pow(1.85, scale);
    for (int orientation = 0; orientation < 8; ++orientation) {
      const Plane response = filtered(h, [&](int u, int v) {
        const double f = std::hypot(u, v) / kSide;
        const double turned = std::atan2(v, u) + kPi * orientation / 8;
        const double t = turned - 2 * kPi * std::floor((turned + kPi) / (2 * kPi));
        return std::exp(-3.5 * std::pow(f / centre - 1, 2) - 8 * t * t);
      });
      std::vector<double> cells(16);
      for (std::size_t i = 0; i < kPixels; ++i) {
        cells[i / (64 * kSide) * 4 + i % kSide / 64] += std::abs(response[i]);
      }
      energies.insert(energies.end(), cells.begin(), cells.end());
    }
  }
  const double norm =
      std::sqrt(std::inner_product(energies.begin(), energies.end(), energies.begin(), 0.0));
  std::vector<float> result;
  for (const double energy : energies) result.push_back(static_cast<float>(energy / norm));
  return result;
}

TEST(Gist, StaysNearTheDefinitionWithFullTransforms) {
  const auto gist = make_gist();
  std::vector<std::vector<float>> ours;
  std::vector<std::vector<float>> theirs;
  for (const double t : {0.0, 0.1}) {
    std::vector<float> input(gist->input_size());
    gist->prepare(scene(480, 270, t), input);
    ours.push_back(gist->embed(input).value());
    theirs.push_back(reference(input));
    EXPECT_LT(1 - cosine(ours.back(), theirs.back()), 5e-6);
    for (std::size_t i = 0; i < 512; ++i) EXPECT_NEAR(ours.back()[i], theirs.back()[i], 2e-3) << i;
  }
  EXPECT_NEAR(cosine(ours[0], ours[1]), cosine(theirs[0], theirs[1]), 3e-4);
}

// The frames that `ffmpeg` samples at 1 FPS and shrinks by area.
std::vector<media::Image> sampled_frames(const std::filesystem::path& clip) {
  const std::string command = fmt::format(
      "ffmpeg -v error -i '{}' -vf fps=1,scale={}:{}:flags=area -fps_mode passthrough "
      "-pix_fmt rgb24 -f rawvideo -",
      clip.string(), kSide, kSide);
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  std::vector<media::Image> frames;
  media::Image frame(kSide, kSide);
  while (std::fread(frame.rgb.data(), 1, frame.rgb.size(), pipe.get()) == frame.rgb.size()) {
    frames.push_back(frame);
  }
  return frames;
}

TEST(Gist, AgreesWithThePublishedSimilarities) {
  const std::filesystem::path videos = VIDEOGEN_SOURCE_DIR "/../shared/videos";
  if (!std::filesystem::exists(videos)) GTEST_SKIP() << "no ../shared/videos here";
  struct Published {
    const char* clip;
    std::vector<double> similarities;
  };
  const Published table[] = {
      {"ai_car.mp4", {.9559, .9779, .9827, .9890, .9904}},
      {"ai_ship.mp4", {.9967, .9961, .9959, .9961, .9951}},
      {"kitten.mp4", {.9954, .9947, .9883, .9938, .9863}},
      {"nasa.mp4",
       {.9993, .9995, .9993, .9993, .7124, .9887, .9997, .7466, .9926, .9952, .9968, .9968}}};
  const auto gist = make_gist();
  for (const Published& published : table) {
    const std::vector<media::Image> frames = sampled_frames(videos / published.clip);
    ASSERT_EQ(frames.size(), published.similarities.size() + 1) << published.clip;
    std::vector<float> before = describe(*gist, frames[0]);
    for (std::size_t i = 0; i < published.similarities.size(); ++i) {
      const std::vector<float> after = describe(*gist, frames[i + 1]);
      EXPECT_NEAR(cosine(before, after), published.similarities[i], 2e-4)
          << published.clip << ' ' << i;
      before = after;
    }
  }
}

TEST(Gist, FindsStripesInTheirScaleAndOrientation) {
  const auto gist = make_gist();
  // 0.162 cycles a pixel is scale 1. A wave along x has its frequencies at 0° and 180°, a wave
  // along y at ±90°; orientation 0 takes 0°, orientation 4 takes -90°.
  const auto strongest = [&](const media::Image& picture) {
    const std::vector<float> row = describe(*gist, picture);
    std::size_t best = 0;
    double most = 0;
    for (std::size_t filter = 0; filter < 32; ++filter) {
      const double sum = std::accumulate(row.begin() + std::ptrdiff_t(filter) * 16,
                                         row.begin() + std::ptrdiff_t(filter + 1) * 16, 0.0);
      if (sum > most) {
        most = sum;
        best = filter;
      }
    }
    return best;
  };
  const double cycles = 0.162 * kSide;
  EXPECT_EQ(strongest(painted(kSide, kSide,
                              [&](double x, double) {
                                return 120 + 60 * std::cos(2 * kPi * std::round(cycles) * x);
                              })),
            8U);
  EXPECT_EQ(strongest(painted(kSide, kSide,
                              [&](double, double y) {
                                return 120 + 60 * std::cos(2 * kPi * std::round(cycles) * y);
                              })),
            12U);
}

TEST(Gist, HasNoDescriptorForAFlatPicture) {
  const auto gist = make_gist();
  for (const int level : {0, 1, 128, 255}) {
    const media::Image flat = painted(640, 360, [&](double, double) { return level; });
    EXPECT_THAT(describe(*gist, flat), testing::Each(0.0F)) << level;
  }
  // One step of one channel in one pixel is a picture, even at full brightness.
  media::Image speck = painted(kSide, kSide, [](double, double) { return 255; });
  speck.rgb[3000] = 254;
  const std::vector<float> row = describe(*gist, speck);
  EXPECT_NEAR(cosine(row, row), 1, 1e-6);
}

TEST(Gist, GivesUnitRowsThatDoNotDependOnTheBatch) {
  const auto gist = make_gist();
  constexpr std::size_t kCount = 5;
  std::vector<float> inputs(kCount * gist->input_size());
  std::vector<std::vector<float>> alone;
  for (std::size_t i = 0; i < kCount; ++i) {
    const std::span input = std::span(inputs).subspan(i * kPixels, kPixels);
    gist->prepare(scene(320, 240, 0.1 * double(i)), input);
    alone.push_back(gist->embed(input).value());
    EXPECT_NEAR(cosine(alone.back(), alone.back()), 1, 1e-6);
  }
  for (int repeat = 0; repeat < 3; ++repeat) {
    const std::vector<float> rows = gist->embed(inputs).value();
    ASSERT_EQ(rows.size(), kCount * 512);
    for (std::size_t i = 0; i < kCount; ++i) {
      EXPECT_EQ(std::vector<float>(rows.begin() + std::ptrdiff_t(i) * 512,
                                   rows.begin() + std::ptrdiff_t(i + 1) * 512),
                alone[i]);
    }
  }
  EXPECT_TRUE(gist->embed({}).value().empty());
}

TEST(Gist, IsSharedByThreads) {
  const auto gist = make_gist();
  const media::Image picture = scene(300, 200, 0.2);
  const std::vector<float> expected = describe(*gist, picture);
  std::vector<std::vector<float>> results(6);
  {
    std::vector<std::jthread> threads;
    for (auto& result : results) {
      threads.emplace_back([&] {
        const auto own = make_gist();  // planning must not disturb the others
        result = describe(*gist, picture);
      });
    }
  }
  EXPECT_THAT(results, testing::Each(expected));
}

TEST(Gist, StopsBetweenPictures) {
  const auto gist = make_gist();
  std::stop_source stop;
  stop.request_stop();
  const auto rows = gist->embed(std::vector<float>(3 * kPixels), stop.get_token());
  ASSERT_FALSE(rows);
  EXPECT_EQ(name(rows.error().code), "interrupted");
}

TEST(Gist, SaysWhatItIs) {
  const auto gist = make_gist();
  const Identity& identity = gist->identity();
  EXPECT_EQ(identity.name, "gist");
  EXPECT_EQ(identity.model, "gist-512");
  EXPECT_EQ(identity.precision, "f32");
  EXPECT_EQ(identity.dimensions, 512);
  EXPECT_THAT(identity.digest, testing::MatchesRegex("sha256:[0-9a-f]{64}"));
  ASSERT_TRUE(gist->area_size());
  EXPECT_EQ(gist->area_size()->width, 256);
  EXPECT_EQ(gist->area_size()->height, 256);
}

TEST(Gist, RefusesInputsThatAreNotWholePictures) {
  EXPECT_THROW((void)make_gist()->embed(std::vector<float>(kPixels - 1)), std::logic_error);
}

}  // namespace
}  // namespace videogen::embed
