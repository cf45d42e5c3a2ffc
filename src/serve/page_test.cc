// What the page says, and that nothing of what it shows can be more than text.
#include <atomic>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "serve/page_internal.h"
#include "serve/page_list_internal.h"

namespace videogen::serve {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kEvil = "\"><script>alert('1')</script>&";
constexpr const char* kEvilAsText =
    "&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;";

Job job_in(JobState state) {
  Job job;
  job.id = "0123456789abcdef0123456789abcdef";
  job.state = state;
  job.input_name = "clip.mp4";
  job.created_ms = 1'764'161'479'250;  // 2025-11-26 12:51:19.250 UTC
  job.started_ms = job.created_ms + 1000;
  if (is_end(state)) job.ended_ms = job.started_ms + 4200;
  return job;
}

std::string list_of(Job job) {
  SummaryCache summaries;
  JobsShown shown;
  shown.total = 1;
  shown.groups.push_back({"Ended", {std::move(job)}});
  return jobs_section(shown, summaries, "http://here");
}

std::string page_of(const Job& job, bool has_report_page = false) {
  return job_sections({job, {}, has_report_page});
}

TEST(PageText, WritesDurationsAndAmountsAsPeopleDo) {
  EXPECT_EQ(duration_text(0.04), "0.0 s");
  EXPECT_EQ(duration_text(9.94), "9.9 s");
  EXPECT_EQ(duration_text(9.96), "10 s");
  EXPECT_EQ(duration_text(59.6), "1 min 00 s");
  EXPECT_EQ(duration_text(185), "3 min 05 s");
  EXPECT_EQ(duration_text(7800), "2 h 10 min");
  EXPECT_EQ(bytes_text(0), "0 bytes");
  EXPECT_EQ(bytes_text(999), "999 bytes");
  EXPECT_EQ(bytes_text(999.6), "1.0 kB");
  EXPECT_EQ(bytes_text(1'234'567), "1.2 MB");
  EXPECT_EQ(bytes_text(1'073'741'824), "1.1 GB");
  EXPECT_EQ(bytes_text(123e9), "123 GB");
  EXPECT_EQ(moment(0), "");
  EXPECT_EQ(moment(1'764'161'479'250),
            "<time datetime=\"2025-11-26T12:51:19.250Z\">26 Nov, 12:51 UTC</time>");
}

TEST(PageText, NamesAJobByWhatWasSentOrAskedFor) {
  Job job;
  job.id = "abc";
  EXPECT_EQ(job_title(job), "abc");
  job.request = R"({"uri": "https://a.example/clips/sea.mp4?X-Goog-Signature=secret"})";
  EXPECT_EQ(job_title(job), "sea.mp4");
  job.request = R"({"uri": "https://a.example/"})";
  EXPECT_EQ(job_title(job), "https://a.example/");
  job.input_name = "sent.mp4";
  EXPECT_EQ(job_title(job), "sent.mp4");
  job.skill = Skill::generate;
  job.request = R"({"prompt": "a lighthouse"})";
  EXPECT_EQ(job_title(job), "a lighthouse");
}

TEST(PageText, CutsLongNamesBetweenCharacters) {
  EXPECT_EQ(middle_cut("short.mp4"), "short.mp4");
  // Fourteen bytes from the end lies inside a character of two.
  EXPECT_EQ(middle_cut("a-long-name-of-a-clip-\u00fcber-alles.mp4"),
            "<span class=\"cut\"><span class=\"start\">a-long-name-of-a-clip-</span>"
            "<span class=\"end\">\u00fcber-alles.mp4</span></span>");
  EXPECT_THAT(middle_cut("<b>" + std::string(40, 'x')), Not(HasSubstr("<b>")));
}

TEST(PageList, TellsAVerdictFromAFailure) {
  Job job = job_in(JobState::completed);
  job.result = R"({"verdict": "fail", "overall_coherence": 0.7319, "reasons": [
      {"message": "a <cut> at 1 s"}, {"message": "another"}]})";
  const std::string judged = list_of(job);
  EXPECT_THAT(judged, HasSubstr("data-state=\"completed\" class=\"fail\""));
  EXPECT_THAT(judged, HasSubstr("<b class=\"word\">fail</b>"));
  EXPECT_THAT(judged, HasSubstr(">0.732</span>"));
  EXPECT_THAT(judged, HasSubstr("a &lt;cut&gt; at 1 s, and 1 more"));
  EXPECT_THAT(judged, HasSubstr(">4.2 s</td>"));
  EXPECT_THAT(judged, Not(HasSubstr("data-cancel")));
  Job broken = job_in(JobState::failed);
  broken.error = Error{ErrorCode::corrupt, "not a <video>", {}};
  const std::string failed = list_of(broken);
  EXPECT_THAT(failed, HasSubstr("class=\"state failed\">failed"));
  EXPECT_THAT(failed, HasSubstr("not a &lt;video&gt;"));
  EXPECT_THAT(failed, Not(HasSubstr("class=\"word\"")));
}

TEST(PageList, ShowsHowFarARunningJobIs) {
  Job job = job_in(JobState::running);
  job.progress = 0.559;
  job.stage = "fetch<";
  EXPECT_THAT(list_of(job), AllOf(HasSubstr("value=\"55\""), HasSubstr(">fetch&lt;<"),
                                  HasSubstr("data-cancel=\"0123456789abcdef")));
}

TEST(PageList, ShowsTextOfOthersAsText) {
  for (const JobState state : {JobState::queued, JobState::running, JobState::input_required,
                               JobState::completed, JobState::failed, JobState::cancelled}) {
    Job job = job_in(state);
    job.input_name = job.stage = kEvil;
    job.request = fmt::format(R"({{"prompt": {0}, {0}: {0}, "uri": {0}}})",
                              R"("\"><script>alert('1')</script>&")");
    job.result = fmt::format(
        R"({{"verdict": {0}, "model": {0}, "reasons": [{{"message": {0}}}],
            "events": [{{"kind": {0}, "start_s": 1}}]}})",
        R"("\"><script>alert('1')</script>&")");
    if (state == JobState::failed) job.error = Error{ErrorCode::internal, kEvil, {}};
    JobEvent event;
    event.message = event.stage = event.artifact.name = kEvil;
    std::vector<JobEvent> events;
    for (const auto type : {JobEvent::Type::state, JobEvent::Type::progress,
                            JobEvent::Type::artifact, JobEvent::Type::message}) {
      event.type = type;
      events.push_back(event);
    }
    for (const Skill skill : {Skill::validate, Skill::enhance, Skill::generate}) {
      job.skill = skill;
      job.input = job.output = "/data/clip.mp4";
      for (const std::string& html :
           {list_of(job), page_of(job), page_of(job, true), job_sections({job, events, false})}) {
        EXPECT_THAT(html, Not(HasSubstr("<script")));
        EXPECT_THAT(html, Not(HasSubstr("alert('")));
      }
      EXPECT_THAT(page_of(job), HasSubstr(kEvilAsText));
    }
  }
  PageFrame frame;
  frame.title = frame.version = kEvil;
  EXPECT_THAT(*page_answer(frame).body.text(),
              AllOf(HasSubstr(kEvilAsText), Not(HasSubstr("<script>"))));
  EXPECT_THAT(trouble_section("Trouble", kEvil), HasSubstr(kEvilAsText));
}

TEST(PageList, ForgetsNoVerdictThatItHasRead) {
  SummaryCache summaries(2);
  Job job = job_in(JobState::completed);
  for (const char* verdict : {"pass", "fail", "unknown", "pass"}) {
    job.id += verdict;
    job.result = fmt::format(R"({{"verdict": "{}"}})", verdict);
    EXPECT_EQ(summaries.of(job).verdict, verdict);
    EXPECT_EQ(summaries.of(job).verdict, verdict);
  }
}

TEST(PageSummary, LeavesOutWhatIsNotThere) {
  Job job = job_in(JobState::completed);
  for (const char* result : {"", "null", "[]", "{", "{}", R"({"verdict": 3, "reasons": {}})",
                             R"({"reasons": [3], "events": [3, {}], "source": []})"}) {
    job.result = result;
    const Summary summary = summary_of(job);
    EXPECT_EQ(summary.verdict + summary.reason + summary.facts + summary.order, "") << result;
    EXPECT_FALSE(summary.coherence) << result;
    EXPECT_TRUE(summary.places.empty()) << result;
  }
}

TEST(PageSummary, FindsTheReportInsideAGeneration) {
  Job job = job_in(JobState::completed);
  job.skill = Skill::generate;
  job.result = R"({"model": "veo-3.1", "attempts": [{}, {}], "cost_estimate_usd": 1.2,
      "report": {"verdict": "pass", "overall_coherence": 0.9, "events": [{"kind": "cut",
      "start_s": 1.5}], "source": {"width": 1280, "height": 720, "duration_s": 8,
      "frame_rate": 23.976}}})";
  const Summary summary = summary_of(job);
  EXPECT_EQ(summary.verdict, "pass");
  EXPECT_EQ(summary.coherence, 0.9);
  EXPECT_EQ(summary.facts, "1280 × 720, 8 s, 23.98 frames/s");
  EXPECT_EQ(summary.order, "veo-3.1, 2 clips ordered, about 1.20 USD");
  ASSERT_EQ(summary.places.size(), 1);
  EXPECT_EQ(summary.places[0].kind, "cut");
  EXPECT_EQ(summary.places[0].time_s, 1.5);
  EXPECT_NEAR(summary.frame_s, 1 / 23.976, 1e-12);
}

TEST(PageJob, PutsTwoClipsSideBySideButNotAPictureBesideAClip) {
  Job job = job_in(JobState::completed);
  job.skill = Skill::enhance;
  job.input = "/data/in.mp4";
  EXPECT_THAT(page_of(job), AllOf(HasSubstr("id=\"clip\""), HasSubstr("/input\" controls"),
                                  Not(HasSubstr("class=\"pair\""))));
  job.output = "/data/out.mp4";
  EXPECT_THAT(page_of(job), AllOf(HasSubstr("id=\"sent\""), HasSubstr("id=\"made\"")));
  EXPECT_THAT(page_of(job, true), AllOf(HasSubstr("class=\"pair\""), HasSubstr("<iframe")));
  job.skill = Skill::generate;
  EXPECT_THAT(page_of(job), AllOf(HasSubstr("/output\" controls"), Not(HasSubstr("/input"))));
}

TEST(PageJob, SaysOfAStageOnlyHowFarItCame) {
  const Job job = job_in(JobState::running);
  std::vector<JobEvent> events;
  for (const auto& [stage, progress] :
       {std::pair("fetch", 0.05), std::pair("fetch", 0.2), std::pair("validate", 0.5)}) {
    JobEvent event;
    event.type = JobEvent::Type::progress;
    event.stage = stage;
    event.progress = progress;
    events.push_back(event);
  }
  EXPECT_THAT(job_sections({job, events, false}),
              AllOf(HasSubstr("fetch <span class=\"small\">20 %"),
                    HasSubstr("validate <span class=\"small\">50 %"), Not(HasSubstr(">5 %"))));
}

TEST(PageGauges, ShowThePoolWhereThereIsOne) {
  Load load;
  load.running = 1;
  load.workers = 4;
  load.queued = 3;
  load.bytes_kept = 5'000'000;
  const std::string without = gauges_section(load, "videogen_pool_leased_bytes 5\n");
  EXPECT_THAT(without, AllOf(HasSubstr("width=\"25.0\""), HasSubstr("5.0 MB"),
                             Not(HasSubstr("Memory pool")), Not(HasSubstr("about to end"))));
  load.draining = true;
  EXPECT_THAT(gauges_section(load,
                             "# HELP videogen_pool_leased_bytes 7\n"
                             "videogen_pool_leased_bytes{device=\"0\"} 9\n"
                             "videogen_pool_leased_bytes 2.5e+08\n"
                             "videogen_pool_capacity_bytes 1000000000"),
              AllOf(HasSubstr("250 MB"), HasSubstr("of 1.0 GB"), HasSubstr("width=\"25.0\""),
                    HasSubstr("about to end")));
}

TEST(PageForms, OfferWhatTheServiceCan) {
  FormsShown forms;
  forms.max_upload = 1'000'000;
  EXPECT_THAT(forms_section(forms),
              AllOf(HasSubstr("1.0 MB"), HasSubstr("data-most-bytes=\"1000000\""),
                    Not(HasSubstr("/v1/generations"))));
  forms.generates = true;
  EXPECT_THAT(forms_section(forms), HasSubstr("/v1/generations"));
}

// Runs nothing before it is told to.
class Waiting final : public Executor {
 public:
  std::optional<std::string> lacks(Skill) const override { return std::nullopt; }
  Result<std::string> check(Skill, std::string_view request, bool) const override {
    return std::string(request);
  }
  Ending run(const Job&, JobRun& run) override {
    while (!go && !run.stop().stop_requested()) std::this_thread::sleep_for(2ms);
    return {};
  }
  bool resumable(const Job&, std::string_view) const override { return true; }
  std::atomic<bool> go = false;
};

TEST(PageList, ShowsWhatGoesOnBeforeWhatHasEnded) {
  const auto data = std::filesystem::path(::testing::TempDir()) / "page_list_test";
  std::filesystem::remove_all(data);
  Waiting waiting;
  JobsOptions options;
  options.data = data;
  options.workers = 1;
  auto jobs = *Jobs::open(options, waiting);
  for (int i = 0; i < 30; ++i) {
    Submission submission;
    submission.tenant = "ours";
    ASSERT_TRUE(jobs->submit(std::move(submission)));
  }
  while (jobs->load().running < 1) std::this_thread::sleep_for(2ms);
  JobsShown shown = *list_jobs(*jobs, "ours", {});
  ASSERT_EQ(shown.groups.size(), 4);
  EXPECT_EQ(shown.groups[0].jobs.size(), 1);
  EXPECT_EQ(shown.groups[1].jobs.size(), 8);
  EXPECT_EQ(shown.groups[1].more, 21);
  EXPECT_TRUE(shown.groups[3].jobs.empty());
  EXPECT_EQ(shown.groups[3].more, 0);
  EXPECT_EQ(std::tuple(shown.total, shown.running, shown.waiting), std::tuple(30, 1, 29));
  EXPECT_EQ(list_jobs(*jobs, "theirs", {})->total, 0);
  waiting.go = true;
  while (jobs->load().running + jobs->load().queued > 0) std::this_thread::sleep_for(2ms);
  shown = *list_jobs(*jobs, "ours", {});
  EXPECT_EQ(shown.groups[3].jobs.size(), 30);
  EXPECT_EQ(shown.groups[3].more, 0);
  const JobsShown completed = *list_jobs(*jobs, "ours", {{"status", "completed"}});
  EXPECT_EQ(completed.groups.at(0).jobs.size(), 30);
  EXPECT_EQ(completed.older_url, "");
  for (const auto& [name, value] : {std::pair("status", "done"), std::pair("colour", "red")})
    EXPECT_EQ(list_jobs(*jobs, "ours", {{name, value}}).error().code, ErrorCode::usage);
  jobs->shut_down(1s);
}

}  // namespace
}  // namespace videogen::serve
