// SQLite's handles, its errors as ours, and how a database gets its schema.
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/handle.h"

namespace videogen::database {

using Database = Handle<sqlite3, sqlite3_close_v2>;

// Made where there is none. `busy`: how long a statement waits for another process's lock.
// For one thread at a time. Errors: unwritable, with the path.
[[nodiscard]] Result<Database> open_database(const std::filesystem::path& path,
                                             std::chrono::milliseconds busy);
// The same, for what must outlive a crash: what was committed is on disk (WAL, flushed), and
// references hold. Errors: corrupt (no database), too.
[[nodiscard]] Result<Database> open_durable(const std::filesystem::path& path,
                                            std::chrono::milliseconds busy);

// "cannot write the database PATH: disk I/O error"
[[nodiscard]] Error database_error(sqlite3* database);

// One statement, bound in order and stepped. It remembers the first thing that went wrong.
class Statement {
 public:
  Statement(sqlite3* database, std::string_view sql);
  Statement& bind(std::int64_t value);
  Statement& bind(double value);
  Statement& bind(std::string_view value);
  Statement& bind(std::span<const std::byte> value);

  // Whether there is a row. Errors: as database_error().
  [[nodiscard]] Result<bool> step();
  // To the end. Errors: as step().
  [[nodiscard]] Status run();
  // To be bound and run once more.
  Statement& again();

  // Of the row, counted from 0.
  [[nodiscard]] std::int64_t whole(int column) const;
  [[nodiscard]] double number(int column) const;
  [[nodiscard]] std::string text(int column) const;

 private:
  sqlite3* database_;
  Handle<sqlite3_stmt, sqlite3_finalize> statement_;
  int next_ = 1;
  bool wrong_ = false;
};

// BEGIN IMMEDIATE; rolled back unless committed.
class Transaction {
 public:
  explicit Transaction(sqlite3* database) : database_(database) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  [[nodiscard]] Status begin();
  [[nodiscard]] Status commit();

 private:
  sqlite3* database_;
  bool open_ = false;
};

// The key of the row that was inserted last.
[[nodiscard]] std::int64_t last_row(sqlite3* database);
// How many rows the last statement inserted, changed or removed.
[[nodiscard]] std::int64_t changed_rows(sqlite3* database);
// Whether the last statement failed because disk or database is full.
[[nodiscard]] bool is_full(sqlite3* database);

// The one number that a query gives; 0 where it gives no row. Errors: as Statement::step().
[[nodiscard]] Result<std::int64_t> one_number(sqlite3* database, std::string_view sql);
// One after the other. Errors: as Statement::step().
[[nodiscard]] Status run_all(sqlite3* database, std::span<const char* const> statements);

struct Schema {
  std::string_view what;     // "the journal": begins the sentence of an error
  std::string_view way_out;  // "VIDEOGEN_DATA names another folder": ends it
  int version = 1;           // kept in user_version
  std::span<const char* const> statements;
};
// Gives a new database its tables, all or none. Errors: unsupported (a newer version's), as
// Statement::step().
[[nodiscard]] Status prepare_schema(sqlite3* database, const Schema& schema);

}  // namespace videogen::database
