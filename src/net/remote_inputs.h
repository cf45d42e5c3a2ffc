// Clips at http://, https:// and gs:// addresses, kept in nameless temporary files.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "net/address_guard.h"
#include "net/spool.h"

namespace videogen::net {

// Whether a name is such an address.
[[nodiscard]] bool is_remote(std::string_view name);

struct RemoteOptions {
  // Addresses come from a stranger: only public machines, only http and https, only what begins
  // as media does.
  bool untrusted = false;
  std::vector<IpRange> allowed{};         // exceptions to that
  std::chrono::milliseconds deadline{0};  // of one clip; zero: none
  std::uint64_t most_bytes = Spool::kMostBytes;
};

// Keeps connections and credentials from one clip to the next. Not for several threads at once.
class RemoteInputs {
 public:
  // What is being fetched, bytes so far and in all, where that is known.
  using Progress = std::function<void(std::string_view shown, std::uint64_t done,
                                      std::optional<std::uint64_t> total)>;

  RemoteInputs(RemoteOptions options, Progress progress);
  RemoteInputs(RemoteInputs&&) noexcept;
  ~RemoteInputs();

  // The whole clip. A transfer that breaks goes on; nothing is left behind where it fails.
  // Errors: not_found, unreachable, budget (429), usage (no address; refused), limit, corrupt (a
  // web page, JSON, text, an archive; a checksum; empty), unwritable (disk full), interrupted.
  [[nodiscard]] Result<Spool> fetch(const std::string& address, const std::stop_token& stop);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace videogen::net
