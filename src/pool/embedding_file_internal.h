// The SQLite file of an EmbeddingCache.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "database/sqlite_internal.h"
#include "pool/embedding_cache.h"

namespace videogen::pool {

// For one thread at a time.
class EmbeddingFile {
 public:
  // Errors: as EmbeddingCache::open.
  static Result<EmbeddingFile> open(const std::filesystem::path& path, std::size_t limit_bytes);

  [[nodiscard]] std::optional<std::vector<float>> find(const EmbeddingKey& key,
                                                       std::size_t dimensions);
  void insert(std::span<const EmbeddingCache::Row> rows);

  // Adds its share.
  void report(EmbeddingCacheStatistics& statistics);
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }

 private:
  struct Stored;

  EmbeddingFile(std::filesystem::path path, std::size_t limit_bytes)
      : path_(std::move(path)), limit_bytes_(limit_bytes) {}
  // Errors: corrupt (damaged), unwritable; usage (of another program's) from the first two.
  Status connect();
  Status prepare_schema();
  Status begin_anew(std::string_view why);
  Status insert_all(std::span<const EmbeddingCache::Row> rows);
  Status put(std::span<const EmbeddingCache::Row> rows);
  Status make_room(bool at_least_some);
  [[nodiscard]] Status run(std::string_view sql);
  [[nodiscard]] Result<std::int64_t> number(std::string_view sql);
  [[nodiscard]] Result<std::optional<Stored>> stored(const EmbeddingKey& key);
  void failed(const Error& why);

  std::filesystem::path path_;
  std::size_t limit_bytes_;
  database::Database database_;  // null: done without
  std::vector<std::string> notes_;
  std::uint64_t evictions_ = 0, damaged_ = 0, failures_ = 0;
  bool full_ = false;  // why insert_all() failed
};

}  // namespace videogen::pool
