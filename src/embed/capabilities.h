// What this CPU and the oneDNN that was loaded can do for the models.
#pragma once

#include <string>
#include <vector>

namespace videogen::embed {

struct CpuFeature {
  std::string name;  // "avx512_bf16"
  bool present = false;
};

struct Capabilities {
  std::string cpu;                   // its own name; empty where it has none
  std::vector<CpuFeature> features;  // those that speed depends on
  std::string onednn;                // "2.6.3"
  std::string onednn_isa;            // the instruction set that oneDNN will use, "avx2"
  std::string onednn_threading;      // "OpenMP"
  int threads = 1;                   // that may run at once
};

[[nodiscard]] Capabilities capabilities();

}  // namespace videogen::embed
