#include <sys/statvfs.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "serve/job_json_internal.h"
#include "serve/parts.h"
#include "serve/problem.h"

namespace videogen::serve {
namespace {

using Json = nlohmann::ordered_json;

// Why the service is not ready, by what was looked at; "ok" where it is.
Json checks(const ServiceParts& parts) {
  Json found = Json::object();
  const Load load = parts.jobs.load();
  found["accepting"] = load.draining ? "the service is about to end" : "ok";
  const Status writable = parts.jobs.check_writable();
  found["database"] = writable ? "ok" : writable.error().message;
  struct statvfs disk {};
  const bool known = ::statvfs(parts.options.data.c_str(), &disk) == 0;
  const std::uint64_t free_bytes =
      known ? static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize : 0;
  found["disk"] =
      !known ? "the data folder is gone"
      : free_bytes < parts.options.disk_reserve
          ? fmt::format("{} bytes are free, fewer than {}", free_bytes, parts.options.disk_reserve)
          : "ok";
  found["embedder"] = parts.executor.lacks(Skill::validate).value_or("ok");
  return found;
}

net::ServerResponse ready(const ServiceParts& parts) {
  Json found = checks(parts);
  bool all = true;
  for (const Json& check : found) all = all && check == "ok";
  Json answer{{"status", all ? "ready" : "not ready"}, {"checks", std::move(found)}};
  net::ServerResponse response = json_answer(dump(answer) + "\n", all ? 200 : 503);
  if (!all) response.headers.add("Retry-After", "5");
  return response;
}

}  // namespace

void add_health_routes(Routes& routes, const ServiceParts& parts) {
  routes.add("GET", "/healthz", Access::everybody,
             [](const Call&) { return json_answer("{\"status\":\"ok\"}\n"); });
  routes.add("GET", "/readyz", Access::everybody, [&parts](const Call&) { return ready(parts); });
  routes.add("GET", "/metrics", Access::caller, [&parts](const Call&) {
    net::ServerResponse response;
    response.headers.add("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    response.body = parts.metrics.text(parts.jobs.load());
    return response;
  });
}

}  // namespace videogen::serve
