#include "pool/embedding_cache.h"

#include <unistd.h>

#include <atomic>
#include <fstream>
#include <limits>
#include <random>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/folder_for_test_internal.h"
#include "database/sqlite_internal.h"

namespace videogen::pool {
namespace {

namespace fs = std::filesystem;

const EmbeddingScope kScope{"picture", "sha256:aa", "1", "f32"};

EmbeddingKey key_of(int number) {
  const std::array<std::size_t, 1> shape{1};
  return embedding_key(kScope, shape, std::as_bytes(std::span(&number, 1)));
}

std::vector<float> row_of(int number, std::size_t dimensions = 512) {
  std::vector<float> row(dimensions);
  std::mt19937 random(static_cast<unsigned>(number));
  for (float& x : row) x = float(random()) / 4e9F;
  return row;
}

void put(EmbeddingCache& cache, int number) {
  const std::vector<float> row = row_of(number);
  const EmbeddingCache::Row one{key_of(number), row};
  cache.insert({&one, 1});
}

class EmbeddingCacheTest : public testing::Test {
 protected:
  std::unique_ptr<EmbeddingCache> open(std::size_t memory = 1U << 20U,
                                       std::size_t file = 1U << 22U) const {
    auto cache = EmbeddingCache::open({.memory_bytes = memory, .file = file_, .file_bytes = file});
    if (!cache) ADD_FAILURE() << cache.error().message;
    return *std::move(cache);
  }
  // Runs SQL on the file as a stranger would.
  void sql(const std::string& text) const {
    sqlite3* raw = nullptr;
    ASSERT_EQ(sqlite3_open(file_.c_str(), &raw), SQLITE_OK);
    const Handle<sqlite3, sqlite3_close_v2> database(raw);
    char* message = nullptr;
    ASSERT_EQ(sqlite3_exec(raw, text.c_str(), nullptr, nullptr, &message), SQLITE_OK) << message;
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(file_.parent_path()))
      names.push_back(entry.path().filename());
    std::ranges::sort(names);
    return names;
  }

  const TemporaryFolder folder_;
  const fs::path file_ = folder_.path() / "deep" / "embeddings.sqlite";
};

// printf 'videogen embedding/1;7:picture;9:sha256:aa;1:1;3:f32;2,3,;3:abc' | sha256sum
TEST(EmbeddingKeyTest, IsASha256OfEverythingThatDecides) {
  const std::array<std::size_t, 2> shape{2, 3};
  const auto abc = std::as_bytes(std::span("abc", 3));
  EXPECT_EQ(embedding_key(kScope, shape, abc).digest,
            "e9d95e1ea9a5a1437e2d5565237244e7567b2d25007e79c94ff321b6c918a5fe");
}

TEST(EmbeddingKeyTest, ChangesWithEachPart) {
  const auto key = [](const EmbeddingScope& scope, std::vector<std::size_t> shape,
                      std::string_view content) {
    return embedding_key(scope, shape, std::as_bytes(std::span(content.data(), content.size())));
  };
  const std::vector<EmbeddingKey> keys{
      key(kScope, {2, 3}, "abcdef"),
      key(kScope, {3, 2}, "abcdef"),  // the same pixels, turned
      key(kScope, {6}, "abcdef"),
      key(kScope, {2, 3}, "abcdeg"),
      key({"text", "sha256:aa", "1", "f32"}, {2, 3}, "abcdef"),
      key({"picture", "sha256:ab", "1", "f32"}, {2, 3}, "abcdef"),
      key({"picture", "sha256:aa", "2", "f32"}, {2, 3}, "abcdef"),
      key({"picture", "sha256:aa", "1", "bf16"}, {2, 3}, "abcdef"),
      // What one field loses the next one gains.
      key({"picture", "sha256:a", "a1", "f32"}, {2, 3}, "abcdef"),
      key({"picture;9:sha256:aa", "", "1", "f32"}, {2, 3}, "abcdef"),
  };
  for (std::size_t i = 0; i < keys.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(keys[i], keys[j]) << i << " and " << j;
}

TEST_F(EmbeddingCacheTest, FindsWhatWasPutInAndNothingElse) {
  const auto cache = open();
  EXPECT_EQ(cache->find(key_of(1), 512), std::nullopt);
  put(*cache, 1);
  EXPECT_EQ(cache->find(key_of(1), 512), row_of(1));
  EXPECT_EQ(cache->find(key_of(2), 512), std::nullopt);
  EXPECT_EQ(cache->find(key_of(1), 511), std::nullopt) << "of another shape";
  const EmbeddingCacheStatistics statistics = cache->statistics();
  EXPECT_EQ(statistics.memory_hits, 1U);
  EXPECT_EQ(statistics.misses, 3U);
  EXPECT_EQ(statistics.inserted, 1U);
}

TEST_F(EmbeddingCacheTest, MemoryIsBoundedAndKeepsWhatIsUsed) {
  const auto cache =
      EmbeddingCache::open({.memory_bytes = 10 * (2048 + 256), .file = {}, .file_bytes = 0})
          .value();
  for (int i = 0; i < 10; ++i) put(*cache, i);
  EXPECT_TRUE(cache->find(key_of(0), 512));
  put(*cache, 10);
  EXPECT_TRUE(cache->find(key_of(0), 512)) << "used just now";
  EXPECT_FALSE(cache->find(key_of(1), 512)) << "unused for longest";
  EXPECT_EQ(cache->statistics().memory_rows, 10U);
  EXPECT_LE(cache->statistics().memory_bytes, std::size_t{10 * (2048 + 256)});
  EXPECT_EQ(cache->statistics().memory_evictions, 1U);
}

TEST_F(EmbeddingCacheTest, TheFileOutlivesTheProcess) {
  {
    const auto cache = open();
    for (int i = 0; i < 20; ++i) put(*cache, i);
  }
  const auto cache = open();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(cache->find(key_of(i), 512), row_of(i));
  EXPECT_EQ(cache->statistics().file_hits, 20U);
  EXPECT_EQ(cache->find(key_of(3), 512), row_of(3));
  EXPECT_EQ(cache->statistics().memory_hits, 1U) << "and is in memory again";
  EXPECT_TRUE(cache->notes().empty());
}

TEST_F(EmbeddingCacheTest, TheFileIsBoundedAndKeepsWhatIsUsed) {
  constexpr std::size_t kLimit = 1U << 20U;
  const auto cache = open(0, kLimit);
  for (int i = 0; i < 1500; ++i) {
    put(*cache, i);
    if (i % 50 == 0) {
      EXPECT_TRUE(cache->find(key_of(0), 512)) << i;
    }
  }
  const EmbeddingCacheStatistics statistics = cache->statistics();
  EXPECT_LE(statistics.file_bytes, kLimit);
  EXPECT_GT(statistics.file_rows, 200U);
  EXPECT_EQ(statistics.file_rows + statistics.file_evictions, 1500U);
  EXPECT_EQ(statistics.file_failures, 0U);
  EXPECT_TRUE(cache->find(key_of(0), 512));
  EXPECT_TRUE(cache->find(key_of(1499), 512));
  EXPECT_FALSE(cache->find(key_of(1), 512));
  EXPECT_LE(fs::file_size(file_), kLimit);
}

TEST_F(EmbeddingCacheTest, ASmallerLimitShrinksTheFile) {
  {
    const auto cache = open(0, 1U << 23U);
    for (int i = 0; i < 1500; ++i) put(*cache, i);
  }
  EXPECT_GT(fs::file_size(file_), 3U << 20U);
  const auto cache = open(0, 1U << 20U);
  EXPECT_LE(fs::file_size(file_), 1U << 20U);
  EXPECT_TRUE(cache->find(key_of(1499), 512));
}

TEST_F(EmbeddingCacheTest, ATurnedBitIsAMissAndNeverAWrongHit) {
  {
    const auto cache = open();
    put(*cache, 1);
    put(*cache, 2);
    put(*cache, 3);
  }
  // One row's numbers under another's key; one shorter; one with a single bit changed.
  sql("UPDATE rows SET numbers=(SELECT numbers FROM rows WHERE key='" + key_of(2).digest +
      "'), checksum=(SELECT checksum FROM rows WHERE key='" + key_of(2).digest + "') WHERE key='" +
      key_of(1).digest + "'");
  sql("UPDATE rows SET numbers=substr(numbers, 1, 2044) WHERE key='" + key_of(2).digest + "'");
  sql("UPDATE rows SET numbers=CAST(x'00' || substr(numbers, 2) AS BLOB) WHERE key='" +
      key_of(3).digest + "'");
  const auto cache = open();
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(cache->find(key_of(i), 512), std::nullopt) << i;
  EXPECT_EQ(cache->statistics().damaged_rows, 3U);
  EXPECT_EQ(cache->statistics().file_rows, 0U);
  put(*cache, 1);
  EXPECT_EQ(cache->find(key_of(1), 512), row_of(1));
}

TEST_F(EmbeddingCacheTest, ADamagedFileIsKeptAndANewOneBegun) {
  fs::create_directories(file_.parent_path());
  std::ofstream(file_) << std::string(5000, 'x');
  {
    const auto cache = open();
    ASSERT_EQ(cache->notes().size(), 1U);
    EXPECT_THAT(cache->notes()[0], testing::HasSubstr("embeddings.sqlite.corrupt-1"));
    put(*cache, 1);
  }
  EXPECT_EQ(files(),
            (std::vector<std::string>{"embeddings.sqlite", "embeddings.sqlite.corrupt-1"}));
  EXPECT_EQ(fs::file_size(file_.string() + ".corrupt-1"), 5000U);
  EXPECT_EQ(open()->find(key_of(1), 512), row_of(1));
}

TEST_F(EmbeddingCacheTest, DamageThatShowsLaterEndsLikewise) {
  {
    const auto cache = open();
    for (int i = 0; i < 200; ++i) put(*cache, i);
  }
  {
    // The header stays good; all pages behind the schema's are rubbish.
    std::fstream file(file_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(2 * 4096);
    file << std::string(fs::file_size(file_) - 2 * 4096, '\xAB');
  }
  auto cache = EmbeddingCache::open({.memory_bytes = 0, .file = file_, .file_bytes = 1U << 22U});
  ASSERT_TRUE(cache);
  for (int i = 0; i < 200; ++i) {
    const auto found = (*cache)->find(key_of(i), 512);
    EXPECT_TRUE(!found || *found == row_of(i));
  }
  put(**cache, 7);
  EXPECT_EQ((*cache)->find(key_of(7), 512), row_of(7));
  EXPECT_EQ((*cache)->notes().size(), 1U);
}

TEST_F(EmbeddingCacheTest, AStrangersDatabaseIsLeftAlone) {
  fs::create_directories(file_.parent_path());
  sql("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)");
  const auto size = fs::file_size(file_);
  const auto cache = EmbeddingCache::open({.memory_bytes = 0, .file = file_});
  ASSERT_FALSE(cache);
  EXPECT_EQ(cache.error().code, ErrorCode::usage);
  EXPECT_EQ(fs::file_size(file_), size);
}

TEST_F(EmbeddingCacheTest, WhatCannotBeOpenedIsNamed) {
  fs::create_directories(file_);
  const auto folder = EmbeddingCache::open({.memory_bytes = 0, .file = file_});
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().code, ErrorCode::unwritable);
  EXPECT_THAT(folder.error().message, testing::HasSubstr("embeddings.sqlite"));
  EXPECT_EQ(EmbeddingCache::open({.memory_bytes = 0, .file = "x", .file_bytes = 10}).error().code,
            ErrorCode::usage);
}

TEST_F(EmbeddingCacheTest, ALockedFileIsDoneWithout) {
  const auto cache = open();
  sqlite3* raw = nullptr;
  ASSERT_EQ(sqlite3_open(file_.c_str(), &raw), SQLITE_OK);
  const Handle<sqlite3, sqlite3_close_v2> other(raw);
  ASSERT_EQ(sqlite3_exec(raw, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr), SQLITE_OK);
  put(*cache, 1);
  EXPECT_EQ(cache->find(key_of(1), 512), row_of(1)) << "memory has it";
  EXPECT_EQ(cache->statistics().file_failures, 1U);
  ASSERT_EQ(sqlite3_exec(raw, "ROLLBACK", nullptr, nullptr, nullptr), SQLITE_OK);
  put(*cache, 2);
  EXPECT_EQ(open()->find(key_of(2), 512), row_of(2));
}

TEST_F(EmbeddingCacheTest, NumbersThatAreNoneAreNotKept) {
  const auto cache = open();
  std::vector<float> row = row_of(1);
  row[5] = std::numeric_limits<float>::quiet_NaN();
  const EmbeddingCache::Row one{key_of(1), row};
  cache->insert({&one, 1});
  EXPECT_EQ(cache->find(key_of(1), 512), std::nullopt);
}

TEST_F(EmbeddingCacheTest, ManyThreadsAndTwoConnectionsSeeOnlyWholeRows) {
  const auto one = open(20 * 2304), two = open(20 * 2304);
  std::atomic<int> hits = 0, wrong = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t)
      threads.emplace_back([&, t] {
        EmbeddingCache& cache = t % 2 == 0 ? *one : *two;
        std::mt19937 random(static_cast<unsigned>(t));
        for (int i = 0; i < 150; ++i) {
          const int number = int(random() % 60);
          if (const auto row = cache.find(key_of(number), 512)) {
            ++hits;
            wrong += *row != row_of(number);
          } else {
            put(cache, number);
          }
        }
      });
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(hits, 300);
}

}  // namespace
}  // namespace videogen::pool
