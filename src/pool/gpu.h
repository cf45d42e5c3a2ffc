// Which GPUs this machine offers to a later back end. Nothing here computes on one.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace videogen::pool {

struct Gpu {
  std::string name;  // "NVIDIA H100 80GB HBM3"
  std::size_t memory_bytes = 0;
  bool virtual_memory = false;  // whether the driver can reserve and map as a Backend must
};

struct Gpus {
  std::vector<Gpu> devices;
  std::string absent;  // why there are none, one sentence
};

// Asks NVIDIA's driver, opened by name; no package of CUDA is needed to build or to run. The
// first call may take a second, where there is a driver to wake.
[[nodiscard]] Gpus find_gpus(const char* driver = "libcuda.so.1");

}  // namespace videogen::pool
