// What Clip keeps between runs.
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "embed/cache_folder_internal.h"
#include "embed/clip.h"
#include "embed/clip_folder_internal.h"
#include "embed/test_folder_internal.h"

namespace videogen::embed {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  if (!fs::exists(folder)) return files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

class ClipCache : public testing::Test {
 protected:
  // A picture's embedding by a freshly loaded model.
  [[nodiscard]] std::vector<float> embedding() const {
    const auto clip = Clip::load(folder_, Precision::f32);
    if (!clip) {
      ADD_FAILURE() << clip.error().message;
      return {};
    }
    std::vector<float> picture((*clip)->input_size());
    for (std::size_t i = 0; i < picture.size(); ++i) {
      picture[i] = static_cast<float>(i % 17) / 8 - 1;
    }
    return (*clip)->embed(picture).value();
  }
  [[nodiscard]] std::vector<fs::path> packed() const {
    return files_below(cache_.path() / "weights");
  }

  const fs::path folder_ = golden_clip() / "tiny-quick-gelu";
  const TemporaryCache cache_;
};

TEST_F(ClipCache, KeepsOneFileForEachTower) {
  (void)embedding();
  EXPECT_EQ(packed().size(), 2U);
  for (const fs::path& file : packed()) EXPECT_EQ(file.extension(), ".packed");
}

TEST_F(ClipCache, IsUsedBySecondLoad) {
  const auto first = embedding();
  const auto files = packed();
  const auto written = fs::last_write_time(files.front());
  EXPECT_EQ(embedding(), first);
  EXPECT_EQ(packed(), files);
  EXPECT_EQ(fs::last_write_time(files.front()), written);
}

TEST_F(ClipCache, IsBuiltAgainWhereverItIsDamaged) {
  const auto sound = embedding();
  const auto files = packed();
  ASSERT_EQ(files.size(), 2U);
  for (const fs::path& file : files) {
    const std::string content = read_text(file);
    // The first and last weight, somewhere between, and each part of the footer.
    for (const std::size_t place :
         {std::size_t{0}, content.size() / 2, content.size() - 97, content.size() - 96,
          content.size() - 80, content.size() - 24, content.size() - 16, content.size() - 1}) {
      std::string damaged = content;
      damaged[place] = static_cast<char>(damaged[place] ^ 0x40);
      write_text(file, damaged);
      EXPECT_EQ(embedding(), sound) << file << " " << place;
      // The text tower's file is looked at when a text comes.
      const auto clip = Clip::load(folder_, Precision::f32);
      EXPECT_TRUE((*clip)->embed_text("a cat").has_value());
      EXPECT_EQ(read_text(file), content) << file << " " << place;
    }
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, content.size() / 2, content.size() - 1}) {
      write_text(file, content.substr(0, size));
      EXPECT_EQ(embedding(), sound);
      EXPECT_TRUE((*Clip::load(folder_, Precision::f32))->embed_text("a cat").has_value());
      EXPECT_EQ(read_text(file), content) << size;
    }
  }
}

TEST_F(ClipCache, DoesNotTrustTheFileOfAnotherModel) {
  const auto sound = embedding();
  const auto mine = packed();
  // The same shapes, other weights: the same size, another key.
  const TemporaryFolder other;
  fs::copy(folder_, other.path(), fs::copy_options::recursive);
  std::string weights = read_text(folder_ / "model.safetensors");
  weights[weights.size() - 1] = static_cast<char>(weights[weights.size() - 1] ^ 1);
  write_text(other.path() / "model.safetensors", weights);
  ASSERT_TRUE(Clip::load(other.path(), Precision::f32).has_value());
  for (const fs::path& file : packed()) {
    if (std::ranges::find(mine, file) != mine.end()) continue;
    for (const fs::path& own : mine) {
      if (fs::file_size(own) == fs::file_size(file)) {
        fs::copy_file(file, own, fs::copy_options::overwrite_existing);
      }
    }
  }
  EXPECT_EQ(embedding(), sound);
}

TEST_F(ClipCache, IsNotNeeded) {
  const auto sound = embedding();
  // A file stands where the cache folder would be.
  const TemporaryFolder elsewhere;
  write_text(elsewhere.path() / "videogen", "in the way");
  ::setenv("XDG_CACHE_HOME", elsewhere.path().c_str(), 1);
  EXPECT_EQ(embedding(), sound);
  // Nowhere at all.
  const std::string home = std::getenv("HOME") != nullptr ? std::getenv("HOME") : "";
  ::unsetenv("XDG_CACHE_HOME");
  ::unsetenv("HOME");
  EXPECT_EQ(cache_folder(), fs::path());
  EXPECT_EQ(embedding(), sound);
  if (!home.empty()) ::setenv("HOME", home.c_str(), 1);
}

TEST_F(ClipCache, IsBuiltByTwoProcessesAtOnce) {
  const auto sound = embedding();
  fs::remove_all(cache_.path());
  std::vector<pid_t> children;
  for (int i = 0; i < 2; ++i) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      // OpenMP's threads do not survive a fork, so the child starts over.
      ::execl("/proc/self/exe", "embed_test", "--gtest_also_run_disabled_tests",
              "--gtest_filter=ClipCacheChild.DISABLED_LoadsTheModel", nullptr);
      ::_exit(127);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  }
  for (const fs::path& file : packed()) EXPECT_EQ(file.extension(), ".packed");
  EXPECT_EQ(embedding(), sound);
}

// One of the two that load at once; each takes the cache away from under the other.
TEST(ClipCacheChild, DISABLED_LoadsTheModel) {
  for (int round = 0; round < 3; ++round) {
    const auto clip = Clip::load(golden_clip() / "tiny-quick-gelu", Precision::f32);
    ASSERT_TRUE(clip.has_value()) << clip.error().message;
    ASSERT_TRUE((*clip)->embed_text("a cat").has_value());
    std::error_code ignored;
    fs::remove_all(cache_folder() / "weights", ignored);
  }
}

TEST_F(ClipCache, SweepsUpWhatKilledProcessesLeft) {
  const fs::path weights = cache_.path() / "weights";
  fs::create_directories(weights);
  write_text(weights / ".old.1-0.partial.packed", "x");
  write_text(weights / ".new.2-0.partial.packed", "x");
  fs::last_write_time(weights / ".old.1-0.partial.packed",
                      fs::file_time_type::clock::now() - std::chrono::hours(2));
  (void)embedding();
  EXPECT_FALSE(fs::exists(weights / ".old.1-0.partial.packed"));
  EXPECT_TRUE(fs::exists(weights / ".new.2-0.partial.packed"));
}

TEST_F(ClipCache, RemembersTheDigestOfFilesThatLieStill) {
  const auto open = [&] { return ClipFolder::open(folder_, {}).value(); };
  const auto first = open();
  EXPECT_FALSE(first.known_sound());
  first.remember_sound();
  const bool settled = take_stamp({folder_ / "model.safetensors"}).value().settled;
  if (!settled) GTEST_SKIP() << "the golden data was written a moment ago";
  EXPECT_TRUE(open().known_sound());
  EXPECT_EQ(open().digest(), first.digest());
  for (const fs::path& file : files_below(cache_.path() / "models")) {
    std::string record = read_text(file);
    record[30] = record[30] == 'a' ? 'b' : 'a';  // within the digest
    write_text(file, record);
  }
  EXPECT_FALSE(open().known_sound());
  EXPECT_EQ(open().digest(), first.digest());
}

TEST(Stamp, ChangesWithTheFile) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "f";
  write_text(file, "one");
  const auto before = take_stamp({file}).value();
  EXPECT_FALSE(before.settled);
  EXPECT_EQ(take_stamp({file}).value().text, before.text);
  // Same size, and the time of change set back: the inode's own time tells.
  const auto time = fs::last_write_time(file);
  ::usleep(20'000);
  write_text(file, "two");
  fs::last_write_time(file, time);
  EXPECT_NE(take_stamp({file}).value().text, before.text);
  EXPECT_EQ(take_stamp({folder.path() / "gone"}).error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace videogen::embed
