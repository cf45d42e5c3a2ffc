#include "serve/a2a_task_internal.h"

#include <gtest/gtest.h>

#include "serve/a2a_legacy_internal.h"

namespace videogen::serve {
namespace {

using nlohmann::json;

Job finished() {
  Job job;
  job.id = "j";
  job.context = "c";
  job.state = JobState::completed;
  job.result = R"({"verdict": "fail", "reasons": [{"message": "a cut"}, {"message": "flicker"}]})";
  job.messages = {R"({"messageId": "1", "role": "ROLE_USER", "parts": [{"text": "a"}]})",
                  R"({"messageId": "2", "role": "ROLE_AGENT", "parts": [{"data": 1}]})"};
  job.output = "/data/jobs/j/out.mp4";
  job.updated_ms = 951'827'696'789;
  return job;
}

TEST(A2aTask, WritesAndReadsTimes) {
  // date -u -d @951827696
  EXPECT_EQ(timestamp(951'827'696'789), "2000-02-29T12:34:56.789Z");
  EXPECT_EQ(timestamp(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(unix_ms("2000-02-29T12:34:56.789Z"), 951'827'696'789);
  EXPECT_EQ(unix_ms("2000-02-29T12:34:56Z"), 951'827'696'000);
  EXPECT_EQ(unix_ms("2000-02-29t14:34:56.7891234+02:00"), 951'827'696'789);
  EXPECT_EQ(unix_ms("2000-02-29T12:04:56.7-00:30"), 951'827'696'700);
  for (const char* wrong :
       {"", "2000-02-30T00:00:00Z", "2000-02-29", "2000-02-29T12:34:56", "2000-02-29T24:00:00Z",
        "2000-02-29T12:34:56.Z", "2000-02-29T12:34:56+2:00", "2000-02-29 12:34:56Z", "x"})
    EXPECT_EQ(unix_ms(wrong), std::nullopt) << wrong;
}

TEST(A2aTask, NamesStatesBothWays) {
  for (const JobState state :
       {JobState::queued, JobState::running, JobState::input_required, JobState::completed,
        JobState::failed, JobState::cancelled, JobState::rejected})
    EXPECT_EQ(job_state_of(task_state(state)), state);
  EXPECT_EQ(job_state_of("2"), JobState::running);
  EXPECT_EQ(job_state_of("TASK_STATE_AUTH_REQUIRED"), std::nullopt);
}

TEST(A2aTask, ShowsAFinishedJob) {
  const json task = task_of(finished(), {"http://h", std::nullopt, true});
  EXPECT_EQ(task["status"]["state"], "TASK_STATE_COMPLETED");
  EXPECT_EQ(task["status"]["message"]["parts"][0]["text"], "fail: a cut; flicker");
  EXPECT_EQ(task["status"]["timestamp"], "2000-02-29T12:34:56.789Z");
  ASSERT_EQ(task["artifacts"].size(), 2);
  EXPECT_EQ(task["artifacts"][0]["parts"][0]["data"]["verdict"], "fail");
  EXPECT_EQ(task["artifacts"][1]["parts"][0]["url"], "http://h/v1/jobs/j/output");
  EXPECT_EQ(task["history"][1]["taskId"], "j");
  EXPECT_EQ(task["metadata"], (json{{"skill", "validate"}}));
}

TEST(A2aTask, GivesAsMuchHistoryAsAsked) {
  EXPECT_FALSE(task_of(finished(), {"", 0, true}).contains("history"));
  const json task = task_of(finished(), {"", 1, false});
  ASSERT_EQ(task["history"].size(), 1);
  EXPECT_EQ(task["history"][0]["messageId"], "2");
  EXPECT_FALSE(task.contains("artifacts"));
  EXPECT_EQ(task_of(finished(), {"", 9, true})["history"].size(), 2);
}

TEST(A2aTask, SendsALargeReportByItsAddress) {
  Job job = finished();
  job.result = json{{"similarities", std::string(kMostInlineBytes, 'x')}}.dump();
  const json part = task_of(job, {"http://h", 0, true})["artifacts"][0]["parts"][0];
  EXPECT_FALSE(part.contains("data"));
  EXPECT_EQ(part["url"], "http://h/v1/jobs/j/report");
}

TEST(A2aTask, AJobOfAnotherDoorIsAConversationOfItsOwn) {
  Job job = finished();
  job.context.clear();
  EXPECT_EQ(task_of(job, {})["contextId"], "j");
}

TEST(A2aTask, TellsProgressAsAStatus) {
  JobEvent event;
  event.id = 7;
  event.type = JobEvent::Type::progress;
  event.state = JobState::running;
  event.progress = 0.425;
  event.stage = "decode";
  Job job = finished();
  const json update = update_of(job, event, "")["statusUpdate"];
  EXPECT_EQ(update["status"]["state"], "TASK_STATE_WORKING");
  EXPECT_EQ(update["status"]["message"]["parts"][0]["text"], "decode: 43 %");
  EXPECT_EQ(update["metadata"], (json{{"progress", 0.425}, {"stage", "decode"}}));
}

TEST(A2aLegacy, SaysTheSameInTheShapesOf03) {
  const json task = legacy_task(task_of(finished(), {"http://h", std::nullopt, true}));
  EXPECT_EQ(task["kind"], "task");
  EXPECT_EQ(task["status"]["state"], "completed");
  EXPECT_EQ(task["status"]["message"]["kind"], "message");
  EXPECT_EQ(task["status"]["message"]["role"], "agent");
  EXPECT_EQ(task["history"][0]["parts"][0], (json{{"kind", "text"}, {"text", "a"}}));
  // Data of 0.3 is an object.
  EXPECT_EQ(task["history"][1]["parts"][0], (json{{"kind", "data"}, {"data", {{"value", 1}}}}));
  EXPECT_EQ(task["artifacts"][1]["parts"][0], (json{{"kind", "file"},
                                                    {"file",
                                                     {{"uri", "http://h/v1/jobs/j/output"},
                                                      {"name", "out.mp4"},
                                                      {"mimeType", "video/mp4"}}}}));
}

TEST(A2aLegacy, MarksTheLastUpdateOfAStream) {
  const auto final_of = [](JobState state) {
    JobEvent event;
    event.state = state;
    return legacy_item(update_of(finished(), event, ""))["final"];
  };
  EXPECT_EQ(final_of(JobState::running), false);
  EXPECT_EQ(final_of(JobState::input_required), true);
  EXPECT_EQ(final_of(JobState::completed), true);
}

TEST(A2aLegacy, ReadsRequestsOf03) {
  const json params{
      {"message",
       {{"kind", "message"},
        {"messageId", "m"},
        {"role", "user"},
        {"parts",
         {{{"kind", "text"}, {"text", "a"}},
          {{"kind", "file"},
           {"file", {{"bytes", "AA=="}, {"name", "n"}, {"mimeType", "video/mp4"}}}}}}}},
      {"configuration",
       {{"blocking", false},
        {"pushNotificationConfig",
         {{"url", "u"},
          {"token", "t"},
          {"authentication", {{"schemes", {"Bearer"}}, {"credentials", "c"}}}}}}}};
  EXPECT_EQ(
      modern_params("message/send", params),
      (json{
          {"message",
           {{"messageId", "m"},
            {"role", "ROLE_USER"},
            {"parts",
             {{{"text", "a"}}, {{"raw", "AA=="}, {"filename", "n"}, {"mediaType", "video/mp4"}}}}}},
          {"configuration",
           {{"returnImmediately", true},
            {"taskPushNotificationConfig",
             {{"url", "u"},
              {"token", "t"},
              {"authentication", {{"scheme", "Bearer"}, {"credentials", "c"}}}}}}}}));
  // Waiting is what 0.3 does, too, unless it is told not to.
  EXPECT_FALSE(
      modern_params("message/send", {{"configuration", json::object()}})["configuration"].contains(
          "returnImmediately"));
  EXPECT_EQ(modern_method("tasks/resubscribe"), "SubscribeToTask");
  EXPECT_EQ(modern_method("tasks/dance"), "");
}

}  // namespace
}  // namespace videogen::serve
