#include <algorithm>
#include <mutex>
#include <new>

#include "base/error.h"
#include "embed/fft_internal.h"

namespace videogen::embed {
namespace {

std::mutex planner;

fftwf_complex* raw(FftBuffer<std::complex<float>>& buffer) {
  // std::complex is laid out as an array of two, which is FFTW's own advice for C++.
  return reinterpret_cast<fftwf_complex*>(buffer.values().data());
}

std::size_t square(int side) { return std::size_t(side) * std::size_t(side); }

}  // namespace

template <class T>
FftBuffer<T>::FftBuffer(std::size_t size)
    : data_(static_cast<T*>(fftwf_malloc(size * sizeof(T)))), size_(size) {
  if (data_ == nullptr) throw std::bad_alloc();
  std::fill_n(data_.get(), size, T{});
}
template class FftBuffer<float>;
template class FftBuffer<std::complex<float>>;

void RealFft::destroy(fftwf_plan plan) {
  const std::lock_guard lock(planner);
  fftwf_destroy_plan(plan);
}

RealFft::RealFft(int side) : side_(side) {
  FftBuffer<float> values(square(side));
  FftBuffer<std::complex<float>> spectrum(spectrum_size());
  const std::lock_guard lock(planner);
  forward_.reset(
      fftwf_plan_dft_r2c_2d(side, side, values.values().data(), raw(spectrum), FFTW_ESTIMATE));
  inverse_.reset(
      fftwf_plan_dft_c2r_2d(side, side, raw(spectrum), values.values().data(), FFTW_ESTIMATE));
  VIDEOGEN_CHECK(forward_ != nullptr && inverse_ != nullptr, "FFTW made no plan");
}

std::size_t RealFft::spectrum_size() const {
  return std::size_t(side_) * (std::size_t(side_) / 2 + 1);
}

void RealFft::forward(FftBuffer<float>& values, FftBuffer<std::complex<float>>& spectrum) const {
  VIDEOGEN_CHECK(
      values.values().size() == square(side_) && spectrum.values().size() == spectrum_size(),
      "buffers of another size");
  fftwf_execute_dft_r2c(forward_.get(), values.values().data(), raw(spectrum));
}

void RealFft::inverse(FftBuffer<std::complex<float>>& spectrum, FftBuffer<float>& values) const {
  VIDEOGEN_CHECK(
      values.values().size() == square(side_) && spectrum.values().size() == spectrum_size(),
      "buffers of another size");
  fftwf_execute_dft_c2r(inverse_.get(), raw(spectrum), values.values().data());
}

ComplexInverseFft::ComplexInverseFft(int side) : side_(side) {
  FftBuffer<std::complex<float>> values(square(side));
  const std::lock_guard lock(planner);
  plan_.reset(
      fftwf_plan_dft_2d(side, side, raw(values), raw(values), FFTW_BACKWARD, FFTW_ESTIMATE));
  VIDEOGEN_CHECK(plan_ != nullptr, "FFTW made no plan");
}

void ComplexInverseFft::in_place(FftBuffer<std::complex<float>>& values) const {
  VIDEOGEN_CHECK(values.values().size() == square(side_), "buffer of another size");
  fftwf_execute_dft(plan_.get(), raw(values), raw(values));
}

}  // namespace videogen::embed
