#include "pool/gpu.h"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace videogen::pool {
namespace {

// tests/stub_cuda.cc stands for a driver; its variable says how it behaves.
Gpus with_driver(const char* behaviour) {
  ::setenv("STUB_CUDA", behaviour, 1);
  Gpus found = find_gpus(VIDEOGEN_STUB_CUDA);
  ::unsetenv("STUB_CUDA");
  return found;
}

TEST(FindGpus, ReadsWhatTheDriverSays) {
  const Gpus found = with_driver("two");
  ASSERT_EQ(found.devices.size(), 2U);
  EXPECT_EQ(found.absent, "");
  EXPECT_EQ(found.devices[0].name, "Stub 0");
  EXPECT_EQ(found.devices[0].memory_bytes, std::size_t{80} << 30U);
  EXPECT_TRUE(found.devices[0].virtual_memory);
  EXPECT_FALSE(found.devices[1].virtual_memory);
}

TEST(FindGpus, SaysWhyThereIsNone) {
  EXPECT_THAT(with_driver("none").absent, testing::HasSubstr("no device"));
  EXPECT_THAT(with_driver("broken").absent, testing::HasSubstr("no CUDA-capable device (100)"));
  EXPECT_THAT(find_gpus("libnowhere.so.1").absent, testing::HasSubstr("libnowhere.so.1"));
  EXPECT_THAT(find_gpus("libm.so.6").absent, testing::HasSubstr("lacks cuInit"));
  EXPECT_TRUE(find_gpus("libm.so.6").devices.empty());
}

}  // namespace
}  // namespace videogen::pool
