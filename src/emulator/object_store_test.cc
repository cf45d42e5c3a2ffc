#include "emulator/object_store.h"

#include <fstream>

#include <gmock/gmock.h>

#include "base/file.h"
#include "emulator/upload_session.h"

namespace videogen::emulator {
namespace {

using testing::HasSubstr;

class Stored : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::path(testing::TempDir()) / (std::string("store ") + test->name());
    std::filesystem::remove_all(folder_);
    open();
  }
  void open() { store_ = *ObjectStore::open(folder_ / "objects"); }
  static ObjectDraft draft(std::string name) {
    ObjectDraft made;
    made.bucket = "b";
    made.name = std::move(name);
    return made;
  }
  std::string content(const std::string& name) {
    const auto object = store_->find("b", name);
    return object ? *read_file(store_->path(*object), 1 << 20) : "absent";
  }

  std::filesystem::path folder_;
  std::unique_ptr<ObjectStore> store_;
};

TEST_F(Stored, SurvivesBeingOpenedAgain) {
  ObjectDraft made = draft("a/ü \"x\"");
  made.metadata = {{"k", "v"}};
  const auto put = store_->put(made, "one");
  ASSERT_TRUE(put);
  open();
  const auto found = store_->find("b", "a/ü \"x\"", put->generation);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->draft.metadata.at("k"), "v");
  EXPECT_EQ(found->sums.crc32c, put->sums.crc32c);
  EXPECT_EQ(content("a/ü \"x\""), "one");
  EXPECT_GT(store_->put(made, "two")->generation, put->generation);
  EXPECT_EQ(content("a/ü \"x\""), "two");
  EXPECT_FALSE(store_->find("b", "a/ü \"x\"", put->generation));
}

TEST_F(Stored, HoldsToPreconditions) {
  const auto first = store_->put(draft("x"), "1", {.generation_match = 0});
  ASSERT_TRUE(first);
  EXPECT_EQ(store_->put(draft("x"), "2", {.generation_match = 0}).error().code, ErrorCode::usage);
  EXPECT_TRUE(store_->put(draft("x"), "3", {.generation_match = first->generation}));
  EXPECT_FALSE(store_->remove("b", "x", {.generation_match = first->generation}));
  EXPECT_EQ(content("x"), "3");
  EXPECT_EQ(store_->remove("b", "x"), true);
  EXPECT_EQ(store_->remove("b", "x"), false);
}

TEST_F(Stored, KeepsTheLaterOfTwoThatACrashLeft) {
  ASSERT_TRUE(store_->put(draft("x"), "old"));
  const auto kept = folder_ / "kept";
  std::filesystem::copy(folder_ / "objects", kept);
  ASSERT_TRUE(store_->put(draft("x"), "new"));
  for (const auto& entry : std::filesystem::directory_iterator(kept))
    std::filesystem::copy_file(entry, folder_ / "objects" / entry.path().filename());
  open();
  EXPECT_EQ(content("x"), "new");
  const std::filesystem::directory_iterator files(folder_ / "objects");
  EXPECT_EQ(std::distance(begin(files), end(files)), 2);
}

TEST_F(Stored, SaysWhichFileIsNotItsOwn) {
  std::ofstream(folder_ / "objects" / "7.json") << "{}";
  const auto opened = ObjectStore::open(folder_ / "objects");
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, HasSubstr("7.json"));
}

TEST_F(Stored, TakesAnUploadInPieces) {
  constexpr std::uint64_t kUnit = 256 << 10;
  UploadSessions sessions(folder_ / "uploads", *store_);
  const std::string id = *sessions.begin(draft("up"), {});
  const std::string piece(kUnit, 'p');
  using Range = net::ContentRange;
  EXPECT_EQ(sessions.put(id, Range{0, kUnit - 1, {}}, piece)->received, kUnit);
  // Nothing is lost by asking, by a gap or by a piece of the wrong length.
  EXPECT_EQ(sessions.put(id, Range{}, "")->received, kUnit);
  EXPECT_EQ(sessions.put(id, Range{kUnit + 1, kUnit + 2, kUnit + 3}, "xy").error().code,
            ErrorCode::corrupt);
  EXPECT_EQ(sessions.put(id, Range{kUnit, kUnit + 5, {}}, "xyz").error().code, ErrorCode::corrupt);
  EXPECT_EQ(sessions.put(id, Range{kUnit, kUnit + 2, {}}, "xyz").error().code, ErrorCode::corrupt);
  const auto done = sessions.put(id, Range{kUnit, kUnit + 2, kUnit + 3}, "end");
  ASSERT_TRUE(done && done->object);
  EXPECT_EQ(content("up"), piece + "end");
  EXPECT_TRUE(sessions.put(id, Range{{}, {}, kUnit + 3}, "")->object);
  EXPECT_EQ(sessions.put("../objects/7", Range{}, "").error().code, ErrorCode::not_found);
}

TEST_F(Stored, TakesAnUploadWithoutAnAnnouncedEnd) {
  UploadSessions sessions(folder_ / "uploads", *store_);
  const std::string id = *sessions.begin(draft("up"), {});
  const auto done = sessions.put(id, net::ContentRange{0, {}, {}}, "all of it");
  ASSERT_TRUE(done && done->object);
  EXPECT_EQ(content("up"), "all of it");
  const std::string cancelled = *sessions.begin(draft("no"), {});
  EXPECT_TRUE(sessions.cancel(cancelled));
  EXPECT_FALSE(sessions.cancel(cancelled));
}

TEST(Rfc3339, IsUtcWithMilliseconds) {
  // date -u -d @1700000000
  EXPECT_EQ(rfc3339(1'700'000'000'123'456), "2023-11-14T22:13:20.123Z");
}

}  // namespace
}  // namespace videogen::emulator
