#include "serve/a2a_push_internal.h"

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include <gtest/gtest.h>

#include "net/server_for_test_internal.h"
#include "serve/a2a_task_internal.h"

namespace videogen::serve {
namespace {

using net::ServerForTest;
using nlohmann::json;

class Instant final : public Executor {
 public:
  std::optional<std::string> lacks(Skill) const override { return std::nullopt; }
  Result<std::string> check(Skill, std::string_view request, bool) const override {
    return std::string(request);
  }
  Ending run(const Job&, JobRun&) override { return {JobState::completed, "{}", {}, {}, ""}; }
  bool resumable(const Job&, std::string_view) const override { return true; }
};

class PushTest : public ::testing::Test {
 protected:
  PushTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "push-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    JobsOptions options;
    options.data = folder_;
    jobs_ = *Jobs::open(options, executor_);
    PushOptions push;
    push.guard = net::AddressGuard({*net::parse_ip_range("127.0.0.0/8")});
    push.first_pause = std::chrono::milliseconds(20);
    push.attempts = 3;
    push_ = std::make_unique<A2aPush>(*jobs_, push);
    jobs_->on_event([this](const Job& job, const JobEvent& event) {
      push_->told(job, event);
      told_ = event.id;
    });
  }
  ~PushTest() override {
    jobs_.reset();
    push_.reset();
    std::filesystem::remove_all(folder_);
  }
  // Its beginning has been told when it returns: nobody who comes later hears of that.
  Job job(std::string question) {
    Submission submission;
    submission.tenant = "t";
    submission.question = std::move(question);
    Job begun = jobs_->submit(std::move(submission))->job;
    EXPECT_TRUE(comes_true([&] { return told_ >= begun.last_event; }));
    return begun;
  }
  json add(const Job& job, const std::string& url, bool legacy = false) {
    return *push_->add(job, *push_->check({{"url", url}}), "http://h", legacy);
  }
  template <class Condition>
  static bool comes_true(Condition condition) {
    for (int i = 0; i < 500; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

  std::filesystem::path folder_;
  std::atomic<std::int64_t> told_{0};  // id of the newest event
  Instant executor_;
  std::unique_ptr<Jobs> jobs_;
  std::unique_ptr<A2aPush> push_;
};

TEST_F(PushTest, TriesAgainAndGivesUp) {
  std::atomic<int> failures{2};
  ServerForTest server(
      [&](const ServerForTest::Seen&) { return ServerForTest::Reply{failures-- > 0 ? 503 : 200}; });
  const Job waits = job("?");
  add(waits, server.url());
  ASSERT_TRUE(jobs_->cancel("t", waits.id));
  EXPECT_TRUE(comes_true([&] { return push_->counts().delivered == 1; }));
  EXPECT_EQ(server.seen().size(), 3);

  failures = 1000;
  const Job other = job("?");
  add(other, server.url());
  ASSERT_TRUE(jobs_->cancel("t", other.id));
  EXPECT_TRUE(comes_true([&] { return push_->counts().lost == 1; }));
  EXPECT_EQ(server.seen().size(), 6);
}

TEST_F(PushTest, DoesNotRepeatWhatARefusalAnswers) {
  ServerForTest server([](const ServerForTest::Seen&) { return ServerForTest::Reply{410}; });
  const Job waits = job("?");
  add(waits, server.url());
  ASSERT_TRUE(jobs_->cancel("t", waits.id));
  EXPECT_TRUE(comes_true([&] { return push_->counts().lost == 1; }));
  EXPECT_EQ(server.seen().size(), 1);
}

TEST_F(PushTest, TellsATaskThatHadEndedBefore) {
  ServerForTest server([](const ServerForTest::Seen&) { return ServerForTest::Reply{}; });
  const Job done = job("");
  // Told when nobody listened.
  ASSERT_TRUE(comes_true([&] {
    const auto now = jobs_->find("t", done.id);
    return is_end(now->state) && told_ >= now->last_event;
  }));
  add(done, server.url());
  EXPECT_TRUE(comes_true([&] {
    return !server.seen().empty() &&
           server.seen().back().body.find("TASK_STATE_COMPLETED") != std::string::npos;
  }));
}

TEST_F(PushTest, ASlowAddressHoldsNoOtherUp) {
  ServerForTest slow([](const ServerForTest::Seen&) {
    ServerForTest::Reply reply;
    reply.delay = std::chrono::seconds(8);
    return reply;
  });
  ServerForTest quick([](const ServerForTest::Seen&) { return ServerForTest::Reply{}; });
  const Job first = job("?"), second = job("?");
  add(first, slow.url());
  add(second, quick.url());
  const auto began = std::chrono::steady_clock::now();
  ASSERT_TRUE(jobs_->cancel("t", first.id));
  ASSERT_TRUE(jobs_->cancel("t", second.id));
  EXPECT_TRUE(comes_true([&] { return quick.seen().size() == 1; }));
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(6));
}

TEST_F(PushTest, ForgetsWhatIsRemoved) {
  ServerForTest server([](const ServerForTest::Seen&) { return ServerForTest::Reply{}; });
  const Job waits = job("?");
  const json config = add(waits, server.url());
  EXPECT_EQ(push_->all(waits.id).size(), 1);
  ASSERT_TRUE(push_->remove(waits.id, config["id"].get<std::string>()));
  EXPECT_TRUE(push_->all(waits.id).empty());
  ASSERT_TRUE(jobs_->cancel("t", waits.id));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_TRUE(server.seen().empty());
}

}  // namespace
}  // namespace videogen::serve
