#include "database/sqlite_internal.h"

#include <array>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/folder_for_test_internal.h"

namespace videogen::database {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr std::array<const char*, 2> kTables{"CREATE TABLE a (x INTEGER PRIMARY KEY, y)",
                                             "CREATE TABLE b (x)"};

class SqliteTest : public ::testing::Test {
 protected:
  [[nodiscard]] Database open() const { return *open_durable(path_, 1s); }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "some.db";
};

TEST_F(SqliteTest, KeepsEachTypeAsItWasBound) {
  const Database database = open();
  ASSERT_TRUE(run_all(database.get(), kTables));
  const std::string text("a\0\"", 3);
  Statement insert(database.get(), "INSERT INTO a (y) VALUES (?)");
  ASSERT_TRUE(insert.bind(text).run());
  ASSERT_TRUE(insert.again().bind(0.1).run());
  ASSERT_TRUE(insert.again().bind(std::as_bytes(std::span(text))).run());
  EXPECT_EQ(last_row(database.get()), 3);
  Statement select(database.get(), "SELECT y, typeof(y) FROM a ORDER BY x");
  ASSERT_EQ(select.step(), true);
  EXPECT_EQ(select.text(0), text);
  EXPECT_EQ(select.text(1), "text");
  ASSERT_EQ(select.step(), true);
  EXPECT_EQ(select.number(0), 0.1);
  ASSERT_EQ(select.step(), true);
  EXPECT_EQ(select.text(0), text);
  EXPECT_EQ(select.text(1), "blob");
  EXPECT_EQ(select.step(), false);
  ASSERT_TRUE(Statement(database.get(), "DELETE FROM a WHERE x > 1").run());
  EXPECT_EQ(changed_rows(database.get()), 2);
}

TEST_F(SqliteTest, ATransactionThatIsNotCommittedLeavesNothing) {
  const Database database = open();
  ASSERT_TRUE(run_all(database.get(), kTables));
  {
    Transaction transaction(database.get());
    ASSERT_TRUE(transaction.begin());
    ASSERT_TRUE(Statement(database.get(), "INSERT INTO b VALUES (1)").run());
    EXPECT_EQ(one_number(database.get(), "SELECT count(*) FROM b"), 1);
  }
  EXPECT_EQ(one_number(database.get(), "SELECT count(*) FROM b"), 0);
}

TEST_F(SqliteTest, ASchemaIsMadeOnceWholeAndNotByAnOlderProgram) {
  const Schema schema{
      .what = "the list", .way_out = "take another", .version = 3, .statements = kTables};
  {
    // A table that is there already stops it: none of its tables stays, nor its version.
    const Database database = open();
    ASSERT_TRUE(Statement(database.get(), "CREATE TABLE b (z)").run());
    EXPECT_EQ(prepare_schema(database.get(), schema).error().code, ErrorCode::unwritable);
    EXPECT_EQ(one_number(database.get(), "SELECT count(*) FROM sqlite_schema"), 1);
    EXPECT_EQ(one_number(database.get(), "PRAGMA user_version"), 0);
    ASSERT_TRUE(Statement(database.get(), "DROP TABLE b").run());
    ASSERT_TRUE(prepare_schema(database.get(), schema));
  }
  const Database database = open();
  EXPECT_TRUE(prepare_schema(database.get(), schema));
  EXPECT_EQ(one_number(database.get(), "PRAGMA user_version"), 3);
  const Status older = prepare_schema(
      database.get(),
      {.what = "the list", .way_out = "take another", .version = 2, .statements = kTables});
  EXPECT_EQ(older.error().code, ErrorCode::unsupported);
  EXPECT_EQ(older.error().message,
            "the list " + path_.string() +
                " is of a newer videogen (version 3, this one knows 2): take another");
}

TEST_F(SqliteTest, AFullDatabaseIsToldFromOtherTrouble) {
  const Database database = open();
  ASSERT_TRUE(run_all(database.get(), kTables));
  ASSERT_TRUE(Statement(database.get(), "PRAGMA max_page_count=4").run());
  EXPECT_FALSE(Statement(database.get(), "INSERT INTO b VALUES (zeroblob(100000))").run());
  EXPECT_TRUE(is_full(database.get()));
  EXPECT_FALSE(Statement(database.get(), "INSERT INTO nowhere VALUES (1)").run());
  EXPECT_FALSE(is_full(database.get()));
}

TEST_F(SqliteTest, SaysWhichFileIsNoDatabaseOrCannotBeOpened) {
  std::ofstream(path_) << std::string(5000, 'x');
  const auto broken = open_durable(path_, 1s);
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, ErrorCode::corrupt);
  EXPECT_THAT(broken.error().message, HasSubstr("some.db"));
  const auto folder = open_database(folder_.path(), 1s);
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().code, ErrorCode::unwritable);
  EXPECT_THAT(folder.error().message, HasSubstr(folder_.path().string()));
}

}  // namespace
}  // namespace videogen::database
