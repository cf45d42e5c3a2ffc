// Keeps OpenMP's idle threads from burning the cores that decode the next frames.
//
// oneDNN's threads are libgomp's, which spin for about 3 ms before they sleep. Beside a busy
// decoder that is ruinous: the tower then takes several times as long, and so does the decoder.
// GOMP_SPINCOUNT is read when the library is loaded, too early for a program to set its own.
// But libgomp spins a thousandth as long once it manages more threads than there are CPUs, so
// one more idle thread is all it takes. Alone on the machine the tower is as fast as before.
#pragma once

#include <memory>

namespace videogen::embed {

class ShortWaits {
 public:
  // Shared by all models; ends with the last of them. Does nothing where the environment says
  // how threads shall wait (OMP_WAIT_POLICY, GOMP_SPINCOUNT).
  static std::shared_ptr<ShortWaits> share();
  ShortWaits(const ShortWaits&) = delete;
  ShortWaits& operator=(const ShortWaits&) = delete;
  ~ShortWaits();

 private:
  ShortWaits();
  struct Parked;
  std::unique_ptr<Parked> parked_;
};

}  // namespace videogen::embed
