#include "generate/watch.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "net/server_for_test_internal.h"

namespace videogen::generate {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

// What a receiver got, by the last part of its address.
class Watched : public testing::Test {
 protected:
  Watched() {
    order_.backend = "veo";
    order_.model = "veo-3.1-generate-001";
    order_.prompt = "a \"secret\" lighthouse";
    order_.seed = 7;
    order_.samples = 2;
  }
  net::TelemetryOptions options(bool content) const {
    net::TelemetryOptions options;
    options.traces_url = server_.url("/v1/traces");
    options.logs_url = server_.url("/v1/logs");
    options.content = content;
    return options;
  }
  json span() const {
    return received("/v1/traces")["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
  }
  json event() const {
    return received("/v1/logs")["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0];
  }
  json received(const std::string& target) const {
    for (const auto& seen : server_.seen())
      if (seen.target == target) return json::parse(seen.body);
    ADD_FAILURE() << "nothing came to " << target;
    return {};
  }
  static std::map<std::string, json> attributes(const json& item) {
    std::map<std::string, json> found;
    for (const json& entry : item["attributes"])
      found[entry["key"].get<std::string>()] = *entry["value"].begin();
    return found;
  }

  net::ServerForTest server_{[](const auto&) { return net::ServerForTest::Reply{}; }};
  Order order_;
};

TEST_F(Watched, GenerationHasTheNamesOfTheConventions) {
  {
    net::Telemetry telemetry(options(false));
    net::Span span =
        watch_generation(telemetry, order_, "https://us-central1-aiplatform.x:8443/v1");
    name_operation(span, "projects/p/operations/1");
  }
  const json sent = span();
  EXPECT_EQ(sent["name"], "generate_content veo-3.1-generate-001");
  EXPECT_EQ(sent["kind"], 3);
  const std::map<std::string, json> expected{{"gen_ai.operation.name", "generate_content"},
                                             {"gen_ai.provider.name", "gcp.vertex_ai"},
                                             {"gen_ai.output.type", "video"},
                                             {"gen_ai.request.model", "veo-3.1-generate-001"},
                                             {"gen_ai.request.seed", "7"},
                                             {"gen_ai.request.choice.count", "2"},
                                             {"gen_ai.response.id", "projects/p/operations/1"},
                                             {"server.address", "us-central1-aiplatform.x"},
                                             {"server.port", "8443"}};
  EXPECT_EQ(attributes(sent), expected);
  EXPECT_THAT(sent.dump(), Not(HasSubstr("lighthouse")));
}

TEST_F(Watched, PromptIsTheirsOnlyWhereSwitchedOn) {
  {
    net::Telemetry telemetry(options(true));
    const net::Span ended = watch_generation(telemetry, order_, "https://h");
  }
  const json messages =
      json::parse(attributes(span()).at("gen_ai.input.messages").get<std::string>());
  EXPECT_EQ(messages[0]["role"], "user");
  EXPECT_EQ(messages[0]["parts"][0]["content"], "a \"secret\" lighthouse");
}

TEST_F(Watched, OpinionIsAnEvaluationOfItsCall) {
  {
    net::Telemetry telemetry(options(false));
    const net::Span span = watch_judge(telemetry, "qwen", "http://127.0.0.1:8000");
    coherence::Opinion opinion;
    opinion.score = 4.5;
    opinion.gate = 6;
    opinion.comment = "a lighthouse";
    tell_opinion(telemetry, span, opinion);
  }
  const json told = event();
  EXPECT_EQ(told["eventName"], "gen_ai.evaluation.result");
  EXPECT_EQ(told["spanId"], span()["spanId"]);
  const std::map<std::string, json> expected{{"gen_ai.evaluation.name", "clip_quality"},
                                             {"gen_ai.evaluation.score.value", 4.5},
                                             {"gen_ai.evaluation.score.label", "fail"}};
  EXPECT_EQ(attributes(told), expected);
}

}  // namespace
}  // namespace videogen::generate
