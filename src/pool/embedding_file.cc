#include "pool/embedding_file_internal.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/file.h"

namespace videogen::pool {
namespace {

namespace fs = std::filesystem;

// "VGEM", so that no other program's file is taken for ours.
constexpr int kApplication = 0x5647454D;
constexpr int kVersion = 1;
constexpr int kBusy_ms = 200;
constexpr std::size_t kSmallest = std::size_t{1} << 20U;

bool is_damage(int code) {
  return (code & 0xFF) == SQLITE_CORRUPT || (code & 0xFF) == SQLITE_NOTADB;
}

// Over all of a row, because SQLite does not notice a bit that turned.
std::string checksum(std::string_view key, std::span<const float> numbers) {
  Sha256 sha;
  sha.update(key);
  sha.update(std::as_bytes(numbers));
  return sha.hex().substr(0, 16);
}

void bind_text(sqlite3_stmt* statement, int at, std::string_view text) {
  sqlite3_bind_text(statement, at, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}

std::string_view text(sqlite3_stmt* statement, int column) {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, column));
  const int size = sqlite3_column_bytes(statement, column);
  return bytes == nullptr ? std::string_view() : std::string_view(bytes, std::size_t(size));
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
  int code = file.connect();
  if (is_damage(code)) code = file.begin_anew("is damaged");
  if (code == SQLITE_MISMATCH)
    return fail(ErrorCode::usage,
                fmt::format("{} is a database of another program's", printable(path.string())));
  if (code != SQLITE_OK)
    return fail(ErrorCode::unwritable, fmt::format("cannot open the cache of embeddings {}: {}",
                                                   printable(path.string()), sqlite3_errstr(code)));
  return file;
}

int EmbeddingFile::connect() {
  sqlite3* raw = nullptr;
  int code =
      sqlite3_open_v2(path_.c_str(), &raw,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  database_.reset(raw);
  if (code != SQLITE_OK) return code;
  sqlite3_extended_result_codes(raw, 1);
  sqlite3_busy_timeout(raw, kBusy_ms);
  if (code = prepare_schema(); code != SQLITE_OK) return code;
  // What another process, or a larger limit, has left.
  if (code = make_room(false); code != SQLITE_OK) return code;
  const std::int64_t page = number("PRAGMA page_size").value_or(4096);
  return run(fmt::format("PRAGMA max_page_count={}", limit_bytes_ / std::size_t(page)).c_str());
}

int EmbeddingFile::prepare_schema() {
  const auto tables = number("SELECT count(*) FROM sqlite_schema");
  if (!tables) return sqlite3_extended_errcode(database_.get());
  if (*tables > 0) {
    if (number("PRAGMA application_id") != kApplication) return SQLITE_MISMATCH;
    if (number("PRAGMA user_version") != kVersion) return begin_anew("is of another version");
    return run("PRAGMA synchronous=NORMAL");
  }
  const std::string schema = fmt::format(
      "PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
      "PRAGMA journal_size_limit=4194304; BEGIN IMMEDIATE; "
      "CREATE TABLE IF NOT EXISTS rows (key TEXT PRIMARY KEY, dimensions INTEGER NOT NULL, "
      "numbers BLOB NOT NULL, checksum TEXT NOT NULL, used INTEGER NOT NULL); "
      "CREATE INDEX IF NOT EXISTS rows_by_use ON rows (used); "
      "PRAGMA application_id={}; PRAGMA user_version={}; COMMIT",
      kApplication, kVersion);
  return run(schema.c_str());
}

// Keeps what is there under another name and starts with nothing.
int EmbeddingFile::begin_anew(std::string_view why) {
  database_.reset();
  const fs::path spare = spare_name(path_);
  std::error_code error;
  fs::rename(path_, spare, error);
  if (error) return SQLITE_CANTOPEN;
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

int EmbeddingFile::run(const char* sql) {
  return sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr);
}

EmbeddingFile::Statement EmbeddingFile::statement(const char* sql) {
  sqlite3_stmt* raw = nullptr;
  sqlite3_prepare_v2(database_.get(), sql, -1, &raw, nullptr);
  return Statement(raw);
}

std::optional<std::int64_t> EmbeddingFile::number(const char* sql) {
  const Statement query = statement(sql);
  if (query == nullptr || sqlite3_step(query.get()) != SQLITE_ROW) return std::nullopt;
  return sqlite3_column_int64(query.get(), 0);
}

void EmbeddingFile::failed(int code) {
  ++failures_;
  // A second failure in a row leaves the cache without a file until the next start.
  if (is_damage(code) && begin_anew("is damaged") != SQLITE_OK) database_.reset();
}

void EmbeddingFile::drop(const EmbeddingKey& key) {
  const Statement remove = statement("DELETE FROM rows WHERE key=?");
  if (remove == nullptr) return;
  bind_text(remove.get(), 1, key.digest);
  sqlite3_step(remove.get());
}

std::optional<std::vector<float>> EmbeddingFile::find(const EmbeddingKey& key,
                                                      std::size_t dimensions) {
  if (database_ == nullptr) return std::nullopt;
  Statement query = statement("SELECT key, dimensions, numbers, checksum FROM rows WHERE key=?");
  int code = query == nullptr ? sqlite3_extended_errcode(database_.get()) : SQLITE_OK;
  if (query != nullptr) {
    bind_text(query.get(), 1, key.digest);
    code = sqlite3_step(query.get());
  }
  if (code == SQLITE_DONE) return std::nullopt;
  if (code != SQLITE_ROW) {
    query.reset();
    failed(code);
    return std::nullopt;
  }
  const std::string_view bytes = text(query.get(), 2);
  std::vector<float> numbers(dimensions);
  const bool whole = text(query.get(), 0) == key.digest &&
                     sqlite3_column_int64(query.get(), 1) == std::int64_t(dimensions) &&
                     bytes.size() == dimensions * sizeof(float);
  if (whole && !numbers.empty()) std::memcpy(numbers.data(), bytes.data(), bytes.size());
  const bool sound = whole && text(query.get(), 3) == checksum(key.digest, numbers);
  query.reset();
  if (!sound) {
    ++damaged_;
    drop(key);
    return std::nullopt;
  }
  const Statement touch =
      statement("UPDATE rows SET used=(SELECT max(used) FROM rows)+1 WHERE key=?");
  if (touch != nullptr) {
    bind_text(touch.get(), 1, key.digest);
    sqlite3_step(touch.get());  // busy: it only looks older than it is
  }
  return numbers;
}

void EmbeddingFile::insert(std::span<const EmbeddingCache::Row> rows) {
  if (database_ == nullptr || rows.empty()) return;
  int code = insert_all(rows);
  if ((code & 0xFF) == SQLITE_FULL && make_room(true) == SQLITE_OK) code = insert_all(rows);
  if (code == SQLITE_OK) code = make_room(false);
  if (code != SQLITE_OK) failed(code);
}

int EmbeddingFile::insert_all(std::span<const EmbeddingCache::Row> rows) {
  if (const int code = run("BEGIN IMMEDIATE"); code != SQLITE_OK) return code;
  int code = SQLITE_OK;
  {
    const Statement put = statement(
        "INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?, "
        "(SELECT coalesce(max(used), 0) FROM rows)+1)");
    if (put == nullptr) code = sqlite3_extended_errcode(database_.get());
    for (const EmbeddingCache::Row& row : rows) {
      if (code != SQLITE_OK) break;
      const std::string sum = checksum(row.key.digest, row.numbers);
      bind_text(put.get(), 1, row.key.digest);
      sqlite3_bind_int64(put.get(), 2, std::int64_t(row.numbers.size()));
      sqlite3_bind_blob(put.get(), 3, row.numbers.data(), int(row.numbers.size_bytes()),
                        SQLITE_STATIC);
      bind_text(put.get(), 4, sum);
      const int stepped = sqlite3_step(put.get());
      code = stepped == SQLITE_DONE ? sqlite3_reset(put.get()) : stepped;
    }
  }
  if (code == SQLITE_OK) code = run("COMMIT");
  // A full disk may have rolled it back already.
  if (code != SQLITE_OK && sqlite3_get_autocommit(database_.get()) == 0)
    std::ignore = run("ROLLBACK");
  return code;
}

// Removes the rows that were used longest ago until nine tenths of the limit are enough.
int EmbeddingFile::make_room(bool at_least_some) {
  const std::int64_t page = number("PRAGMA page_size").value_or(4096);
  const auto limit = static_cast<std::int64_t>(limit_bytes_) / page;
  for (bool first = at_least_some;; first = false) {
    const auto pages = number("PRAGMA page_count"), spare = number("PRAGMA freelist_count");
    if (!pages || !spare) return sqlite3_extended_errcode(database_.get());
    if (!first && (*pages - *spare) * 10 <= limit * 9) {
      // More than is needed to write the next ones into goes back to the system.
      return *pages > limit ? run("PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)")
                            : SQLITE_OK;
    }
    const int code =
        run("DELETE FROM rows WHERE key IN (SELECT key FROM rows ORDER BY used LIMIT "
            "max(16, (SELECT count(*) FROM rows)/20))");
    if (code != SQLITE_OK) return code;
    const int removed = sqlite3_changes(database_.get());
    evictions_ += std::uint64_t(removed);
    if (removed == 0) return SQLITE_OK;
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
