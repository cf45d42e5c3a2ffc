#include "pool/host_backend.h"

#include <unistd.h>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "base/folder_for_test_internal.h"
#include "pool/host_memory.h"

namespace videogen::pool {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kBytes = std::size_t{64} << 20U;

std::size_t resident_bytes() {
  std::ifstream in("/proc/self/statm");
  std::size_t total = 0, resident = 0;
  in >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

TEST(HostBackend, TakesMemoryWhenItIsTouchedAndGivesItBack) {
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "a sanitizer's own memory hides what this measures";
#endif
  const auto backend = make_host_backend();
  const std::size_t before = resident_bytes();
  std::byte* const data = backend->reserve(kBytes).value();
  ASSERT_TRUE(backend->commit(data, kBytes));
  EXPECT_LT(resident_bytes(), before + kBytes / 4) << "nothing was touched yet";
  std::memset(data, 1, kBytes);
  EXPECT_GT(resident_bytes(), before + kBytes / 2);
  ASSERT_TRUE(backend->decommit(data, kBytes));
  EXPECT_LT(resident_bytes(), before + kBytes / 4);
  ASSERT_TRUE(backend->commit(data, kBytes)) << "the addresses are still ours";
  EXPECT_EQ(data[kBytes - 1], std::byte{0});
  ASSERT_TRUE(backend->decommit(data, kBytes));
  ASSERT_TRUE(backend->release(data, kBytes));
}

TEST(HostBackendDeathTest, WhatIsNotCommittedCannotBeTouched) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  const auto backend = make_host_backend();
  const std::size_t page = backend->granularity();
  std::byte* const data = backend->reserve(page).value();
  EXPECT_DEATH(*const_cast<volatile std::byte*>(data) = std::byte{1}, "");
  ASSERT_TRUE(backend->commit(data, page));
  *data = std::byte{1};
  ASSERT_TRUE(backend->decommit(data, page));
  EXPECT_DEATH(*const_cast<volatile std::byte*>(data) = std::byte{1}, "");
  ASSERT_TRUE(backend->release(data, page));
}

TEST(HostBackend, FailuresOfTheSystemAreValues) {
  const auto backend = make_host_backend();
  const auto too_much = backend->reserve(std::size_t{1} << 62U);
  ASSERT_FALSE(too_much);
  EXPECT_EQ(too_much.error().code, ErrorCode::unreachable);
  EXPECT_NE(too_much.error().message.find("memory"), std::string::npos);
}

class HostMemoryTest : public testing::Test {
 protected:
  HostMemoryTest() {
    write("proc/meminfo", "MemTotal: 2000 kB\nMemFree: 5 kB\nMemAvailable:    1000 kB\n");
  }
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << text;
  }
  const TemporaryFolder temporary_;
  const fs::path& root_ = temporary_.path();
};

TEST_F(HostMemoryTest, ReadsWhatIsAvailable) {
  EXPECT_EQ(host_memory(root_).usable(), 1'024'000U);
  EXPECT_EQ(host_memory(root_).cgroup_limit, std::nullopt);
}

TEST_F(HostMemoryTest, TheTightestLimitAboveACgroupCounts) {
  write("proc/self/cgroup", "0::/a/b\n");
  write("sys/fs/cgroup/a/b/memory.max", "max\n");
  EXPECT_EQ(host_memory(root_).cgroup_limit, std::nullopt);
  write("sys/fs/cgroup/a/memory.max", "700000\n");
  EXPECT_EQ(host_memory(root_).usable(), 700'000U);
  write("sys/fs/cgroup/a/b/memory.max", "600000\n");
  EXPECT_EQ(host_memory(root_).usable(), 600'000U);
  write("sys/fs/cgroup/a/b/memory.max", "9999999999\n");
  EXPECT_EQ(host_memory(root_).cgroup_limit, 700'000U);
}

TEST_F(HostMemoryTest, KnowsTheOlderCgroups) {
  write("proc/self/cgroup", "9:cpu:/x\n4:cpuset,memory:/job\n0::/\n");
  write("sys/fs/cgroup/memory/job/memory.limit_in_bytes", "500000\n");
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(host_memory(root_).usable(), 500'000U);
}

TEST_F(HostMemoryTest, NothingIsKnownWhereNothingCanBeRead) {
  EXPECT_EQ(host_memory(root_ / "nowhere").usable(), std::nullopt);
}

}  // namespace
}  // namespace videogen::pool
