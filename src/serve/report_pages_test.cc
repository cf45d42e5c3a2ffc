#include "serve/report_pages_internal.h"

#include <atomic>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

namespace videogen::serve {
namespace {

using namespace std::chrono_literals;

class Makes final : public Executor {
 public:
  std::function<Status(const Job&, const std::stop_token&)> how;
  mutable std::atomic<int> made = 0;
  std::optional<std::string> lacks(Skill) const override { return std::nullopt; }
  Result<std::string> check(Skill, std::string_view request, bool) const override {
    return std::string(request);
  }
  Ending run(const Job&, JobRun&) override { return {}; }
  bool resumable(const Job&, std::string_view) const override { return true; }
  Status make_page(const Job& job, const std::stop_token& stop) const override {
    ++made;
    return how(job, stop);
  }
};

Job job_of(int number) {
  Job job;
  job.id = "job-" + std::to_string(number);
  return job;
}

class ReportPagesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    JobsOptions options;
    options.data = std::filesystem::path(::testing::TempDir()) / "report-pages-test";
    std::filesystem::remove_all(options.data);
    auto opened = Jobs::open(options, executor_);
    ASSERT_TRUE(opened) << opened.error().message;
    jobs_ = *std::move(opened);
  }
  Makes executor_;
  std::unique_ptr<Jobs> jobs_;
};

TEST_F(ReportPagesTest, WhoAsksForTheSamePageAtOnceGetsTheOneThatIsMade) {
  std::atomic<bool> released = false;
  executor_.how = [&](const Job&, const std::stop_token&) -> Status {
    while (!released) std::this_thread::sleep_for(1ms);
    return {};
  };
  ReportPages pages(executor_, *jobs_);
  std::atomic<int> good = 0, asked = 0;
  std::vector<std::jthread> readers;
  for (int i = 0; i < 8; ++i)
    readers.emplace_back([&] {
      const auto making = pages.make(job_of(1));
      ++asked;
      const auto outcome = (*making)->wait(20s);
      good += outcome && *outcome ? 1 : 0;
    });
  while (asked < 8) std::this_thread::sleep_for(1ms);
  EXPECT_EQ((*pages.make(job_of(1)))->wait(0ms), std::nullopt);
  released = true;
  readers.clear();
  EXPECT_EQ(good, 8);
  EXPECT_EQ(executor_.made, 1);
  EXPECT_TRUE((*pages.make(job_of(1)))->wait(20s).value());
  EXPECT_EQ(executor_.made, 2);  // it is told, not remembered: the file is what is kept
}

TEST_F(ReportPagesTest, WhatGoesWrongIsToldAndTheNextPageIsMade) {
  executor_.how = [](const Job& job, const std::stop_token&) -> Status {
    if (job.id == "job-1") return fail(ErrorCode::corrupt, "no clip");
    if (job.id == "job-2") throw std::runtime_error("broken");
    return {};
  };
  ReportPages pages(executor_, *jobs_);
  const auto outcome = [&pages](int number) { return *(*pages.make(job_of(number)))->wait(20s); };
  EXPECT_EQ(outcome(1).error().code, ErrorCode::corrupt);
  EXPECT_EQ(outcome(2).error().code, ErrorCode::internal);
  EXPECT_TRUE(outcome(3));
}

TEST_F(ReportPagesTest, TheEndWaitsForNoPageAndTheQueueIsBounded) {
  executor_.how = [](const Job&, const std::stop_token& stop) -> Status {
    while (!stop.stop_requested()) std::this_thread::sleep_for(1ms);
    return fail(ErrorCode::interrupted, "stopped");
  };
  std::shared_ptr<const ReportPages::Making> running;
  {
    ReportPages pages(executor_, *jobs_);
    running = *pages.make(job_of(0));
    while (executor_.made == 0) std::this_thread::sleep_for(1ms);
    for (std::size_t i = 1; i <= ReportPages::kMostWaiting; ++i)
      EXPECT_TRUE(pages.make(job_of(static_cast<int>(i))));
    const auto refused = pages.make(job_of(1000));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::budget);
    EXPECT_TRUE(pages.make(job_of(1)));  // that one waits already
  }
  EXPECT_EQ(running->wait(0ms).value().error().code, ErrorCode::interrupted);
  EXPECT_EQ(executor_.made, 1);
}

}  // namespace
}  // namespace videogen::serve
