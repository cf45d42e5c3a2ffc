#include "cli/generate_start_internal.h"

#include <cstdlib>
#include <map>
#include <string>
#include <utility>

#include "cli/generate_run.h"
#include "generate/watch.h"
#include "net/telemetry.h"

namespace videogen::cli {
namespace {

GenerateRequest request_of(const GeneratePlan& plan) {
  GenerateRequest request;
  request.run.order = plan.order;
  request.run.output = plan.output;
  request.run.existing = plan.existing;
  request.run.candidates = plan.candidates;
  request.run.max_clips = plan.max_clips;
  request.run.max_cost_usd = plan.max_cost_usd;
  request.run.deadline = plan.deadline;
  request.run.poll = plan.poll;
  request.run.requests_per_minute = plan.requests_per_minute.value_or(0);
  request.run.most_prompt = plan.most_prompt;
  request.run.validation = plan.validation;
  request.resume = plan.resume;
  if (!plan.order.backend.empty()) request.backend = plan.order.backend;
  request.backend_url = plan.backend_url;
  request.copy_to = plan.copy_to;
  request.storage_uri = plan.storage_uri;
  request.body = plan.body;
  using Format = GenerateRequest::Format;
  request.format = plan.json ? Format::json : plan.quiet ? Format::none : Format::text;
  return request;
}

std::string server_of(const GeneratePlan& plan) {
  if (!plan.backend_url.empty()) return plan.backend_url;
  const char* url = std::getenv("GOOGLE_VERTEX_BASE_URL");
  return url == nullptr ? "" : url;
}

// A span for each attempt, from its submit to its end.
class Watching {
 public:
  Watching(net::Telemetry& telemetry, const GeneratePlan& plan)
      : telemetry_(telemetry),
        plan_(plan),
        server_(server_of(plan)),
        whole_(telemetry.start(
            "invoke_agent videogen", net::SpanKind::internal,
            {{"gen_ai.operation.name", "invoke_agent"}, {"gen_ai.agent.name", "videogen"}})) {}

  void at(generate::Stage stage, const generate::Attempt& attempt) {
    using generate::Stage;
    if (stage == Stage::journaled) {
      generate::Order order = plan_.order;
      order.model = attempt.model;
      order.prompt = attempt.prompt;
      order.seed = attempt.seed;
      net::Span span = generate::watch_generation(telemetry_, order, server_, whole_.context());
      header_ = span.header();
      spans_.insert_or_assign(attempt.number, std::move(span));
    }
    const auto span = spans_.find(attempt.number);
    if (span == spans_.end()) return;
    if (stage == Stage::submitted) generate::name_operation(span->second, attempt.operation);
    if (stage != Stage::ended) return;
    using State = generate::Attempt::State;
    if (attempt.state != State::passed && attempt.state != State::rejected)
      span->second.fail(std::string(generate::name(attempt.state)), attempt.error);
    spans_.erase(span);
  }
  [[nodiscard]] const std::string& header() const { return header_; }
  [[nodiscard]] const std::optional<net::TraceContext>& context() const { return whole_.context(); }

 private:
  net::Telemetry& telemetry_;
  const GeneratePlan& plan_;
  std::string server_, header_;
  net::Span whole_;  // the run
  std::map<int, net::Span> spans_;
};

}  // namespace

Result<int> start_generation(const GeneratePlan& plan, const EmbedderFlags& embedder,
                             Context& context) {
  net::TelemetryOptions options = net::telemetry_from_environment();
  for (const std::string& warning : options.warnings) context.console.error_line(warning);
  net::Telemetry telemetry(std::move(options));
  Watching watching(telemetry, plan);
  GenerateRequest request = request_of(plan);
  request.traceparent = [&watching] { return watching.header(); };
  request.hooks.stage = [&watching](generate::Stage stage, const generate::Attempt& attempt) {
    watching.at(stage, attempt);
  };
  if (plan.judge) {
    request.hooks.judge = [&](coherence::Report report, const std::filesystem::path& clip,
                              const std::stop_token& stop) {
      JudgeRequest judge = *plan.judge;
      judge.telemetry = &telemetry;
      judge.parent = watching.context();
      return with_opinion(std::move(report), clip, judge, stop);
    };
  }
  VIDEOGEN_TRY(const embed::Chosen chosen, embedder.choose(context));
  return run_generate(request, chosen, context);
}

}  // namespace videogen::cli
