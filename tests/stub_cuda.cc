// A driver for tests of machines without one: STUB_CUDA is "two", "none" or "broken".
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {
bool is(const char* behaviour) {
  const char* asked = std::getenv("STUB_CUDA");
  return asked != nullptr && std::strcmp(asked, behaviour) == 0;
}
}  // namespace

extern "C" {
int cuInit(unsigned /*flags*/) { return is("broken") ? 100 : 0; }
int cuGetErrorString(int /*code*/, const char** text) {
  *text = "no CUDA-capable device";
  return 0;
}
int cuDeviceGetCount(int* count) {
  *count = is("two") ? 2 : 0;
  return 0;
}
int cuDeviceGet(int* device, int ordinal) {
  *device = ordinal;
  return 0;
}
int cuDeviceGetName(char* name, int length, int device) {
  std::snprintf(name, static_cast<std::size_t>(length), "Stub %d", device);
  return 0;
}
int cuDeviceTotalMem_v2(std::size_t* bytes, int /*device*/) {
  *bytes = std::size_t{80} << 30U;
  return 0;
}
int cuDeviceGetAttribute(int* value, int attribute, int device) {
  *value = attribute == 102 && device == 0 ? 1 : 0;
  return 0;
}
}
