#include "pool/embedding_file_internal.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <system_error>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "base/file.h"

namespace videogen::pool {
namespace {

namespace fs = std::filesystem;
using database::Statement;
using database::Transaction;

// "VGEM", so that no other program's file is taken for ours.
constexpr int kApplication = 0x5647454D;
constexpr int kVersion = 1;
constexpr std::chrono::milliseconds kBusy{200};
constexpr std::size_t kSmallest = std::size_t{1} << 20U;

// Over all of a row, because SQLite does not notice a bit that turned.
std::string checksum(std::string_view key, std::span<const float> numbers) {
  Sha256 sha;
  sha.update(key);
  sha.update(std::as_bytes(numbers));
  return sha.hex().substr(0, 16);
}

// A name beside the file that nothing has.
fs::path spare_name(const fs::path& path) {
  std::error_code ignored;
  for (int i = 1;; ++i) {
    fs::path spare = path;
    spare += fmt::format(".corrupt-{}", i);
    if (!fs::exists(spare, ignored)) return spare;
  }
}

}  // namespace

struct EmbeddingFile::Stored {
  std::string key;
  std::int64_t dimensions = 0;
  std::string numbers, checksum;
};

Result<EmbeddingFile> EmbeddingFile::open(const fs::path& path, std::size_t limit_bytes) {
  if (limit_bytes < kSmallest)
    return fail(ErrorCode::usage, fmt::format("the cache of embeddings needs {} bytes, not {}",
                                              kSmallest, limit_bytes));
  std::error_code error;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), error);
  if (error)
    return fail(ErrorCode::unwritable,
                fmt::format("cannot make the folder {} for the cache of embeddings: {}",
                            printable(path.parent_path().string()), error.message()));
  EmbeddingFile file(path, limit_bytes);
  Status connected = file.connect();
  if (!connected && connected.error().code == ErrorCode::corrupt)
    connected = file.begin_anew("is damaged");
  if (connected) return file;
  if (connected.error().code == ErrorCode::usage) return tl::unexpected(connected.error());
  return fail(ErrorCode::unwritable,
              fmt::format("no cache of embeddings: {}", connected.error().message));
}

Status EmbeddingFile::connect() {
  VIDEOGEN_TRY(database_, database::open_database(path_, kBusy));
  VIDEOGEN_TRY(prepare_schema());
  // What another process, or a larger limit, has left.
  VIDEOGEN_TRY(make_room(false));
  VIDEOGEN_TRY(const std::int64_t page, number("PRAGMA page_size"));
  return run(fmt::format("PRAGMA max_page_count={}", limit_bytes_ / std::size_t(page)));
}

Status EmbeddingFile::prepare_schema() {
  VIDEOGEN_TRY(const std::int64_t tables, number("SELECT count(*) FROM sqlite_schema"));
  if (tables > 0) {
    VIDEOGEN_TRY(const std::int64_t application, number("PRAGMA application_id"));
    if (application != kApplication)
      return fail(ErrorCode::usage,
                  fmt::format("{} is a database of another program's", printable(path_.string())));
    VIDEOGEN_TRY(const std::int64_t version, number("PRAGMA user_version"));
    if (version != kVersion) return begin_anew("is of another version");
    return run("PRAGMA synchronous=NORMAL");
  }
  constexpr std::array<const char*, 4> kSettings{
      "PRAGMA auto_vacuum=INCREMENTAL", "PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL",
      "PRAGMA journal_size_limit=4194304"};
  constexpr std::array<const char*, 2> kTables{
      "CREATE TABLE IF NOT EXISTS rows (key TEXT PRIMARY KEY, dimensions INTEGER NOT NULL, "
      "numbers BLOB NOT NULL, checksum TEXT NOT NULL, used INTEGER NOT NULL)",
      "CREATE INDEX IF NOT EXISTS rows_by_use ON rows (used)"};
  VIDEOGEN_TRY(database::run_all(database_.get(), kSettings));
  Transaction transaction(database_.get());
  VIDEOGEN_TRY(transaction.begin());
  VIDEOGEN_TRY(database::run_all(database_.get(), kTables));
  VIDEOGEN_TRY(run(fmt::format("PRAGMA application_id={}", kApplication)));
  VIDEOGEN_TRY(run(fmt::format("PRAGMA user_version={}", kVersion)));
  return transaction.commit();
}

// Keeps what is there under another name and starts with nothing.
Status EmbeddingFile::begin_anew(std::string_view why) {
  database_.reset();
  const fs::path spare = spare_name(path_);
  std::error_code error;
  fs::rename(path_, spare, error);
  if (error) return tl::unexpected(file_error("rename", path_, error.value()));
  // They belong to the file that was moved; beside a new one they would be its damage.
  for (const char* beside : {"-wal", "-shm"}) {
    fs::path from = path_, to = spare;
    fs::rename(from += beside, to += beside, error);
  }
  notes_.push_back(
      fmt::format("the cache of embeddings {} {}: it is kept as {}, and a new one begun",
                  printable(path_.string()), why, printable(spare.filename().string())));
  return connect();
}

Status EmbeddingFile::run(std::string_view sql) { return Statement(database_.get(), sql).run(); }

Result<std::int64_t> EmbeddingFile::number(std::string_view sql) {
  return database::one_number(database_.get(), sql);
}

void EmbeddingFile::failed(const Error& why) {
  ++failures_;
  // A second failure in a row leaves the cache without a file until the next start.
  if (why.code == ErrorCode::corrupt && !begin_anew("is damaged")) database_.reset();
}

Result<std::optional<EmbeddingFile::Stored>> EmbeddingFile::stored(const EmbeddingKey& key) {
  Statement query(database_.get(),
                  "SELECT key, dimensions, numbers, checksum FROM rows WHERE key=?");
  VIDEOGEN_TRY(const bool there, query.bind(key.digest).step());
  if (!there) return std::nullopt;
  return Stored{query.text(0), query.whole(1), query.text(2), query.text(3)};
}

std::optional<std::vector<float>> EmbeddingFile::find(const EmbeddingKey& key,
                                                      std::size_t dimensions) {
  if (database_ == nullptr) return std::nullopt;
  const auto row = stored(key);
  if (!row) failed(row.error());
  if (!row || !*row) return std::nullopt;
  const Stored& found = **row;
  std::vector<float> numbers(dimensions);
  const bool whole = found.key == key.digest && found.dimensions == std::int64_t(dimensions) &&
                     found.numbers.size() == dimensions * sizeof(float);
  if (whole && !numbers.empty())
    std::memcpy(numbers.data(), found.numbers.data(), found.numbers.size());
  if (!whole || found.checksum != checksum(key.digest, numbers)) {
    ++damaged_;
    std::ignore = Statement(database_.get(), "DELETE FROM rows WHERE key=?").bind(key.digest).run();
    return std::nullopt;
  }
  // Busy: it only looks older than it is.
  std::ignore =
      Statement(database_.get(), "UPDATE rows SET used=(SELECT max(used) FROM rows)+1 WHERE key=?")
          .bind(key.digest)
          .run();
  return numbers;
}

void EmbeddingFile::insert(std::span<const EmbeddingCache::Row> rows) {
  if (database_ == nullptr || rows.empty()) return;
  Status done = insert_all(rows);
  if (!done && full_ && make_room(true)) done = insert_all(rows);
  if (done) done = make_room(false);
  if (!done) failed(done.error());
}

Status EmbeddingFile::insert_all(std::span<const EmbeddingCache::Row> rows) {
  full_ = false;
  Transaction transaction(database_.get());
  VIDEOGEN_TRY(transaction.begin());
  Status done = put(rows);
  if (done) done = transaction.commit();
  full_ = !done && database::is_full(database_.get());
  return done;
}

Status EmbeddingFile::put(std::span<const EmbeddingCache::Row> rows) {
  Statement insert(database_.get(),
                   "INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?, "
                   "(SELECT coalesce(max(used), 0) FROM rows)+1)");
  for (const EmbeddingCache::Row& row : rows) {
    VIDEOGEN_TRY(insert.again()
                     .bind(row.key.digest)
                     .bind(std::int64_t(row.numbers.size()))
                     .bind(std::as_bytes(row.numbers))
                     .bind(checksum(row.key.digest, row.numbers))
                     .run());
  }
  return {};
}

// Removes the rows that were used longest ago until nine tenths of the limit are enough.
Status EmbeddingFile::make_room(bool at_least_some) {
  VIDEOGEN_TRY(const std::int64_t page, number("PRAGMA page_size"));
  const auto limit = static_cast<std::int64_t>(limit_bytes_) / page;
  for (bool first = at_least_some;; first = false) {
    VIDEOGEN_TRY(const std::int64_t pages, number("PRAGMA page_count"));
    VIDEOGEN_TRY(const std::int64_t spare, number("PRAGMA freelist_count"));
    if (!first && (pages - spare) * 10 <= limit * 9) {
      if (pages <= limit) return {};
      // More than is needed to write the next ones into goes back to the system.
      VIDEOGEN_TRY(run("PRAGMA incremental_vacuum"));
      return run("PRAGMA wal_checkpoint(TRUNCATE)");
    }
    VIDEOGEN_TRY(
        run("DELETE FROM rows WHERE key IN (SELECT key FROM rows ORDER BY used LIMIT "
            "max(16, (SELECT count(*) FROM rows)/20))"));
    const std::int64_t removed = database::changed_rows(database_.get());
    evictions_ += std::uint64_t(removed);
    if (removed == 0) return {};
  }
}

void EmbeddingFile::report(EmbeddingCacheStatistics& statistics) {
  statistics.file_evictions = evictions_;
  statistics.damaged_rows = damaged_;
  statistics.file_failures = failures_;
  if (database_ == nullptr) return;
  statistics.file_rows = std::size_t(number("SELECT count(*) FROM rows").value_or(0));
  statistics.file_bytes =
      std::size_t(number("PRAGMA page_count").value_or(0) * number("PRAGMA page_size").value_or(0));
}

}  // namespace videogen::pool
