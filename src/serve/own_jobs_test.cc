// Jobs with an executor that does what a test says.
#include <sys/resource.h>

#include <fstream>
#include <future>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "database/sqlite_internal.h"
#include "serve/own_jobs_internal.h"

namespace videogen::serve {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ScriptedExecutor final : public Executor {
 public:
  std::optional<std::string> lacks(Skill skill) const override {
    return skill == Skill::enhance ? std::optional<std::string>("not here") : std::nullopt;
  }
  Result<std::string> check(Skill, std::string_view request, bool) const override {
    if (request == "wrong") return fail(ErrorCode::usage, "wrong");
    return std::string(request) + "!";
  }
  Ending run(const Job& job, JobRun& run) override { return does(job, run); }
  bool resumable(const Job&, std::string_view) const override { return takes_up; }

  std::function<Ending(const Job&, JobRun&)> does = [](const Job&, JobRun&) { return Ending{}; };
  bool takes_up = true;
};

// Holds workers until it is opened.
class Door {
 public:
  void open() { opened_.set_value(); }
  Ending wait(JobRun& run) const {
    while (passed_.wait_for(2ms) != std::future_status::ready)
      if (run.stop().stop_requested()) {
        Ending ending;
        ending.state = JobState::failed;
        ending.error = Error{ErrorCode::interrupted, "stopped", {}};
        return ending;
      }
    return {};
  }

 private:
  std::promise<void> opened_;
  std::shared_future<void> passed_ = opened_.get_future().share();
};

class OwnJobsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "jobs-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    options_.data = pattern;
    options_.workers = 1;
  }
  void TearDown() override { fs::remove_all(options_.data); }

  std::unique_ptr<Jobs> open() {
    auto jobs = Jobs::open(options_, executor_);
    EXPECT_TRUE(jobs) << jobs.error().message;
    return *std::move(jobs);
  }
  static std::string submit(Jobs& jobs, std::string request = "{}", std::string tenant = "anna",
                            int priority = 0) {
    Submission submission;
    submission.tenant = std::move(tenant);
    submission.request = std::move(request);
    submission.priority = priority;
    const auto submitted = jobs.submit(std::move(submission));
    EXPECT_TRUE(submitted) << submitted.error().error.message;
    return submitted ? submitted->job.id : "";
  }
  static Job wait(Jobs& jobs, const std::string& id, JobState state = JobState::completed,
                  const std::string& tenant = "anna") {
    for (int i = 0; i < 2000; ++i) {
      const auto job = jobs.find(tenant, id);
      if (job && job->state == state) return *job;
      std::this_thread::sleep_for(5ms);
    }
    ADD_FAILURE() << "job is " << name(jobs.find(tenant, id)->state);
    return {};
  }
  static std::vector<JobEvent> events(Jobs& jobs, const std::string& id, std::int64_t after = 0) {
    auto subscription = *jobs.subscribe("anna", id, after);
    std::vector<JobEvent> found;
    while (!subscription->over())
      if (auto event = subscription->next(100ms)) found.push_back(*event);
    return found;
  }

  JobsOptions options_;
  ScriptedExecutor executor_;
};

TEST_F(OwnJobsTest, KeepsWhatAJobMadeAndTellsItInOrder) {
  executor_.does = [](const Job& job, JobRun& run) {
    EXPECT_EQ(job.request, "{}!") << "as check() completed it";
    run.progress(0.5, "half");
    run.artifact({"a", "name", "", R"([{"text":"1"}])"});
    run.artifact({"a", "name", "", R"([{"text":"2"}])"}, true);
    run.message(R"({"role":"agent"})");
    Ending ending;
    ending.result = R"({"x":1})";
    return ending;
  };
  const auto jobs = open();
  const std::string id = submit(*jobs);
  const Job job = wait(*jobs, id);
  EXPECT_EQ(job.result, R"({"x":1})");
  EXPECT_EQ(job.progress, 1);
  ASSERT_THAT(job.artifacts, SizeIs(1));
  EXPECT_EQ(job.artifacts[0].parts, R"([{"text":"1"},{"text":"2"}])");
  EXPECT_THAT(job.messages, ElementsAre(R"({"role":"agent"})"));
  const auto told = events(*jobs, id);
  ASSERT_THAT(told, SizeIs(7));
  EXPECT_EQ(told.front().state, JobState::queued);
  EXPECT_EQ(told.back().state, JobState::completed);
  for (std::size_t i = 1; i < told.size(); ++i) EXPECT_LT(told[i - 1].id, told[i].id);
  EXPECT_THAT(events(*jobs, id, told[4].id), SizeIs(2));
  EXPECT_THAT(events(*jobs, id, told.back().id), IsEmpty());
}

TEST_F(OwnJobsTest, ShowsAJobToItsTenantOnly) {
  const auto jobs = open();
  const std::string id = submit(*jobs);
  EXPECT_TRUE(jobs->find("anna", id));
  for (const char* other : {"ben", ""}) {
    EXPECT_EQ(jobs->find(other, id).error().code, ErrorCode::not_found);
    EXPECT_EQ(jobs->cancel(other, id).error().code, ErrorCode::not_found);
    EXPECT_EQ(jobs->subscribe(other, id, 0).error().code, ErrorCode::not_found);
    EXPECT_THAT(jobs->list(other, {})->jobs, IsEmpty());
  }
}

TEST_F(OwnJobsTest, RefusesWithReasonsAndLeavesNoUploadBehind) {
  const auto jobs = open();
  const auto refused = [&](Submission submission) {
    submission.tenant = "anna";
    submission.upload = *jobs->receive("bytes");
    const fs::path upload = submission.upload;
    const auto submitted = jobs->submit(std::move(submission));
    EXPECT_FALSE(submitted);
    EXPECT_FALSE(fs::exists(upload));
    return submitted.error().error.code;
  };
  EXPECT_EQ(refused({.request = "wrong"}), ErrorCode::usage);
  EXPECT_EQ(refused({.skill = Skill::enhance}), ErrorCode::unsupported);
  EXPECT_EQ(jobs->list("anna", {})->total, 0);
}

TEST_F(OwnJobsTest, BoundsTheQueueInAllAndForATenant) {
  options_.max_queued = 3;
  options_.max_queued_per_tenant = 2;
  Door door;
  executor_.does = [&](const Job&, JobRun& run) { return door.wait(run); };
  const auto jobs = open();
  const std::string running = submit(*jobs);
  wait(*jobs, running, JobState::running);
  submit(*jobs);
  submit(*jobs);
  const auto own = jobs->submit({.tenant = "anna"});
  ASSERT_FALSE(own);
  EXPECT_EQ(own.error().error.code, ErrorCode::budget);
  EXPECT_GE(*own.error().retry_after, 1s);
  submit(*jobs, "{}", "ben");
  const auto all = jobs->submit({.tenant = "cleo"});
  ASSERT_FALSE(all);
  EXPECT_THAT(all.error().error.message, HasSubstr("full"));
  EXPECT_EQ(jobs->load().queued, 3);
  EXPECT_EQ(jobs->load().running, 1);
  door.open();
}

TEST_F(OwnJobsTest, CancelsWhatWaitsAtOnceAndWhatRunsSoon) {
  Door door;
  executor_.does = [&](const Job&, JobRun& run) { return door.wait(run); };
  const auto jobs = open();
  const std::string running = submit(*jobs), waiting = submit(*jobs);
  wait(*jobs, running, JobState::running);
  EXPECT_EQ(jobs->cancel("anna", waiting)->state, JobState::cancelled);
  EXPECT_TRUE(jobs->cancel("anna", running));
  const Job ended = wait(*jobs, running, JobState::cancelled);
  EXPECT_FALSE(ended.error);
  EXPECT_EQ(jobs->cancel("anna", running)->state, JobState::cancelled);
  EXPECT_THAT(events(*jobs, running), SizeIs(3));
}

TEST_F(OwnJobsTest, FailsAJobThatTakesTooLongOrThrows) {
  options_.longest_run = 0s;
  executor_.does = [](const Job& job, JobRun& run) -> Ending {
    if (job.request == "throw!") throw std::runtime_error("broken");
    Door never;
    return never.wait(run);
  };
  const auto jobs = open();
  const Job late = wait(*jobs, submit(*jobs), JobState::failed);
  EXPECT_EQ(late.error->code, ErrorCode::limit);
  const Job broken = wait(*jobs, submit(*jobs, "throw"), JobState::failed);
  EXPECT_THAT(broken.error->message, HasSubstr("broken"));
}

TEST_F(OwnJobsTest, GivesTheSameJobForTheSameKeyAndRefusesAnotherRequest) {
  const auto jobs = open();
  const auto ask = [&](std::string tenant, std::string digest) {
    return jobs->submit(
        {.tenant = std::move(tenant), .idempotency_key = "k", .digest = std::move(digest)});
  };
  const auto first = ask("anna", "d");
  const auto again = ask("anna", "d");
  EXPECT_FALSE(first->replayed);
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(first->job.id, again->job.id);
  EXPECT_TRUE(ask("anna", "other").error().conflict);
  EXPECT_NE(ask("ben", "d")->job.id, first->job.id);
}

TEST_F(OwnJobsTest, WaitsForAnAnswerAndIsQueuedWithIt) {
  const auto jobs = open();
  const auto asked = jobs->submit(
      {.tenant = "anna", .context = "c", .message = R"("m1")", .question = "which clip?"});
  ASSERT_TRUE(asked);
  const std::string id = asked->job.id;
  EXPECT_EQ(asked->job.state, JobState::input_required);
  EXPECT_FALSE(jobs->answer("ben", id, {}));
  const auto still = jobs->answer("anna", id, {.message = R"("m2")", .question = "really?"});
  EXPECT_EQ(still->state, JobState::input_required);
  EXPECT_FALSE(jobs->answer("anna", id, {.request = "wrong"}));
  ASSERT_TRUE(jobs->answer("anna", id, {.request = "now", .message = R"("m3")"}));
  const Job job = wait(*jobs, id);
  EXPECT_EQ(job.request, "now!");
  EXPECT_THAT(job.messages, ElementsAre(R"("m1")", R"("m2")", R"("m3")"));
  EXPECT_EQ(jobs->answer("anna", id, {}).error().code, ErrorCode::usage);
  EXPECT_EQ(jobs->list("anna", {.context = "c"})->total, 1);
}

TEST_F(OwnJobsTest, TakesUpWhatItCanAfterADeadlineAndFailsTheRest) {
  for (const bool takes_up : {true, false}) {
    executor_.takes_up = takes_up;
    std::string id;
    {
      executor_.does = [](const Job&, JobRun& run) {
        run.keep_checkpoint("here");
        Door never;
        return never.wait(run);
      };
      const auto jobs = open();
      id = submit(*jobs);
      wait(*jobs, id, JobState::running);
      jobs->shut_down(20ms);
      EXPECT_FALSE(jobs->submit({.tenant = "anna"}));
    }
    std::string checkpoint;
    executor_.does = [&](const Job&, JobRun& run) {
      checkpoint = run.checkpoint();
      return Ending{};
    };
    const auto jobs = open();
    wait(*jobs, id, takes_up ? JobState::completed : JobState::failed);
    if (takes_up) {
      EXPECT_EQ(checkpoint, "here");
    }
  }
}

TEST_F(OwnJobsTest, TellsEveryEventToItsListeners) {
  std::mutex mutex;
  std::vector<JobState> states;
  {
    const auto jobs = open();
    jobs->on_event([&](const Job&, const JobEvent& event) {
      const std::lock_guard lock(mutex);
      states.push_back(event.state);
    });
    wait(*jobs, submit(*jobs));
  }
  EXPECT_THAT(states, ElementsAre(JobState::queued, JobState::running, JobState::completed));
}

TEST_F(OwnJobsTest, KeepsSmallValuesAsLongAsTheirJob) {
  const auto jobs = open();
  const std::string id = submit(*jobs);
  ASSERT_TRUE(jobs->keep(id, "push/1", "a"));
  ASSERT_TRUE(jobs->keep(id, "push/2", "b"));
  ASSERT_TRUE(jobs->keep(id, "other", "c"));
  EXPECT_THAT(jobs->kept(id, "push/"), SizeIs(2));
  ASSERT_TRUE(jobs->forget(id, "push/1"));
  EXPECT_THAT(jobs->kept(id, "push/"),
              ElementsAre(std::pair<std::string, std::string>("push/2", "b")));
  EXPECT_FALSE(jobs->keep("no job", "k", "v"));
}

TEST_F(OwnJobsTest, RefusesHonestlyWhereTheDatabaseIsLockedAndGoesOnAfterwards) {
  const auto jobs = open();
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open((options_.data / "jobs.sqlite").c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  const auto refused = jobs->submit({.tenant = "anna"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().error.code, ErrorCode::unwritable);
  EXPECT_TRUE(refused.error().retry_after);
  EXPECT_FALSE(jobs->check_writable());
  sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr);
  sqlite3_close(other);
  EXPECT_TRUE(jobs->check_writable());
  wait(*jobs, submit(*jobs));
}

TEST_F(OwnJobsTest, WritesAnEndDownOnceTheDiskHasRoomAgain) {
  // A limit on the size of files is this process's own full disk.
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, SIG_IGN);
  Door door;
  executor_.does = [&](const Job&, JobRun& run) { return door.wait(run); };
  const auto jobs = open();
  const std::string id = submit(*jobs);
  wait(*jobs, id, JobState::running);
  const rlimit full{1, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
  const auto refused = jobs->submit({.tenant = "anna"});
  door.open();
  std::this_thread::sleep_for(200ms);
  const auto meanwhile = jobs->find("anna", id);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_FALSE(refused);
  ASSERT_TRUE(meanwhile);
  EXPECT_EQ(meanwhile->state, JobState::running);
  wait(*jobs, id);
  EXPECT_EQ(jobs->list("anna", {})->total, 1) << "what was refused is not there";
}

TEST_F(OwnJobsTest, PagesThroughJobsWithoutGapsWhileTheyChange) {
  const auto jobs = open();
  for (int i = 0; i < 7; ++i) wait(*jobs, submit(*jobs));
  std::vector<std::string> seen;
  JobQuery query{.limit = 3};
  do {
    const auto page = jobs->list("anna", query);
    ASSERT_TRUE(page);
    for (const Job& job : page->jobs) seen.push_back(job.id);
    query.page = page->next;
  } while (!query.page.empty());
  EXPECT_THAT(seen, SizeIs(7));
  EXPECT_THAT(std::set<std::string>(seen.begin(), seen.end()), SizeIs(7));
  query.page = "x";
  EXPECT_EQ(jobs->list("anna", query).error().code, ErrorCode::usage);
}

}  // namespace
}  // namespace videogen::serve
