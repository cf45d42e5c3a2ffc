// Embeddings of what has been embedded before, found by content: in memory, then in a file.
//
// A key is a SHA-256 over everything that decides the numbers: what is embedded, with its shape,
// and with what. Nothing else finds a row, and a row is taken only if its whole key, its length
// and its checksum are right; so a hit is never another picture's, and damage is a miss.
//
// Rows come from batches of any size and, out of a file, from any CPU: a hit may differ from
// what would be computed now in the last bits, by as much as two batches do.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"

namespace videogen::pool {

// What a row depends on beside the content.
struct EmbeddingScope {
  std::string kind;           // "prepared picture", "text"
  std::string model_digest;   // "sha256:…"
  std::string preprocessing;  // its version; empty where the content is what came out of it
  std::string precision;      // "f32"
};

struct EmbeddingKey {
  std::string digest;  // SHA-256, 64 hexadecimal digits
  friend auto operator<=>(const EmbeddingKey&, const EmbeddingKey&) = default;
};

// shape: e.g. {height, width, 3}. A megabyte takes 0.6 ms on an EPYC with SHA instructions
// (bench/pool_bench.cc).
[[nodiscard]] EmbeddingKey embedding_key(const EmbeddingScope& scope,
                                         std::span<const std::size_t> shape,
                                         std::span<const std::byte> content);

struct EmbeddingCacheOptions {
  std::size_t memory_bytes = std::size_t{64} << 20;  // 0: keep nothing in memory
  std::filesystem::path file{};                      // SQLite; empty: memory only
  // Of the file; its write-ahead log may add 8 MiB while it is open. At least 1 MiB.
  std::size_t file_bytes = std::size_t{1} << 30;
};

struct EmbeddingCacheStatistics {
  std::uint64_t memory_hits = 0, file_hits = 0, misses = 0;
  std::uint64_t inserted = 0;
  std::uint64_t memory_evictions = 0, file_evictions = 0;
  std::uint64_t damaged_rows = 0;   // in the file: dropped
  std::uint64_t file_failures = 0;  // the file was busy, the disk full, …: went on without
  std::size_t memory_rows = 0, memory_bytes = 0;
  std::size_t file_rows = 0, file_bytes = 0;
};

// May be shared by threads; the file by processes. Trouble with the file is counted and never
// an error of find() or insert().
class EmbeddingCache {
 public:
  // A file that is no database, or a damaged one, is kept under another name (see notes()), and
  // a new one begun; damage that shows only later ends likewise.
  // Errors: unwritable, unreachable (folder or file); usage (a file of another program's,
  // file_bytes too small).
  [[nodiscard]] static Result<std::unique_ptr<EmbeddingCache>> open(
      const EmbeddingCacheOptions& options);
  ~EmbeddingCache();
  EmbeddingCache(const EmbeddingCache&) = delete;
  EmbeddingCache& operator=(const EmbeddingCache&) = delete;

  // The row, if it is there and has this many numbers.
  [[nodiscard]] std::optional<std::vector<float>> find(const EmbeddingKey& key,
                                                       std::size_t dimensions);
  struct Row {
    EmbeddingKey key;
    std::span<const float> numbers;
  };
  // Rows with a number that is none are left out. One transaction for all.
  void insert(std::span<const Row> rows);

  [[nodiscard]] EmbeddingCacheStatistics statistics() const;
  // What happened to the file, a sentence each, for the log.
  [[nodiscard]] std::vector<std::string> notes() const;

 private:
  struct State;
  explicit EmbeddingCache(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace videogen::pool
