#include "pool/host_memory.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string>

namespace videogen::pool {
namespace {

namespace fs = std::filesystem;

void tighten(std::optional<std::size_t>& limit, std::optional<std::size_t> other) {
  if (other) limit = std::min(limit.value_or(*other), *other);
}

// The number that a file holds; "max", a missing file and nonsense are no limit.
std::optional<std::size_t> number_in(const fs::path& file) {
  std::ifstream in(file);
  std::string word;
  if (!(in >> word)) return std::nullopt;
  std::size_t value = 0;
  const auto [end, failed] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (failed != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return value;
}

// A limit counts for everything below it.
std::optional<std::size_t> tightest(const fs::path& mount, fs::path group, const char* file) {
  std::optional<std::size_t> limit;
  for (;;) {
    tighten(limit, number_in(mount / group.relative_path() / file));
    if (group.empty() || group == group.parent_path()) return limit;
    group = group.parent_path();
  }
}

std::optional<std::size_t> mem_available(const fs::path& root) {
  std::ifstream in(root / "proc/meminfo");
  std::string name, unit;
  std::size_t value = 0;
  while (in >> name >> value) {
    if (name == "MemAvailable:") return value * 1024;
    std::getline(in, unit);
  }
  return std::nullopt;
}

std::optional<std::size_t> cgroup_limit(const fs::path& root) {
  std::ifstream in(root / "proc/self/cgroup");
  std::optional<std::size_t> limit;
  // "0::/path" is version 2, "4:memory:/path" version 1.
  for (std::string line; std::getline(in, line);) {
    const auto first = line.find(':');
    const auto second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const fs::path group = line.substr(second + 1);
    if (controllers == ",,") {
      tighten(limit, tightest(root / "sys/fs/cgroup", group, "memory.max"));
    } else if (controllers.find(",memory,") != std::string::npos) {
      // Inside a container the mount often shows the group itself as its root.
      tighten(limit, tightest(root / "sys/fs/cgroup/memory", group, "memory.limit_in_bytes"));
    }
  }
  return limit;
}

}  // namespace

std::optional<std::size_t> HostMemory::usable() const {
  std::optional<std::size_t> limit = available;
  tighten(limit, cgroup_limit);
  return limit;
}

HostMemory host_memory(const fs::path& root) { return {mem_available(root), cgroup_limit(root)}; }

}  // namespace videogen::pool
