// How much memory this process may take on this machine.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>

namespace videogen::pool {

struct HostMemory {
  std::optional<std::size_t> available;     // MemAvailable of /proc/meminfo, bytes
  std::optional<std::size_t> cgroup_limit;  // the tightest limit of this process's cgroups, bytes

  // The smaller of the two; nullopt where neither is known.
  [[nodiscard]] std::optional<std::size_t> usable() const;
};

// Reads /proc/meminfo, /proc/self/cgroup and, of this cgroup and all above it, memory.max
// (version 2) or memory.limit_in_bytes (version 1). `root` stands before those paths.
[[nodiscard]] HostMemory host_memory(const std::filesystem::path& root = "/");

}  // namespace videogen::pool
