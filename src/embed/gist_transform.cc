#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "base/error.h"
#include "base/simd.h"
#include "embed/gist_transform_internal.h"

namespace videogen::embed {
namespace {

using Complex = std::complex<float>;
constexpr int kSide = GistTransform::kSide;
constexpr int kHalfSide = kSide / 2;
constexpr std::size_t kHalfColumns = kHalfSide + 1;
constexpr std::size_t kPixels = GistTransform::kPixels;

VIDEOGEN_SIMD void multiply(float* spectrum, const float* gains, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    spectrum[2 * i] *= gains[i];
    spectrum[2 * i + 1] *= gains[i];
  }
}

VIDEOGEN_SIMD void subtract_mean(const float* picture, const float* mean, float* contrast,
                                 float* squared) {
  for (std::size_t i = 0; i < kPixels; ++i) {
    contrast[i] = picture[i] - mean[i];
    squared[i] = contrast[i] * contrast[i];
  }
}

VIDEOGEN_SIMD void divide_by_deviation(const float* contrast, float* variance) {
  for (std::size_t i = 0; i < kPixels; ++i) {
    variance[i] = contrast[i] / (0.2F + std::sqrt(std::abs(variance[i])));
  }
}

VIDEOGEN_SIMD void add_moduli(const float* row, float* sums, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    sums[i] += std::sqrt(row[2 * i] * row[2 * i] + row[2 * i + 1] * row[2 * i + 1]);
  }
}

// Greatest less least value of a picture. Lanes, because a single running minimum is a chain
// of dependent steps.
VIDEOGEN_SIMD float range(const float* picture) {
  constexpr std::size_t kLanes = 32;
  std::array<float, kLanes> least;
  std::copy_n(picture, kLanes, least.begin());
  std::array<float, kLanes> greatest = least;
  for (std::size_t i = kLanes; i < kPixels; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const float value = picture[i + lane];
      least[lane] = value < least[lane] ? value : least[lane];
      greatest[lane] = value > greatest[lane] ? value : greatest[lane];
    }
  }
  return *std::max_element(greatest.begin(), greatest.end()) -
         *std::min_element(least.begin(), least.end());
}

// The sums of |x| over a 4×4 grid of cells. All cells are of one size and the descriptor is
// normalised, so sums serve as means.
void cell_energies(std::span<const Complex> values, std::span<float> energies) {
  constexpr std::size_t kFolded = GaborBank::kFoldedSide;
  constexpr std::size_t kCells = GistTransform::kCells;
  constexpr std::size_t kCellSide = kFolded / kCells;
  for (std::size_t cell_row = 0; cell_row < kCells; ++cell_row) {
    std::array<float, kFolded> sums{};
    for (std::size_t y = 0; y < kCellSide; ++y) {
      const Complex* row = values.data() + (cell_row * kCellSide + y) * kFolded;
      add_moduli(reinterpret_cast<const float*>(row), sums.data(), kFolded);
    }
    for (std::size_t cell = 0; cell < kCells; ++cell) {
      double energy = 0;
      for (std::size_t x = 0; x < kCellSide; ++x) energy += sums[cell * kCellSide + x];
      energies[cell_row * kCells + cell] = static_cast<float>(energy);
    }
  }
}

void to_unit_length(std::span<float> values) {
  double squares = 0;
  for (const float value : values) squares += double(value) * value;
  const double scale = squares > 0 ? 1 / std::sqrt(squares) : 0;
  for (float& value : values) value = static_cast<float>(value * scale);
}

std::vector<float> low_pass_gains() {
  const double cutoff_squared = 16 / std::numbers::ln2;
  std::vector<float> gains;
  gains.reserve(kSide * kHalfColumns);
  for (int row = 0; row < kSide; ++row) {
    const int v = row < kHalfSide ? row : row - kSide;
    for (int u = 0; u <= kHalfSide; ++u) {
      const double gain = std::exp(-double(u * u + v * v) / cutoff_squared);
      // What is far below a float's resolution is zero, lest products are denormal and slow.
      gains.push_back(gain < 1e-12 ? 0.0F : static_cast<float>(gain / kPixels));
    }
  }
  return gains;
}

std::vector<Complex> half_pixel_phases() {
  std::vector<Complex> phases;
  for (int u = -kHalfSide; u < kHalfSide; ++u) {
    phases.emplace_back(std::polar(1.0, std::numbers::pi * u / kSide));
  }
  return phases;
}

VIDEOGEN_SIMD void multiply_row(const float* row, const float* phases, float row_real,
                                float row_imaginary, float* out) {
  for (std::size_t i = 0; i < std::size_t(kSide); ++i) {
    const float real = phases[2 * i] * row_real - phases[2 * i + 1] * row_imaginary;
    const float imaginary = phases[2 * i] * row_imaginary + phases[2 * i + 1] * row_real;
    out[2 * i] = row[2 * i] * real - row[2 * i + 1] * imaginary;
    out[2 * i + 1] = row[2 * i] * imaginary + row[2 * i + 1] * real;
  }
}

float* floats(std::span<Complex> values) { return reinterpret_cast<float*>(values.data()); }

}  // namespace

GistTransform::Scratch::Scratch(const RealFft& fft)
    : plane(kPixels),
      half(fft.spectrum_size()),
      folded(std::size_t(GaborBank::kFoldedSide) * GaborBank::kFoldedSide),
      spectrum(kPixels),
      contrast(kPixels) {}

GistTransform::GistTransform() : low_pass_(low_pass_gains()), half_pixel_(half_pixel_phases()) {}

void GistTransform::low_pass(Scratch& scratch) const {
  fft_.forward(scratch.plane, scratch.half);
  multiply(floats(scratch.half.values()), low_pass_.data(), low_pass_.size());
  fft_.inverse(scratch.half, scratch.plane);
}

// Leaves the result in scratch.plane.
void GistTransform::normalize_contrast(std::span<const float> log_luma, Scratch& scratch) const {
  float* plane = scratch.plane.values().data();
  std::copy(log_luma.begin(), log_luma.end(), plane);
  low_pass(scratch);
  subtract_mean(log_luma.data(), plane, scratch.contrast.data(), plane);
  low_pass(scratch);
  divide_by_deviation(scratch.contrast.data(), plane);
}

// From the half spectrum of a real picture to the whole one, zero frequency in the middle, and
// moved by half a pixel to the upper left, so that the samples of the folded transform are the
// centres of 2×2 pixels and lie evenly in their cells.
void GistTransform::centre_spectrum(Scratch& scratch) const {
  const std::span<const Complex> half = scratch.half.values();
  std::array<Complex, kSide> row;
  for (int v = -kHalfSide; v < kHalfSide; ++v) {
    const Complex* positive = half.data() + std::size_t(v & (kSide - 1)) * kHalfColumns;
    const Complex* negative = half.data() + std::size_t(-v & (kSide - 1)) * kHalfColumns;
    for (std::size_t u = 1; u <= std::size_t(kHalfSide); ++u) {
      row[std::size_t(kHalfSide) - u] = std::conj(negative[u]);
    }
    std::copy_n(positive, kHalfSide, row.begin() + kHalfSide);
    const std::size_t at = std::size_t(v + kHalfSide);
    const Complex phase = half_pixel_[at];
    multiply_row(floats(row), reinterpret_cast<const float*>(half_pixel_.data()), phase.real(),
                 phase.imag(), floats(scratch.spectrum) + at * std::size_t(kSide) * 2);
  }
}

void GistTransform::describe(std::span<const float> log_luma, Scratch& scratch,
                             std::span<float> descriptor) const {
  VIDEOGEN_CHECK(log_luma.size() == kPixels && descriptor.size() == kDimensions,
                 "a picture or descriptor of another size");
  if (!(range(log_luma.data()) >= kFlat)) {
    std::fill(descriptor.begin(), descriptor.end(), 0.0F);
    return;
  }
  normalize_contrast(log_luma, scratch);
  fft_.forward(scratch.plane, scratch.half);
  centre_spectrum(scratch);
  constexpr std::size_t kCellCount = kCells * kCells;
  for (int filter = 0; filter < GaborBank::kFilters; ++filter) {
    bank_.apply(filter, scratch.spectrum, scratch.folded.values());
    folded_fft_.in_place(scratch.folded);
    cell_energies(scratch.folded.values(),
                  descriptor.subspan(std::size_t(filter) * kCellCount, kCellCount));
  }
  to_unit_length(descriptor);
}

}  // namespace videogen::embed
