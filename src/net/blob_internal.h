// One file of a hub's model in the cache: fetched under a lock, checked, then named.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>

#include "base/error.h"
#include "net/http_client.h"
#include "net/retry.h"

namespace videogen::net {

// The digest that names a blob: SHA-256 of its bytes (64 digits), or git's SHA-1, which begins
// with "blob SIZE\0" (40 digits).
class BlobDigest {
 public:
  BlobDigest(std::string_view expected, std::uint64_t size);
  BlobDigest(BlobDigest&&) noexcept;
  BlobDigest& operator=(BlobDigest&&) noexcept;
  ~BlobDigest();
  void update(std::span<const std::byte> bytes);
  [[nodiscard]] std::string hex();  // once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct Blob {
  std::string name;  // for messages
  std::uint64_t size = 0;
  std::string digest;
};

// `repository` is CACHE/models--ORG--NAME. What is there with the right size is left alone; a
// part of it goes on. `progress` is told bytes of this file, as they come.
// Returns the bytes that were fetched. Errors: as resumable_get(); corrupt (size, digest);
// unwritable; interrupted.
[[nodiscard]] Result<std::uint64_t> fetch_blob(const HttpClient& client, const Request& request,
                                               const Blob& blob,
                                               const std::filesystem::path& repository,
                                               const RetryPolicy& retries,
                                               const std::function<void(std::uint64_t)>& progress,
                                               const std::stop_token& stop, const Timing& timing);

}  // namespace videogen::net
