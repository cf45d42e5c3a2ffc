#include "net/telemetry.h"

#include <zlib.h>

#include <map>
#include <mutex>
#include <set>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "net/server_for_test_internal.h"

namespace videogen::net {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::SizeIs;
using Clock = std::chrono::steady_clock;
using Reply = ServerForTest::Reply;
using Seen = ServerForTest::Seen;

// A receiver that takes nothing that OTLP's JSON does not allow: the members of
// opentelemetry-proto's messages in lowerCamelCase, ids in hex, 64-bit integers as text, enums
// as integers. What is wrong is listed.
class Strict {
 public:
  static std::vector<std::string> errors(const json& body, bool traces) {
    Strict strict;
    strict.members(body, "", {traces ? "resourceSpans" : "resourceLogs"});
    for (const json& group : body.at(traces ? "resourceSpans" : "resourceLogs")) {
      strict.members(group, "group",
                     {"resource", traces ? "scopeSpans" : "scopeLogs", "schemaUrl"});
      strict.members(group.at("resource"), "resource", {"attributes", "droppedAttributesCount"});
      strict.attributes(group.at("resource").at("attributes"));
      for (const json& scope : group.at(traces ? "scopeSpans" : "scopeLogs")) {
        strict.members(scope, "scope", {"scope", traces ? "spans" : "logRecords", "schemaUrl"});
        strict.members(scope.at("scope"), "scope.scope", {"name", "version", "attributes"});
        for (const json& item : scope.at(traces ? "spans" : "logRecords"))
          traces ? strict.span(item) : strict.log(item);
      }
    }
    return strict.errors_;
  }

 private:
  void expect(bool holds, const std::string& what) {
    if (!holds) errors_.push_back(what);
  }
  void members(const json& object, const std::string& what, const std::set<std::string>& known) {
    expect(object.is_object(), what + " is no object");
    for (const auto& [key, value] : object.items())
      expect(known.contains(key), what + " has an unknown member " + key);
  }
  void id(const json& object, const char* key, std::size_t digits) {
    expect(object.contains(key) && object[key].is_string() &&
               object[key].get<std::string>().size() == digits &&
               object[key].get<std::string>().find_first_not_of("0123456789abcdef") ==
                   std::string::npos,
           std::string(key) + " is not hex");
  }
  void number_text(const json& value, const std::string& what) {
    expect(value.is_string() && !value.get<std::string>().empty() &&
               value.get<std::string>().find_first_not_of("-0123456789") == std::string::npos,
           what + " is no 64-bit integer as text");
  }
  void attributes(const json& list) {
    std::set<std::string> keys;
    for (const json& item : list) {
      members(item, "attribute", {"key", "value"});
      expect(keys.insert(item.at("key").get<std::string>()).second, "a key twice");
      const json& value = item.at("value");
      members(value, "value", {"stringValue", "boolValue", "intValue", "doubleValue"});
      expect(value.size() == 1, "a value of several kinds");
      if (value.contains("stringValue")) expect(value["stringValue"].is_string(), "stringValue");
      if (value.contains("boolValue")) expect(value["boolValue"].is_boolean(), "boolValue");
      if (value.contains("intValue")) number_text(value["intValue"], "intValue");
      if (value.contains("doubleValue"))
        expect(value["doubleValue"].is_number() || value["doubleValue"] == "NaN", "doubleValue");
    }
  }
  void span(const json& span) {
    members(span, "span",
            {"traceId", "spanId", "traceState", "parentSpanId", "flags", "name", "kind",
             "startTimeUnixNano", "endTimeUnixNano", "attributes", "events", "links", "status"});
    id(span, "traceId", 32);
    id(span, "spanId", 16);
    if (span.contains("parentSpanId")) id(span, "parentSpanId", 16);
    expect(span.at("flags").is_number_unsigned(), "flags");
    expect(span.at("kind").is_number_integer() && span["kind"] >= 1 && span["kind"] <= 5, "kind");
    number_text(span.at("startTimeUnixNano"), "startTimeUnixNano");
    number_text(span.at("endTimeUnixNano"), "endTimeUnixNano");
    attributes(span.at("attributes"));
    members(span.at("status"), "status", {"code", "message"});
    expect(span["status"].at("code").is_number_integer(), "status.code");
  }
  void log(const json& log) {
    members(log, "log",
            {"timeUnixNano", "observedTimeUnixNano", "severityNumber", "severityText", "body",
             "attributes", "flags", "traceId", "spanId", "eventName"});
    number_text(log.at("timeUnixNano"), "timeUnixNano");
    number_text(log.at("observedTimeUnixNano"), "observedTimeUnixNano");
    expect(log.at("severityNumber").is_number_integer(), "severityNumber");
    if (log.contains("traceId")) id(log, "traceId", 32);
    if (log.contains("spanId")) id(log, "spanId", 16);
    attributes(log.at("attributes"));
  }

  std::vector<std::string> errors_;
};

std::string gunzipped(const std::string& bytes) {
  std::string out(1 << 20, '\0');
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = uInt(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = uInt(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

class Receiver {
 public:
  explicit Receiver(std::function<Reply(int request)> reply = [](int) { return Reply{}; })
      : server_([this, reply = std::move(reply)](const Seen& seen) { return reply(take(seen)); }) {}
  [[nodiscard]] std::string url() const { return server_.url(""); }
  [[nodiscard]] std::vector<json> traces() const { return bodies("/v1/traces"); }
  [[nodiscard]] std::vector<json> logs() const { return bodies("/v1/logs"); }
  [[nodiscard]] std::vector<Seen> seen() const { return server_.seen(); }
  [[nodiscard]] json only_span() const {
    const auto all = traces();
    EXPECT_THAT(all, SizeIs(1));
    if (all.empty()) return {};
    return all[0]["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
  }

 private:
  int take(const Seen& seen) {
    const std::lock_guard lock(mutex_);
    const bool packed = seen.headers.first("Content-Encoding") == "gzip";
    const json body = json::parse(packed ? gunzipped(seen.body) : seen.body, nullptr, false);
    EXPECT_FALSE(body.is_discarded());
    EXPECT_EQ(seen.method, "POST");
    EXPECT_EQ(seen.headers.first("Content-Type"), "application/json");
    EXPECT_THAT(Strict::errors(body, seen.target == "/v1/traces"), IsEmpty());
    bodies_[seen.target].push_back(body);
    return ++requests_;
  }
  std::vector<json> bodies(const std::string& target) const {
    const std::lock_guard lock(mutex_);
    const auto found = bodies_.find(target);
    return found == bodies_.end() ? std::vector<json>() : found->second;
  }

  mutable std::mutex mutex_;
  std::map<std::string, std::vector<json>> bodies_;
  int requests_ = 0;
  ServerForTest server_;
};

using Environment = std::map<std::string, std::string>;
TelemetryOptions options(const Environment& environment) {
  return telemetry_from_environment([&](const char* name) -> std::optional<std::string> {
    const auto found = environment.find(name);
    if (found == environment.end()) return std::nullopt;
    return found->second;
  });
}
TelemetryOptions to(const Receiver& receiver, Environment more = {}) {
  more["OTEL_EXPORTER_OTLP_ENDPOINT"] = receiver.url();
  return options(more);
}

std::string attribute(const json& item, const std::string& key) {
  for (const json& entry : item["attributes"])
    if (entry["key"] == key) return entry["value"].begin()->dump();
  return "absent";
}

TEST(Telemetry, SendsSpansInTheFormOfOtlp) {
  const Receiver receiver;
  {
    Telemetry telemetry(
        to(receiver, {{"OTEL_SERVICE_NAME", "clips"},
                      {"OTEL_RESOURCE_ATTRIBUTES", "service.name=other,deployment=a%20b"}}));
    Span parent = telemetry.start("outer", SpanKind::internal, {});
    Span child = telemetry.start("generate_content veo", SpanKind::client,
                                 {{"gen_ai.request.seed", std::int64_t{4'294'967'295}},
                                  {"text", "a \"quote\" é"},
                                  {"flag", true},
                                  {"share", 0.5}},
                                 parent.context());
    child.set("flag", false);
    child.fail("429", "quota");
    EXPECT_EQ(child.header(),
              "00-" + parent.context()->trace_id + "-" + child.context()->span_id + "-01");
    child.end();
    child.end();
    parent.end();
    EXPECT_TRUE(telemetry.flush(5s));
    EXPECT_EQ(telemetry.counts().sent, 2u);
  }
  const auto bodies = receiver.traces();
  ASSERT_THAT(bodies, SizeIs(1));
  const json& group = bodies[0]["resourceSpans"][0];
  EXPECT_EQ(attribute(group["resource"], "service.name"), "\"clips\"");
  EXPECT_EQ(attribute(group["resource"], "deployment"), "\"a b\"");
  const json& spans = group["scopeSpans"][0]["spans"];
  ASSERT_THAT(spans, SizeIs(2));
  EXPECT_EQ(spans[0]["name"], "generate_content veo");
  EXPECT_EQ(spans[0]["kind"], 3);
  EXPECT_EQ(spans[0]["traceId"], spans[1]["traceId"]);
  EXPECT_EQ(spans[0]["parentSpanId"], spans[1]["spanId"]);
  EXPECT_FALSE(spans[1].contains("parentSpanId"));
  EXPECT_EQ(attribute(spans[0], "gen_ai.request.seed"), "\"4294967295\"");
  EXPECT_EQ(attribute(spans[0], "flag"), "false");
  EXPECT_EQ(attribute(spans[0], "error.type"), "\"429\"");
  EXPECT_EQ(spans[0]["status"], (json{{"code", 2}, {"message", "quota"}}));
  EXPECT_EQ(spans[1]["status"], (json{{"code", 0}}));
  EXPECT_LE(std::stoull(spans[1]["startTimeUnixNano"].get<std::string>()),
            std::stoull(spans[0]["startTimeUnixNano"].get<std::string>()));
}

TEST(Telemetry, SendsEventsAsLogs) {
  const Receiver receiver;
  {
    Telemetry telemetry(to(receiver));
    const Span span = telemetry.start("chat m", SpanKind::client, {});
    telemetry.record({.name = "gen_ai.evaluation.result",
                      .time = std::chrono::system_clock::time_point(1500ms),
                      .context = span.context(),
                      .attributes = {{"gen_ai.evaluation.score.value", 7.5}}});
  }
  const auto logs = receiver.logs();
  ASSERT_THAT(logs, SizeIs(1));
  const json& record = logs[0]["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0];
  EXPECT_EQ(record["eventName"], "gen_ai.evaluation.result");
  EXPECT_EQ(record["timeUnixNano"], "1500000000");
  EXPECT_EQ(attribute(record, "gen_ai.evaluation.score.value"), "7.5");
  EXPECT_EQ(record["spanId"], receiver.only_span()["spanId"]);
}

TEST(Telemetry, GoesOnATraceThatCameFromElsewhere) {
  const std::string trace = "0af7651916cd43dd8448eb211c80319c", span = "b7ad6b7169203331";
  const Receiver receiver;
  {
    Telemetry telemetry(to(receiver, {{"TRACEPARENT", "00-" + trace + "-" + span + "-01"},
                                      {"TRACESTATE", "vendor=1"}}));
    Span mine = telemetry.start("a", SpanKind::client, {});
    EXPECT_THAT(mine.header(), HasSubstr(trace));
    EXPECT_THAT(mine.header(), Not(HasSubstr(span)));
  }
  const json sent = receiver.only_span();
  EXPECT_EQ(sent["traceId"], trace);
  EXPECT_EQ(sent["parentSpanId"], span);
  EXPECT_EQ(sent["traceState"], "vendor=1");
}

TEST(Telemetry, DoesNotSendWhatIsNotSampledButPassesItOn) {
  const std::string trace = "0af7651916cd43dd8448eb211c80319c", span = "b7ad6b7169203331";
  const Receiver receiver;
  {
    Telemetry telemetry(to(receiver, {{"TRACEPARENT", "00-" + trace + "-" + span + "-00"}}));
    EXPECT_THAT(telemetry.start("a", SpanKind::client, {}).header(),
                MatchesRegex("00-" + trace + "-[0-9a-f]{16}-00"));
    Telemetry off(to(receiver, {{"OTEL_TRACES_SAMPLER", "always_off"}}));
    EXPECT_THAT(off.start("a", SpanKind::client, {}).header(), HasSubstr("-00"));
  }
  EXPECT_THAT(receiver.seen(), IsEmpty());
  // With no receiver at all.
  Telemetry none(options({{"TRACEPARENT", "00-" + trace + "-" + span + "-01"}}));
  EXPECT_FALSE(none.on());
  EXPECT_EQ(none.start("a", SpanKind::client, {}).header(), "00-" + trace + "-" + span + "-01");
  Telemetry silent(options({}));
  EXPECT_EQ(silent.start("a", SpanKind::client, {}).header(), "");
}

TEST(Telemetry, TakesAShareOfTheTraces) {
  const Receiver receiver;
  Telemetry telemetry(
      to(receiver, {{"OTEL_TRACES_SAMPLER", "traceidratio"}, {"OTEL_TRACES_SAMPLER_ARG", "0.25"}}));
  int sampled = 0;
  for (int i = 0; i < 2000; ++i)
    sampled += telemetry.start("a", SpanKind::client, {}).context()->sampled ? 1 : 0;
  EXPECT_NEAR(sampled, 500, 100);  // five standard deviations
}

TEST(Telemetry, RepeatsWhatOtlpSaysAndNothingElse) {
  for (const auto& [status, requests] :
       std::map<int, std::size_t>{{503, 2}, {429, 2}, {502, 2}, {400, 1}, {500, 1}, {404, 1}}) {
    const Receiver receiver([status = status](int request) {
      Reply reply{.status = request == 1 ? status : 200, .body = "{}"};
      if (request == 1) reply.headers.set("Retry-After", "0");
      return reply;
    });
    Telemetry telemetry(to(receiver));
    telemetry.start("a", SpanKind::client, {}).end();
    EXPECT_TRUE(telemetry.flush(10s));
    EXPECT_THAT(receiver.seen(), SizeIs(requests)) << status;
    EXPECT_EQ(telemetry.counts().sent, requests - 1) << status;
    EXPECT_EQ(telemetry.counts().dropped, 2 - requests) << status;
  }
}

TEST(Telemetry, CountsWhatTheReceiverRefuses) {
  const Receiver receiver([](int) {
    return Reply{.body = R"({"partialSuccess": {"rejectedSpans": "1", "errorMessage": "no"}})"};
  });
  Telemetry telemetry(to(receiver));
  telemetry.start("a", SpanKind::client, {}).end();
  telemetry.start("b", SpanKind::client, {}).end();
  EXPECT_TRUE(telemetry.flush(5s));
  EXPECT_EQ(telemetry.counts().rejected, 1u);
  EXPECT_EQ(telemetry.counts().sent, 1u);
  EXPECT_THAT(receiver.seen(), SizeIs(1)) << "not repeated";
}

TEST(Telemetry, DropsWhatDoesNotFitAndNeverWaits) {
  // A receiver that takes the connection and says nothing.
  const Receiver receiver([](int) { return Reply{.fault = Reply::Fault::stall}; });
  TelemetryOptions wanted =
      to(receiver, {{"OTEL_BSP_MAX_QUEUE_SIZE", "8"}, {"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "4"}});
  wanted.linger = 200ms;
  const auto start = Clock::now();
  {
    Telemetry telemetry(std::move(wanted));
    for (int i = 0; i < 1000; ++i) telemetry.start("a", SpanKind::client, {}).end();
    EXPECT_LT(Clock::now() - start, 1s);
    EXPECT_GE(telemetry.counts().dropped, 980u);
  }
  EXPECT_LT(Clock::now() - start, 3s) << "the end waits for `linger`";
}

TEST(Telemetry, IsNotHeldUpByAReceiverThatIsNotThere) {
  const auto start = Clock::now();
  {
    TelemetryOptions wanted = options({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9"}});
    wanted.linger = 100ms;
    Telemetry telemetry(std::move(wanted));
    telemetry.start("a", SpanKind::client, {}).end();
  }
  EXPECT_LT(Clock::now() - start, 2s);
}

TEST(Telemetry, SendsHeadersAndPacksWhereAsked) {
  const Receiver receiver;
  {
    Telemetry telemetry(to(receiver, {{"OTEL_EXPORTER_OTLP_HEADERS", "x-key=a%3Db, x-more = c"},
                                      {"OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"}}));
    telemetry.start("packed", SpanKind::client, {}).end();
  }
  EXPECT_EQ(receiver.only_span()["name"], "packed");
  const auto seen = receiver.seen();
  ASSERT_THAT(seen, SizeIs(1));
  EXPECT_EQ(seen[0].headers.first("x-key"), "a=b");
  EXPECT_EQ(seen[0].headers.first("x-more"), "c");
}

TEST(TelemetryEnvironment, IsOffUnlessAnEndpointIsConfigured) {
  EXPECT_EQ(options({}).traces_url, "");
  EXPECT_EQ(options({{"OTEL_EXPORTER_OTLP_ENDPOINT", " "}}).traces_url, "");
  const Environment set{{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://h:4318"}};
  EXPECT_EQ(options(set).traces_url, "http://h:4318/v1/traces");
  EXPECT_EQ(options(set).logs_url, "http://h:4318/v1/logs");
  const auto with = [&set](const std::string& name, const std::string& value) {
    Environment more = set;
    more[name] = value;
    return options(more);
  };
  EXPECT_EQ(with("OTEL_SDK_DISABLED", "TRUE").traces_url, "");
  EXPECT_EQ(with("OTEL_SDK_DISABLED", "1").traces_url, "http://h:4318/v1/traces");
  EXPECT_EQ(with("OTEL_TRACES_EXPORTER", "none").traces_url, "");
  EXPECT_EQ(with("OTEL_TRACES_EXPORTER", "none").logs_url, "http://h:4318/v1/logs");
  EXPECT_EQ(with("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://t/x").traces_url, "http://t/x");
  EXPECT_EQ(with("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc").traces_url, "");
  EXPECT_THAT(with("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc").warnings, Not(IsEmpty()));
  EXPECT_THAT(with("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json").warnings, IsEmpty());
}

TEST(TelemetryEnvironment, WarnsAndKeepsTheDefault) {
  const auto warned = [](const std::string& name, const std::string& value) {
    return options({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://h"}, {name, value}}).warnings;
  };
  EXPECT_THAT(warned("OTEL_BSP_MAX_QUEUE_SIZE", "many"),
              ElementsAre(HasSubstr("OTEL_BSP_MAX_QUEUE_SIZE=many: must be a number")));
  EXPECT_THAT(warned("OTEL_TRACES_SAMPLER", "jaeger_remote"), SizeIs(1));
  EXPECT_THAT(warned("OTEL_EXPORTER_OTLP_COMPRESSION", "zstd"), SizeIs(1));
  EXPECT_THAT(warned("TRACEPARENT", "00-0-0-00"), SizeIs(1));
  EXPECT_THAT(warned("OTEL_TRACES_EXPORTER", "console"), SizeIs(1));
  // A secret that was mistyped is not repeated.
  EXPECT_THAT(warned("OTEL_EXPORTER_OTLP_HEADERS", "hunter2"),
              ElementsAre(AllOf(HasSubstr("NAME=VALUE"), Not(HasSubstr("hunter2")))));
  EXPECT_EQ(options({{"OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://h"}}).traces_url, "");
}

TEST(TelemetryEnvironment, RecordsPromptsOnlyWhereSwitchedOn) {
  const auto content = [](const Environment& environment) { return options(environment).content; };
  const std::string name = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT";
  EXPECT_FALSE(content({}));
  EXPECT_FALSE(content({{name, "false"}}));
  EXPECT_FALSE(content({{name, "no_content"}}));
  EXPECT_FALSE(content({{name, "1"}}));
  EXPECT_TRUE(content({{name, "True"}}));
  EXPECT_TRUE(content({{name, "span_and_event"}}));
}

TEST(TraceContext, IsReadAndWritten) {
  const std::string text = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const auto context = parse_traceparent(text);
  ASSERT_TRUE(context);
  EXPECT_TRUE(context->sampled);
  EXPECT_EQ(traceparent(*context), text);
  EXPECT_TRUE(parse_traceparent("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more"));
  EXPECT_FALSE(parse_traceparent(text.substr(0, 53) + "02")->sampled);
  const std::vector<std::string> wrong{std::string(),
                                       text + "-more",
                                       "ff" + text.substr(2),
                                       "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                                       "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                                       "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                                       "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0g",
                                       "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331"};
  for (const std::string& bad : wrong) EXPECT_FALSE(parse_traceparent(bad)) << bad;
  EXPECT_THAT(random_hex(32), MatchesRegex("[0-9a-f]{32}"));
  EXPECT_NE(random_hex(32), random_hex(32));
}

TEST(StrictReceiver, RefusesWhatOtlpDoesNotAllow) {
  const json good = json::parse(R"({"resourceSpans": [{"resource": {"attributes": []},
    "scopeSpans": [{"scope": {"name": "a"}, "spans": [{
      "traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331", "flags": 1,
      "name": "a", "kind": 3, "startTimeUnixNano": "1", "endTimeUnixNano": "2",
      "attributes": [], "status": {"code": 0}}]}]}]})");
  EXPECT_THAT(Strict::errors(good, true), IsEmpty());
  const auto with = [&good](const char* key, const json& value) {
    json bad = good;
    bad["resourceSpans"][0]["scopeSpans"][0]["spans"][0][key] = value;
    return Strict::errors(bad, true);
  };
  EXPECT_THAT(with("traceId", "CvdlGRbNQ92ESOshHIAxnA=="), Not(IsEmpty()));
  EXPECT_THAT(with("start_time_unix_nano", "1"), Not(IsEmpty()));
  EXPECT_THAT(with("startTimeUnixNano", 1), Not(IsEmpty()));
  EXPECT_THAT(with("kind", "SPAN_KIND_CLIENT"), Not(IsEmpty()));
  EXPECT_THAT(with("attributes", json::parse(R"([{"key": "a", "value": {"intValue": 1}}])")),
              Not(IsEmpty()));
}

}  // namespace
}  // namespace videogen::net
