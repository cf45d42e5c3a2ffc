// From one log-luma picture to its GIST descriptor (steps 3 to 5 of gist.h).
#pragma once

#include <complex>
#include <span>
#include <vector>

#include "embed/fft_internal.h"
#include "embed/gabor_bank_internal.h"

namespace videogen::embed {

// Immutable; threads may share one if each brings its own Scratch.
class GistTransform {
 public:
  static constexpr int kSide = GaborBank::kSide;
  static constexpr std::size_t kPixels = std::size_t(kSide) * kSide;
  static constexpr int kCells = 4;  // on a side
  static constexpr std::size_t kDimensions = std::size_t(GaborBank::kFilters) * kCells * kCells;
  // A picture that spans less has no descriptor.
  static constexpr float kFlat = 1e-3F;

  struct Scratch {
    explicit Scratch(const RealFft& fft);
    FftBuffer<float> plane;                     // [256, 256]
    FftBuffer<std::complex<float>> half;        // [256, 129]
    FftBuffer<std::complex<float>> folded;      // [128, 128]
    std::vector<std::complex<float>> spectrum;  // [256, 256], zero frequency in the middle
    std::vector<float> contrast;                // [256, 256]
  };

  GistTransform();
  [[nodiscard]] const RealFft& fft() const { return fft_; }

  // log_luma: [256, 256]. descriptor: [512], of unit length, or zero if the picture is flat.
  void describe(std::span<const float> log_luma, Scratch& scratch,
                std::span<float> descriptor) const;

 private:
  void low_pass(Scratch& scratch) const;
  void normalize_contrast(std::span<const float> log_luma, Scratch& scratch) const;
  void centre_spectrum(Scratch& scratch) const;

  RealFft fft_{kSide};
  ComplexInverseFft folded_fft_{GaborBank::kFoldedSide};
  GaborBank bank_;
  std::vector<float> low_pass_;                  // [256, 129], with the transforms' 1/N²
  std::vector<std::complex<float>> half_pixel_;  // [256] phase of frequency -128…127
};

}  // namespace videogen::embed
