#include "serve/service.h"

#include <chrono>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "net/http_server.h"
#include "serve/accept_internal.h"
#include "serve/gate.h"
#include "serve/mcp.h"
#include "serve/page_routes.h"
#include "serve/problem.h"

namespace videogen::serve {
namespace {

constexpr int kHandlers = 16;
constexpr std::uint64_t kFormOverhead = std::uint64_t{1} << 20;  // of a file in a form
constexpr int kExitUsage = 2, kExitBadInput = 3, kExitNotFound = 4;

net::ServerResponse method_problem(const std::vector<std::string>& allowed) {
  const std::string methods = fmt::format("{}", fmt::join(allowed, ", "));
  net::ServerResponse response =
      problem(405, fmt::format("this address takes {}", methods), kExitUsage);
  response.headers.add("Allow", methods);
  return response;
}

int exit_code_of(int status) {
  if (status == 413) return kExitBadInput;
  return status >= 500 ? kExitNotFound : kExitUsage;
}

}  // namespace

// Groups are tried in this order.
void add_all_routes(Routes& routes, const ServiceParts& parts) {
  add_health_routes(routes, parts);
  add_login_routes(routes, parts);
  add_submit_routes(routes, parts);
  add_job_routes(routes, parts);
  add_result_routes(routes, parts);
  add_event_routes(routes, parts);
  add_openapi_routes(routes, parts);
  add_a2a_routes(routes, parts);
  add_mcp_routes(routes, parts);
  add_page_routes(routes, parts);
}

struct Service::State {
  State(const ServiceParts& given, net::HttpServer listening, LogSink sink)
      : parts(given),
        server(std::move(listening)),
        gate(parts.options, parts.tokens),
        log(std::move(sink)) {}

  // Which route a request is for.
  struct Found {
    const Routes::Route* route = nullptr;
    net::PathValues values;
    std::vector<std::string> allowed;
  };
  void mount();
  [[nodiscard]] Found find(const net::ServerRequest& request) const;
  [[nodiscard]] net::Admission admit(const net::ServerRequest& head) const;
  [[nodiscard]] std::optional<net::ServerResponse> refusal(const net::ServerRequest& head,
                                                           const Found& found) const;
  [[nodiscard]] net::ServerResponse answer(const net::ServerRequest& request) const;

  const ServiceParts parts;
  net::HttpServer server;
  const Gate gate;
  const LogSink log;
  Routes routes;
  net::Router router;  // finds by the index of a route
};

void Service::State::mount() {
  add_all_routes(routes, parts);
  for (std::size_t i = 0; i < routes.all().size(); ++i) {
    const auto& route = routes.all()[i];
    // What a match calls says which route it was.
    auto which = [i](const net::ServerRequest&, const net::PathValues&) {
      net::ServerResponse response;
      response.status = static_cast<int>(i);
      return response;
    };
    router.add(route.method, route.pattern, std::move(which));
  }
}

Service::State::Found Service::State::find(const net::ServerRequest& request) const {
  net::Router::Match match = router.find(request);
  if (match.action == nullptr) return {nullptr, {}, std::move(match.allowed)};
  const int index = (*match.action)(request, match.values).status;
  return {&routes.all()[static_cast<std::size_t>(index)], std::move(match.values), {}};
}

std::optional<net::ServerResponse> Service::State::refusal(const net::ServerRequest& head,
                                                           const Found& found) const {
  if (auto refused = gate.refuse(head)) return refused;
  if (found.route == nullptr && found.allowed.empty())
    return problem(404, fmt::format("there is nothing at {}", printable(head.path, 100)),
                   kExitNotFound);
  if (found.route == nullptr) return method_problem(found.allowed);
  if (found.route->access == Access::caller && !gate.tenant(head))
    return head.method == "GET" && prefers_html(head) ? login_page(parts) : ask_for_token();
  return std::nullopt;
}

net::Admission Service::State::admit(const net::ServerRequest& head) const {
  const Found found = find(head);
  net::Admission admission;
  admission.refusal = refusal(head, found);
  if (admission.refusal) {
    add_security_headers(*admission.refusal);
    parts.metrics.request(head.method, found.route == nullptr ? "none" : found.route->pattern,
                          admission.refusal->status, std::chrono::seconds(0));
  } else {
    admission.most_body = found.route->most_body;
  }
  return admission;
}

net::ServerResponse Service::State::answer(const net::ServerRequest& request) const {
  const auto began = std::chrono::steady_clock::now();
  const Found found = find(request);
  VIDEOGEN_CHECK(found.route != nullptr, "only what was admitted is answered");
  const auto parent = net::parse_traceparent(request.headers.find("traceparent").value_or(""));
  net::Span span = parts.telemetry.start(fmt::format("{} {}", request.method, found.route->pattern),
                                         net::SpanKind::server,
                                         {{"http.request.method", request.method},
                                          {"http.route", found.route->pattern},
                                          {"url.path", request.path}},
                                         parent);
  const Caller caller{gate.tenant(request).value_or("")};
  net::ServerResponse response;
  try {
    response = found.route->action({request, found.values, caller, span.header()});
  } catch (const std::exception& broken) {
    response = problem(Error{ErrorCode::internal,
                             fmt::format("internal error: {}", printable(broken.what())),
                             std::source_location::current()});
  }
  add_security_headers(response);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  parts.metrics.request(request.method, found.route->pattern, response.status, took);
  span.set("http.response.status_code", std::int64_t{response.status});
  if (response.status >= 500) {
    span.fail(fmt::format("{}", response.status), "");
    if (log)
      log(log_line("error", "request_failed",
                   {{"method", request.method},
                    {"path", printable(request.path, 200)},
                    {"status", fmt::format("{}", response.status)},
                    {"detail", response.body.length() && response.body.text() != nullptr
                                   ? std::string_view(*response.body.text())
                                   : std::string_view()}}));
  }
  return response;
}

Service::Service(std::unique_ptr<State> state) : state_(std::move(state)) {}
Service::Service(Service&&) noexcept = default;
Service& Service::operator=(Service&&) noexcept = default;
Service::~Service() = default;

Result<Service> Service::open(const ServiceParts& parts, LogSink log) {
  const ServiceOptions& options = parts.options;
  if (!parts.tokens.any() && !is_loopback(options.address))
    return fail(ErrorCode::usage,
                fmt::format("--listen {}: others could reach that address; without --token-file "
                            "only loopback is listened on, as 127.0.0.1",
                            printable(options.address, 80)));
  if (options.tls_certificate.empty() != options.tls_key.empty())
    return fail(ErrorCode::usage, "--tls-cert and --tls-key belong together: give both");
  // The server's functions need the state, which needs the server.
  const auto late = std::make_shared<State*>(nullptr);
  net::ServerOptions server_options;
  server_options.address = options.address;
  server_options.port = options.port;
  server_options.tls_certificate = options.tls_certificate;
  server_options.tls_key = options.tls_key;
  server_options.workers = kHandlers;
  server_options.max_connections = 1024;
  server_options.max_body_bytes = options.max_upload + kFormOverhead;
  server_options.body_in_memory_bytes = std::size_t{256} << 10;
  server_options.spool = options.data / "incoming";
  server_options.admit = [late](const net::ServerRequest& head) { return (*late)->admit(head); };
  server_options.refuse = [](int status, std::string_view why) {
    net::ServerResponse response = problem(status, why, exit_code_of(status));
    if (status == 503) response.headers.set("Retry-After", "1");
    if (status == 507) response.headers.set("Retry-After", "60");
    add_security_headers(response);
    return response;
  };
  VIDEOGEN_TRY(net::HttpServer server, net::HttpServer::listen(server_options));
  auto state = std::make_unique<State>(parts, std::move(server), std::move(log));
  *late = state.get();
  state->mount();
  return Service(std::move(state));
}

std::string Service::url() const {
  const bool tls = !state_->parts.options.tls_certificate.empty();
  return (tls ? "https://" : "http://") + state_->server.authority();
}

Status Service::reload_tls() { return state_->server.reload_tls(); }

void Service::run(const std::stop_token& stop) {
  State& state = *state_;
  std::stop_source end;
  // Jobs end before the connections on which their callers hear of it.
  std::jthread ending([&](const std::stop_token& done) {
    while (!stop.stop_requested() && !done.stop_requested())
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    state.parts.jobs.shut_down(state.parts.options.drain);
    end.request_stop();
  });
  state.server.serve([&state](const net::ServerRequest& r) { return state.answer(r); },
                     end.get_token());
}

}  // namespace videogen::serve
