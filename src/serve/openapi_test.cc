// The description of the API and the routes that there are, compared both ways.
#include <filesystem>
#include <set>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "serve/mcp.h"
#include "serve/page_routes.h"
#include "serve/service.h"

namespace videogen::serve {

extern const std::string_view kOpenApiJson;

namespace {

// Nothing is asked of it.
class Idle final : public Executor {
 public:
  std::optional<std::string> lacks(Skill) const override { return std::nullopt; }
  Result<std::string> check(Skill, std::string_view request, bool) const override {
    return std::string(request);
  }
  Ending run(const Job&, JobRun&) override { return {}; }
  bool resumable(const Job&, std::string_view) const override { return true; }
};

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

TEST(OpenApi, DescribesTheRoutesThatThereAreAndNoOthers) {
  const auto folder = std::filesystem::path(::testing::TempDir()) / "openapi-test";
  std::filesystem::remove_all(folder);
  Idle executor;
  JobsOptions options;
  options.data = folder;
  const auto jobs = Jobs::open(options, executor);
  ASSERT_TRUE(jobs) << jobs.error().message;
  const Tokens tokens;
  Metrics metrics;
  net::Telemetry telemetry(net::TelemetryOptions{});
  ServiceOptions service;
  service.data = folder;
  const ServiceParts parts{**jobs, executor, tokens, metrics, telemetry, service};
  Routes routes;
  add_all_routes(routes, parts);
  std::set<std::string> there;
  for (const Routes::Route& route : routes.all())
    EXPECT_TRUE(there.insert(lower(route.method) + " " + route.pattern).second) << route.pattern;

  std::set<std::string> described;
  const auto document = nlohmann::json::parse(kOpenApiJson);
  for (const auto& [path, methods] : document["paths"].items())
    for (const auto& [method, operation] : methods.items())
      if (method != "parameters") described.insert(method + " " + path);
  EXPECT_EQ(there, described);
  EXPECT_GE(there.size(), 35U);
}

}  // namespace
}  // namespace videogen::serve
