#include "pool/gpu.h"

#include <dlfcn.h>

#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "base/handle.h"

namespace videogen::pool {
namespace {

// As the CUDA Driver API has them: https://docs.nvidia.com/cuda/cuda-driver-api
constexpr int kVirtualMemorySupported = 102;

// Never unloaded: the driver leaves threads behind.
struct Driver {
  int (*init)(unsigned) = nullptr;
  int (*error_string)(int, const char**) = nullptr;
  int (*count)(int*) = nullptr;
  int (*get)(int*, int) = nullptr;
  int (*device_name)(char*, int, int) = nullptr;
  int (*total_memory)(std::size_t*, int) = nullptr;
  int (*attribute)(int*, int, int) = nullptr;

  // Empty, or what is missing.
  std::string open(const char* name) {
    void* const library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return fmt::format("no NVIDIA driver ({} is not there)", name);
    std::string missing;
    const auto find = [&](auto& function, const char* symbol) {
      function =
          reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(library, symbol));
      if (function == nullptr && missing.empty()) missing = symbol;
    };
    find(init, "cuInit");
    find(error_string, "cuGetErrorString");
    find(count, "cuDeviceGetCount");
    find(get, "cuDeviceGet");
    find(device_name, "cuDeviceGetName");
    find(total_memory, "cuDeviceTotalMem_v2");
    find(attribute, "cuDeviceGetAttribute");
    return missing.empty() ? "" : fmt::format("{} lacks {}: the driver is too old", name, missing);
  }

  [[nodiscard]] std::string said(const char* what, int code) const {
    const char* text = nullptr;
    if (error_string(code, &text) != 0 || text == nullptr) text = "unknown error";
    return fmt::format("the NVIDIA driver failed to {}: {} ({})", what, printable(text), code);
  }
};

}  // namespace

Gpus find_gpus(const char* name) {
  Gpus found;
  Driver driver;
  found.absent = driver.open(name);
  if (!found.absent.empty()) return found;
  int devices = 0;
  if (const int code = driver.init(0); code != 0) {
    found.absent = driver.said("start", code);
    return found;
  }
  if (const int code = driver.count(&devices); code != 0) {
    found.absent = driver.said("count its devices", code);
    return found;
  }
  for (int i = 0; i < devices; ++i) {
    int device = 0, maps = 0;
    Gpu gpu;
    std::array<char, 256> text{};
    if (driver.get(&device, i) != 0 ||
        driver.device_name(text.data(), int(text.size()) - 1, device) != 0 ||
        driver.total_memory(&gpu.memory_bytes, device) != 0)
      continue;
    gpu.name = printable(text.data(), 100);
    gpu.virtual_memory = driver.attribute(&maps, kVirtualMemorySupported, device) == 0 && maps != 0;
    found.devices.push_back(std::move(gpu));
  }
  if (found.devices.empty()) found.absent = "the NVIDIA driver has no device";
  return found;
}

}  // namespace videogen::pool
