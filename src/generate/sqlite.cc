#include <fmt/format.h>

#include "generate/sqlite_internal.h"

namespace videogen::generate {

Error database_error(sqlite3* database) {
  const char* path = database == nullptr ? nullptr : sqlite3_db_filename(database, "main");
  const int code = database == nullptr ? SQLITE_NOMEM : sqlite3_errcode(database);
  const bool corrupt = code == SQLITE_NOTADB || code == SQLITE_CORRUPT;
  return {corrupt ? ErrorCode::corrupt : ErrorCode::unwritable,
          fmt::format("cannot {} the database {}: {}", corrupt ? "read" : "write",
                      printable(path == nullptr ? "" : path),
                      database == nullptr ? "no memory" : sqlite3_errmsg(database)),
          std::source_location::current()};
}

Result<Database> open_database(const std::filesystem::path& path) {
  constexpr int kBusy_ms = 20'000;
  sqlite3* raw = nullptr;
  const int status =
      sqlite3_open_v2(path.c_str(), &raw,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(raw);
  if (status != SQLITE_OK)
    return fail(ErrorCode::unwritable,
                fmt::format("cannot open the database {}: {}", printable(path.string()),
                            raw == nullptr ? "no memory" : sqlite3_errmsg(raw)));
  sqlite3_busy_timeout(raw, kBusy_ms);
  for (const char* pragma :
       {"PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA foreign_keys=ON"})
    VIDEOGEN_TRY(Statement(raw, pragma).run());
  return database;
}

Statement::Statement(sqlite3* database, std::string_view sql) : database_(database) {
  sqlite3_stmt* raw = nullptr;
  wrong_ = sqlite3_prepare_v2(database, sql.data(), static_cast<int>(sql.size()), &raw, nullptr) !=
           SQLITE_OK;
  statement_.reset(raw);
}

Statement& Statement::bind(std::int64_t value) {
  wrong_ = wrong_ || sqlite3_bind_int64(statement_.get(), next_++, value) != SQLITE_OK;
  return *this;
}

Statement& Statement::bind(double value) {
  wrong_ = wrong_ || sqlite3_bind_double(statement_.get(), next_++, value) != SQLITE_OK;
  return *this;
}

Statement& Statement::bind(std::string_view value) {
  // SQLITE_TRANSIENT is a cast of -1 to a function, in the style of C.
  const auto copied = reinterpret_cast<sqlite3_destructor_type>(std::intptr_t{-1});
  // A view of nothing would be NULL.
  const char* bytes = value.data() == nullptr ? "" : value.data();
  wrong_ = wrong_ || sqlite3_bind_text(statement_.get(), next_++, bytes,
                                       static_cast<int>(value.size()), copied) != SQLITE_OK;
  return *this;
}

Result<bool> Statement::step() {
  if (wrong_) return tl::unexpected(database_error(database_));
  const int status = sqlite3_step(statement_.get());
  if (status == SQLITE_ROW) return true;
  if (status == SQLITE_DONE) return false;
  return tl::unexpected(database_error(database_));
}

Status Statement::run() {
  for (;;) {
    VIDEOGEN_TRY(const bool row, step());
    if (!row) return {};
  }
}

std::int64_t Statement::whole(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double Statement::number(int column) const {
  return sqlite3_column_double(statement_.get(), column);
}

std::string Statement::text(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return bytes == nullptr ? std::string() : std::string(bytes, static_cast<std::size_t>(size));
}

Transaction::~Transaction() {
  if (!open_) return;
  // A rollback that fails leaves what the next opening rolls back.
  [[maybe_unused]] const Status ignored = Statement(database_, "ROLLBACK").run();
}

Status Transaction::begin() {
  VIDEOGEN_TRY(Statement(database_, "BEGIN IMMEDIATE").run());
  open_ = true;
  return {};
}

Status Transaction::commit() {
  VIDEOGEN_TRY(Statement(database_, "COMMIT").run());
  open_ = false;
  return {};
}

}  // namespace videogen::generate
