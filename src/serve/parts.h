// What the routes of the service are made of: who calls, what they work with, how they are added.
//
// A group of routes is one function, add_…_routes(Routes&, const ServiceParts&), in a file of its
// own; service.cc lists them all. The service looks at Host, Origin, the token and the size of
// the body before an action is called, and adds the security headers that its answer lacks.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_exchange.h"
#include "net/router.h"
#include "net/telemetry.h"
#include "serve/a2a.h"
#include "serve/executor.h"
#include "serve/jobs.h"
#include "serve/metrics.h"
#include "serve/tokens.h"

namespace videogen::serve {

struct Caller {
  std::string tenant;  // empty: nobody has shown a token, and the route asks for none
};

enum class Access {
  everybody,  // health, the agent card, the login
  caller,     // a bearer token or the page's cookie, where the service has tokens
};

struct Call {
  const net::ServerRequest& request;
  const net::PathValues& values;
  const Caller& caller;
  // Of the request's own span, for Submission::traceparent; empty: none.
  std::string traceparent;
};

class Routes {
 public:
  using Action = std::function<net::ServerResponse(const Call&)>;
  static constexpr std::uint64_t kSmallBody = std::uint64_t{1} << 20;

  // Patterns as net::Router has them. A body over `most_body` bytes is refused with 413 before
  // it is read. Actions are called by several threads at once and may block for as long as a
  // disk takes; what waits longer gives a stream (ResponseBody::stream) and says Then::wait.
  void add(std::string_view method, std::string_view pattern, Access access, Action action,
           std::uint64_t most_body = kSmallBody);

  struct Route {
    std::string method, pattern;
    Access access = Access::caller;
    std::uint64_t most_body = kSmallBody;
    Action action;
  };
  [[nodiscard]] const std::vector<Route>& all() const { return routes_; }

 private:
  std::vector<Route> routes_;
};

// Of the service as a whole; cli fills them from flags.
struct ServiceOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;                             // 0: the system chooses one
  std::uint64_t max_upload = std::uint64_t{1} << 30;  // bytes of a file
  std::string root_url{};                             // "https://clips.example"; empty: as asked
  std::chrono::milliseconds drain{10'000};            // running jobs may take so long at the end
  std::uint64_t disk_reserve = std::uint64_t{256} << 20;  // less is left: not ready
  std::filesystem::path data{};                           // whose disk must have room
  std::string version{};                                  // of the program
  A2aOptions a2a{};
  std::filesystem::path tls_certificate{}, tls_key{};  // PEM; empty: plain HTTP
};

// What actions work with; all of it lives as long as the service.
struct ServiceParts {
  Jobs& jobs;
  const Executor& executor;
  const Tokens& tokens;
  Metrics& metrics;
  net::Telemetry& telemetry;
  const ServiceOptions& options;

  // "http://127.0.0.1:8080", without a slash at the end: what comes before the service's own
  // paths in what this caller is told. --root-url, or the address that it asked.
  [[nodiscard]] std::string root(const net::ServerRequest& request) const;
};

void add_health_routes(Routes& routes, const ServiceParts& parts);   // /healthz /readyz /metrics
void add_login_routes(Routes& routes, const ServiceParts& parts);    // /login /logout
void add_submit_routes(Routes& routes, const ServiceParts& parts);   // POST /v1/validations …
void add_job_routes(Routes& routes, const ServiceParts& parts);      // /v1/jobs…
void add_result_routes(Routes& routes, const ServiceParts& parts);   // …/{id}/report, /output
void add_event_routes(Routes& routes, const ServiceParts& parts);    // …/{id}/events, /v1/events
void add_openapi_routes(Routes& routes, const ServiceParts& parts);  // /openapi.json

}  // namespace videogen::serve
