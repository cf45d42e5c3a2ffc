#include "generate/journal.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/folder_for_test_internal.h"
#include "database/sqlite_internal.h"

namespace videogen::generate {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using State = SubmitRecord::State;

class JournalTest : public ::testing::Test {
 protected:
  [[nodiscard]] Journal open() const {
    auto journal = Journal::open(folder_);
    EXPECT_TRUE(journal) << journal.error().message;
    return *std::move(journal);
  }
  static Journal::OwnRun begin(Journal& journal) {
    return *journal.begin_run(
        {.backend = "veo", .place = "here", .settings = "{}", .output = "/out.mp4"});
  }
  static SubmitRecord a_submit(const std::string& model = "m") {
    SubmitRecord submit;
    submit.order.model = model;
    submit.order.prompt = "\"quoted\"\n\xc3\xa4";
    submit.order.seed = 4294967295;
    submit.order.image = "/a picture.png";
    submit.order.references = {"/x", "/y"};
    submit.order.usd_per_second = 0.4;
    submit.order.extensions = 2;
    submit.order.video = "gs://b/o";
    submit.note = "why";
    submit.cost_usd = 3.2;
    return submit;
  }
  static std::int64_t begin_submit(Journal& journal, const RunRecord& run) {
    return journal.begin_submit(run, a_submit(), 0)->id;
  }

  const TemporaryFolder temporary_;
  const fs::path& folder_ = temporary_.path();
};

TEST_F(JournalTest, RemembersAnOrderFromBeforeItIsSentToItsEnd) {
  Journal journal = open();
  const Journal::OwnRun run = begin(journal);
  const std::int64_t id = begin_submit(journal, run.record);
  // Another reader sees each step at once.
  const auto read = [this, &run] { return open().submits(run.record.id)->at(0); };
  SubmitRecord seen = read();
  EXPECT_EQ(seen.state, State::submitting);
  EXPECT_EQ(seen.order.prompt, a_submit().order.prompt);
  EXPECT_EQ(seen.order.seed, 4294967295);
  EXPECT_EQ(seen.order.image, "/a picture.png");
  EXPECT_THAT(seen.order.references, SizeIs(2));
  EXPECT_EQ(seen.order.extensions, 2);
  EXPECT_EQ(seen.order.video, "gs://b/o");
  EXPECT_EQ(seen.note, "why");
  ASSERT_TRUE(journal.accepted(id, "projects/x"));
  seen = read();
  EXPECT_EQ(seen.state, State::running);
  EXPECT_EQ(seen.operation, "projects/x");
  ASSERT_TRUE(journal.fetched(id, {"/1.mp4", "/2.mp4"}));
  EXPECT_THAT(read().clips, SizeIs(2));
  ASSERT_TRUE(journal.ended(id, State::ended, "passed: ", 1.6));
  seen = read();
  EXPECT_EQ(seen.state, State::ended);
  EXPECT_DOUBLE_EQ(seen.cost_usd, 1.6);
  EXPECT_EQ((*journal.run_of("projects/x"))->id, run.record.id);
  EXPECT_FALSE(*journal.run_of("projects/y"));
  ASSERT_THAT(*journal.open_runs(), SizeIs(1));
  ASSERT_TRUE(journal.end_run(run.record.id, "completed"));
  EXPECT_THAT(*journal.open_runs(), IsEmpty());
}

TEST_F(JournalTest, ForgetsRunsThatOrderedNothing) {
  Journal journal = open();
  const Journal::OwnRun run = begin(journal);
  EXPECT_THAT(*journal.open_runs(), IsEmpty());
  begin_submit(journal, run.record);
  EXPECT_THAT(*journal.open_runs(), SizeIs(1));
}

TEST_F(JournalTest, GivesARunToOneAtATime) {
  Journal journal = open();
  std::optional<Journal::OwnRun> run = begin(journal);
  const std::string id = run->record.id;
  EXPECT_FALSE(*open().lock(id));
  run.reset();
  EXPECT_TRUE(*open().lock(id));
}

TEST_F(JournalTest, FreesARunWhoseProcessWasKilled) {
  const pid_t child = ::fork();
  if (child == 0) {
    auto journal = Journal::open(folder_);
    auto own = journal->begin_run(
        {.backend = "veo", .place = "here", .settings = "{}", .output = "/out.mp4"});
    (void)journal->begin_submit(own->record, a_submit(), 0);
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  const Journal journal = open();
  const auto runs = *journal.open_runs();
  ASSERT_THAT(runs, SizeIs(1));
  EXPECT_TRUE(*journal.lock(runs[0].id));
  EXPECT_EQ(journal.submits(runs[0].id)->at(0).state, State::submitting);
}

TEST_F(JournalTest, LimitsRequestsOfAMinuteAcrossProcesses) {
  Journal here = open(), there = open();
  const Journal::OwnRun run = begin(here), other = begin(there);
  for (int i = 0; i < 3; ++i) {
    Journal& journal = i % 2 == 0 ? here : there;
    EXPECT_EQ(
        journal.begin_submit(i % 2 == 0 ? run.record : other.record, a_submit(), 3)->wait.count(),
        0);
  }
  const auto full = here.begin_submit(run.record, a_submit(), 3);
  EXPECT_EQ(full->id, 0);
  EXPECT_GT(full->wait.count(), 50'000);
  EXPECT_LE(full->wait.count(), 60'001);
  // Neither another model nor no limit waits, and nothing was written for the one that does.
  EXPECT_EQ(here.begin_submit(run.record, a_submit("n"), 3)->wait.count(), 0);
  EXPECT_EQ(here.begin_submit(run.record, a_submit(), 0)->wait.count(), 0);
  EXPECT_THAT(*here.submits(run.record.id), SizeIs(4));
  // A minute later there is room again.
  sqlite3* raw = nullptr;
  ASSERT_EQ(sqlite3_open((folder_ / "journal.db").c_str(), &raw), SQLITE_OK);
  sqlite3_exec(raw, "UPDATE submits SET submitted_ms = submitted_ms - 61000", nullptr, nullptr,
               nullptr);
  sqlite3_close(raw);
  EXPECT_EQ(here.begin_submit(run.record, a_submit(), 3)->wait.count(), 0);
}

TEST_F(JournalTest, SaysWhatIsWrongWithItsFile) {
  fs::create_directories(folder_ / "runs");
  std::ofstream(folder_ / "journal.db") << std::string(5000, 'x');
  const auto broken = Journal::open(folder_);
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, ErrorCode::corrupt);
  EXPECT_THAT(broken.error().message, HasSubstr("journal.db"));
  fs::remove(folder_ / "journal.db");
  (void)open();
  sqlite3* raw = nullptr;
  ASSERT_EQ(sqlite3_open((folder_ / "journal.db").c_str(), &raw), SQLITE_OK);
  sqlite3_exec(raw, "PRAGMA user_version=99", nullptr, nullptr, nullptr);
  sqlite3_close(raw);
  EXPECT_THAT(Journal::open(folder_).error().message, HasSubstr("newer videogen"));
  std::ofstream(folder_ / "file") << "x";
  EXPECT_EQ(Journal::open(folder_ / "file").error().code, ErrorCode::unwritable);
}

TEST_F(JournalTest, LiesWhereTheEnvironmentSays) {
  ::setenv("VIDEOGEN_DATA", "/a", 1);
  ::setenv("XDG_DATA_HOME", "/b", 1);
  ::setenv("HOME", "/c", 1);
  EXPECT_EQ(*Journal::data_folder(), "/a");
  ::unsetenv("VIDEOGEN_DATA");
  EXPECT_EQ(*Journal::data_folder(), "/b/videogen");
  ::unsetenv("XDG_DATA_HOME");
  EXPECT_EQ(*Journal::data_folder(), "/c/.local/share/videogen");
  ::unsetenv("HOME");
  EXPECT_EQ(Journal::data_folder().error().code, ErrorCode::usage);
}

TEST_F(JournalTest, FindsTheRunOfAPlaceEvenAfterItsEnd) {
  Journal journal = open();
  EXPECT_FALSE(*journal.run_to("/out.mp4"));
  const auto own = begin(journal);
  EXPECT_FALSE(*journal.run_to("/out.mp4")) << "nothing was ordered";
  const std::int64_t submit = begin_submit(journal, own.record);
  ASSERT_TRUE(journal.ended(submit, State::ended, "passed", 3.2));
  ASSERT_TRUE(journal.end_run(own.record.id, "completed"));
  EXPECT_EQ((*journal.run_to("out.mp4"))->id, own.record.id);
  EXPECT_FALSE(*journal.run_to("other.mp4"));
}

}  // namespace
}  // namespace videogen::generate
