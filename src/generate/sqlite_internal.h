// SQLite's handles, and its errors as ours.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/handle.h"

namespace videogen::generate {

using Database = Handle<sqlite3, sqlite3_close_v2>;

// Errors: unwritable, corrupt (no database), each with the path.
[[nodiscard]] Result<Database> open_database(const std::filesystem::path& path);

// "cannot write the database PATH: disk I/O error"
[[nodiscard]] Error database_error(sqlite3* database);

// One statement, bound in order and stepped. It remembers the first thing that went wrong.
class Statement {
 public:
  Statement(sqlite3* database, std::string_view sql);
  Statement& bind(std::int64_t value);
  Statement& bind(double value);
  Statement& bind(std::string_view value);

  // Whether there is a row. Errors: as database_error().
  [[nodiscard]] Result<bool> step();
  // To the end. Errors: as step().
  [[nodiscard]] Status run();

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

}  // namespace videogen::generate
