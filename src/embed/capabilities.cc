#include "embed/capabilities.h"

#include <array>
#include <fstream>
#include <set>
#include <sstream>
#include <string_view>
#include <thread>

#include <fmt/format.h>
#include <oneapi/dnnl/dnnl.h>

namespace videogen::embed {
namespace {

// Names as the kernel gives them, which lists only what it lets programs use.
constexpr std::array<std::string_view, 9> kFeatures{
    "avx", "avx2", "fma", "f16c", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "amx_bf16"};

void read_cpu(Capabilities& found) {
  std::ifstream cpuinfo("/proc/cpuinfo");
  std::set<std::string> flags;
  for (std::string line; std::getline(cpuinfo, line) && !line.empty();) {  // the first processor
    const std::size_t colon = line.find(": ");
    if (colon == std::string::npos) continue;
    const std::string value = line.substr(colon + 2);
    if (line.starts_with("model name")) found.cpu = value;
    if (line.starts_with("flags")) {
      std::istringstream words(value);
      for (std::string word; words >> word;) flags.insert(word);
    }
  }
  for (const std::string_view feature : kFeatures)
    found.features.push_back({std::string(feature), flags.contains(std::string(feature))});
}

std::string isa_name(dnnl_cpu_isa_t isa) {
  switch (isa) {
    case dnnl_cpu_isa_sse41:
      return "sse41";
    case dnnl_cpu_isa_avx:
      return "avx";
    case dnnl_cpu_isa_avx2:
      return "avx2";
    case dnnl_cpu_isa_avx2_vnni:
      return "avx2_vnni";
    case dnnl_cpu_isa_avx512_mic:
      return "avx512_mic";
    case dnnl_cpu_isa_avx512_mic_4ops:
      return "avx512_mic_4ops";
    case dnnl_cpu_isa_avx512_core:
      return "avx512_core";
    case dnnl_cpu_isa_avx512_core_vnni:
      return "avx512_core_vnni";
    case dnnl_cpu_isa_avx512_core_bf16:
      return "avx512_core_bf16";
    case dnnl_cpu_isa_avx512_core_amx:
      return "avx512_core_amx";
    case dnnl_cpu_isa_all:
      return "generic";
  }
  return fmt::format("0x{:x}", static_cast<unsigned>(isa));
}

std::string threading_name(unsigned runtime) {
  switch (runtime) {
    case DNNL_RUNTIME_SEQ:
      return "sequential";
    case DNNL_RUNTIME_OMP:
      return "OpenMP";
    case DNNL_RUNTIME_TBB:
      return "TBB";
    case DNNL_RUNTIME_THREADPOOL:
      return "thread pool";
    default:
      return "none";
  }
}

}  // namespace

Capabilities capabilities() {
  Capabilities found;
  read_cpu(found);
  const dnnl_version_t* version = dnnl_version();
  found.onednn = fmt::format("{}.{}.{}", version->major, version->minor, version->patch);
  found.onednn_isa = isa_name(dnnl_get_effective_cpu_isa());
  found.onednn_threading = threading_name(version->cpu_runtime);
  found.threads = static_cast<int>(std::thread::hardware_concurrency());
  return found;
}

}  // namespace videogen::embed
