// The SQLite file of an EmbeddingCache.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/handle.h"
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
  using Statement = Handle<sqlite3_stmt, sqlite3_finalize>;

  EmbeddingFile(std::filesystem::path path, std::size_t limit_bytes)
      : path_(std::move(path)), limit_bytes_(limit_bytes) {}
  // Codes are SQLite's.
  int connect();
  int prepare_schema();
  int begin_anew(std::string_view why);
  int insert_all(std::span<const EmbeddingCache::Row> rows);
  int make_room(bool at_least_some);
  [[nodiscard]] int run(const char* sql);
  [[nodiscard]] std::optional<std::int64_t> number(const char* sql);
  [[nodiscard]] Statement statement(const char* sql);
  void failed(int code);
  void drop(const EmbeddingKey& key);

  std::filesystem::path path_;
  std::size_t limit_bytes_;
  Handle<sqlite3, sqlite3_close_v2> database_;
  std::vector<std::string> notes_;
  std::uint64_t evictions_ = 0, damaged_ = 0, failures_ = 0;
};

}  // namespace videogen::pool
