// The 32 filters of GIST, stored where they are not next to zero.
//
// A spectrum of 256×256 frequencies, filtered, is folded onto 128×128: frequencies that alias
// when only every other pixel is kept are added up. The inverse transform of the folded
// spectrum holds the filtered picture at every other pixel, exactly, for a fifth of the cost.
#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace videogen::embed {

class GaborBank {
 public:
  static constexpr int kScales = 4;
  static constexpr int kOrientations = 8;
  static constexpr int kFilters = kScales * kOrientations;
  static constexpr int kSide = 256;        // of the spectrum
  static constexpr int kFoldedSide = 128;  // of the folded one
  // Gains below this are left out.
  static constexpr float kLeastGain = 1e-5F;

  GaborBank();

  // spectrum: [256, 256], rows and columns of frequency -128…127 (zero frequency in the
  // middle). folded: [128, 128] in a transform's own order (zero frequency first),
  // overwritten. filter = scale * 8 + orientation.
  void apply(int filter, std::span<const std::complex<float>> spectrum,
             std::span<std::complex<float>> folded) const;

 private:
  // Neighbouring frequencies of one row that fold onto neighbouring places.
  struct Run {
    std::uint32_t source;
    std::uint32_t target;
    std::uint32_t gain;
    std::uint32_t length;
  };
  void add_filter(std::span<const float> radial, std::span<const float> angular);

  std::vector<float> gains_;
  std::vector<Run> runs_;
  std::vector<std::size_t> first_run_;  // [33]
};

}  // namespace videogen::embed
