// The Fourier transforms that GIST needs, on FFTW in single precision.
//
// Plans are estimated, not measured: measuring takes a second and may choose differently in
// every run, and two runs over one clip must give the same bits. FFTW's planner is not safe
// for threads, so making and destroying plans holds a lock; executing them on buffers of one's
// own is.
#pragma once

#include <complex>
#include <cstddef>
#include <memory>
#include <span>

#include <fftw3.h>

#include "base/handle.h"

namespace videogen::embed {

// Memory aligned as FFTW's SIMD code wants it, zeroed.
template <class T>
class FftBuffer {
 public:
  explicit FftBuffer(std::size_t size);
  [[nodiscard]] std::span<T> values() { return {data_.get(), size_}; }
  [[nodiscard]] std::span<const T> values() const { return {data_.get(), size_}; }

 private:
  struct Free {
    void operator()(T* data) const { fftwf_free(data); }
  };
  std::unique_ptr<T[], Free> data_;
  std::size_t size_;
};

// Unscaled transforms of [side, side] values. Immutable; threads may share one if each brings
// its own buffers.
class RealFft {
 public:
  explicit RealFft(int side);
  // Values that a half spectrum takes: [side, side / 2 + 1], frequencies u = 0…side/2.
  [[nodiscard]] std::size_t spectrum_size() const;
  void forward(FftBuffer<float>& values, FftBuffer<std::complex<float>>& spectrum) const;
  // Leaves `spectrum` overwritten.
  void inverse(FftBuffer<std::complex<float>>& spectrum, FftBuffer<float>& values) const;

 private:
  friend class ComplexInverseFft;
  static void destroy(fftwf_plan plan);
  using Plan = Handle<fftwf_plan_s, destroy>;
  int side_;
  Plan forward_;
  Plan inverse_;
};

class ComplexInverseFft {
 public:
  explicit ComplexInverseFft(int side);
  void in_place(FftBuffer<std::complex<float>>& values) const;

 private:
  int side_;
  RealFft::Plan plan_;
};

}  // namespace videogen::embed
