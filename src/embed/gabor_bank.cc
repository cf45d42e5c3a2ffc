#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "base/error.h"
#include "base/simd.h"
#include "embed/gabor_bank_internal.h"

namespace videogen::embed {
namespace {

constexpr std::size_t kBins = std::size_t(GaborBank::kSide) * GaborBank::kSide;
using Plane = std::vector<float>;

// exp(-x), zero where the product with a factor of at most 1 would be left out anyway.
float falling(float x) {
  static const float limit = -std::log(GaborBank::kLeastGain);
  return x > limit ? 0.0F : std::exp(-x);
}

struct Polar {
  Plane frequency = Plane(kBins);  // cycles a pixel
  Plane angle = Plane(kBins);
};

Polar polar_frequencies() {
  Polar polar;
  constexpr int kHalf = GaborBank::kSide / 2;
  std::size_t bin = 0;
  for (int v = -kHalf; v < kHalf; ++v) {
    for (int u = -kHalf; u < kHalf; ++u, ++bin) {
      polar.frequency[bin] = std::sqrt(float(u * u + v * v)) / GaborBank::kSide;
      polar.angle[bin] = std::atan2(float(v), float(u));
    }
  }
  return polar;
}

Plane radial_gains(const Polar& polar, int scale) {
  const auto centre = static_cast<float>(0.3 / std::pow(1.85, scale));
  Plane gains(kBins);
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    const float distance = polar.frequency[bin] / centre - 1;
    gains[bin] = falling(3.5F * distance * distance);
  }
  return gains;
}

Plane angular_gains(const Polar& polar, int orientation) {
  constexpr float kPi = std::numbers::pi_v<float>;
  const float offset = kPi * static_cast<float>(orientation) / GaborBank::kOrientations;
  Plane gains(kBins);
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    float turn = polar.angle[bin] + offset;
    if (turn >= kPi) turn -= 2 * kPi;
    gains[bin] = falling(8 * turn * turn);
  }
  return gains;
}

// Both point at pairs of real and imaginary parts.
VIDEOGEN_SIMD void add_product(const float* source, const float* gains, float* target,
                               std::size_t length) {
  for (std::size_t i = 0; i < length; ++i) {
    target[2 * i] += source[2 * i] * gains[i];
    target[2 * i + 1] += source[2 * i + 1] * gains[i];
  }
}

}  // namespace

GaborBank::GaborBank() {
  const Polar polar = polar_frequencies();
  std::array<Plane, kOrientations> angular;
  for (int orientation = 0; orientation < kOrientations; ++orientation) {
    angular[std::size_t(orientation)] = angular_gains(polar, orientation);
  }
  for (int scale = 0; scale < kScales; ++scale) {
    const Plane radial = radial_gains(polar, scale);
    for (const Plane& gains : angular) add_filter(radial, gains);
  }
  first_run_.push_back(runs_.size());
}

void GaborBank::add_filter(std::span<const float> radial, std::span<const float> angular) {
  first_run_.push_back(runs_.size());
  bool in_run = false;
  for (std::uint32_t bin = 0; bin < kBins; ++bin) {
    const float gain = radial[bin] * angular[bin];
    // A row of the spectrum folds onto a row of half the length, twice over.
    const std::uint32_t column = bin % kFoldedSide;
    if (gain < kLeastGain) {
      in_run = false;
      continue;
    }
    if (!in_run || column == 0) {
      const std::uint32_t row = bin / kSide % kFoldedSide;
      runs_.push_back(
          {bin, row * kFoldedSide + column, static_cast<std::uint32_t>(gains_.size()), 0});
      in_run = true;
    }
    gains_.push_back(gain);
    ++runs_.back().length;
  }
}

void GaborBank::apply(int filter, std::span<const std::complex<float>> spectrum,
                      std::span<std::complex<float>> folded) const {
  VIDEOGEN_CHECK(filter >= 0 && filter < kFilters, "no such filter");
  VIDEOGEN_CHECK(spectrum.size() == kBins && folded.size() == kBins / 4, "spectra of other sizes");
  std::fill(folded.begin(), folded.end(), std::complex<float>());
  const auto* source = reinterpret_cast<const float*>(spectrum.data());
  auto* target = reinterpret_cast<float*>(folded.data());
  for (std::size_t i = first_run_[std::size_t(filter)]; i < first_run_[std::size_t(filter) + 1];
       ++i) {
    const Run& run = runs_[i];
    add_product(source + std::size_t(run.source) * 2, gains_.data() + run.gain,
                target + std::size_t(run.target) * 2, run.length);
  }
}

}  // namespace videogen::embed
