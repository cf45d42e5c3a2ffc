#include <fmt/format.h>

#include "database/sqlite_internal.h"

namespace videogen::database {

namespace {

std::string path_of(sqlite3* database) {
  const char* path = database == nullptr ? nullptr : sqlite3_db_filename(database, "main");
  return printable(path == nullptr ? "" : path);
}

}  // namespace

Error database_error(sqlite3* database) {
  const int code = database == nullptr ? SQLITE_NOMEM : sqlite3_errcode(database);
  const bool corrupt = code == SQLITE_NOTADB || code == SQLITE_CORRUPT;
  return {
      corrupt ? ErrorCode::corrupt : ErrorCode::unwritable,
      fmt::format("cannot {} the database {}: {}", corrupt ? "read" : "write", path_of(database),
                  database == nullptr ? "no memory" : sqlite3_errmsg(database)),
      std::source_location::current()};
}

Result<Database> open_database(const std::filesystem::path& path, std::chrono::milliseconds busy) {
  sqlite3* raw = nullptr;
  const int status =
      sqlite3_open_v2(path.c_str(), &raw,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(raw);
  if (status != SQLITE_OK)
    return fail(ErrorCode::unwritable,
                fmt::format("cannot open the database {}: {}", printable(path.string()),
                            raw == nullptr ? "no memory" : sqlite3_errmsg(raw)));
  sqlite3_busy_timeout(raw, static_cast<int>(busy.count()));
  return database;
}

Result<Database> open_durable(const std::filesystem::path& path, std::chrono::milliseconds busy) {
  VIDEOGEN_TRY(Database database, open_database(path, busy));
  for (const char* pragma :
       {"PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA foreign_keys=ON"})
    VIDEOGEN_TRY(Statement(database.get(), pragma).run());
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

Statement& Statement::bind(std::span<const std::byte> value) {
  const auto copied = reinterpret_cast<sqlite3_destructor_type>(std::intptr_t{-1});
  wrong_ = wrong_ || sqlite3_bind_blob64(statement_.get(), next_++, value.data(), value.size(),
                                         copied) != SQLITE_OK;
  return *this;
}

Statement& Statement::again() {
  // It repeats what the last step() said.
  sqlite3_reset(statement_.get());
  next_ = 1;
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

std::int64_t last_row(sqlite3* database) { return sqlite3_last_insert_rowid(database); }

std::int64_t changed_rows(sqlite3* database) { return sqlite3_changes(database); }

bool is_full(sqlite3* database) { return sqlite3_errcode(database) == SQLITE_FULL; }

Result<std::int64_t> one_number(sqlite3* database, std::string_view sql) {
  Statement select(database, sql);
  VIDEOGEN_TRY([[maybe_unused]] const bool row, select.step());
  return select.whole(0);
}

Status run_all(sqlite3* database, std::span<const char* const> statements) {
  for (const char* sql : statements) VIDEOGEN_TRY(Statement(database, sql).run());
  return {};
}

Status prepare_schema(sqlite3* database, const Schema& schema) {
  Transaction transaction(database);
  VIDEOGEN_TRY(transaction.begin());
  VIDEOGEN_TRY(const std::int64_t found, one_number(database, "PRAGMA user_version"));
  if (found > schema.version)
    return fail(ErrorCode::unsupported,
                fmt::format("{} {} is of a newer videogen (version {}, this one knows {}): {}",
                            schema.what, path_of(database), found, schema.version, schema.way_out));
  if (found == 0) {
    VIDEOGEN_TRY(run_all(database, schema.statements));
    VIDEOGEN_TRY(Statement(database, fmt::format("PRAGMA user_version={}", schema.version)).run());
  }
  return transaction.commit();
}

}  // namespace videogen::database
