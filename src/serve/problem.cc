#include "serve/problem.h"

#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace videogen::serve {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kExitBudget = 6;

std::string_view title_of(int status) {
  constexpr std::pair<int, std::string_view> kTitles[]{{400, "Bad Request"},
                                                       {401, "Unauthorized"},
                                                       {403, "Forbidden"},
                                                       {404, "Not Found"},
                                                       {405, "Method Not Allowed"},
                                                       {406, "Not Acceptable"},
                                                       {408, "Request Timeout"},
                                                       {409, "Conflict"},
                                                       {410, "Gone"},
                                                       {413, "Content Too Large"},
                                                       {415, "Unsupported Media Type"},
                                                       {416, "Range Not Satisfiable"},
                                                       {421, "Misdirected Request"},
                                                       {422, "Unprocessable Content"},
                                                       {429, "Too Many Requests"},
                                                       {431, "Request Header Fields Too Large"},
                                                       {501, "Not Implemented"},
                                                       {502, "Bad Gateway"},
                                                       {503, "Service Unavailable"},
                                                       {505, "HTTP Version Not Supported"},
                                                       {507, "Insufficient Storage"}};
  for (const auto& [known, title] : kTitles)
    if (known == status) return title;
  return "Internal Server Error";
}

}  // namespace

net::ServerResponse json_answer(std::string json, int status) {
  net::ServerResponse response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  response.body = std::move(json);
  return response;
}

net::ServerResponse problem(int status, std::string_view detail, int exit_code) {
  const Json document{{"type", "about:blank"},
                      {"title", title_of(status)},
                      {"status", status},
                      {"detail", detail},
                      {"exit_code", exit_code}};
  net::ServerResponse response;
  response.status = status;
  response.headers.add("Content-Type", "application/problem+json");
  response.body = document.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  return response;
}

int http_status(ErrorCode code) {
  switch (code) {
    case ErrorCode::usage:
      return 400;
    case ErrorCode::corrupt:
    case ErrorCode::limit:
    case ErrorCode::budget:
      return 422;
    case ErrorCode::unsupported:
      return 501;
    case ErrorCode::not_found:
      return 404;
    case ErrorCode::unreachable:
      return 502;
    case ErrorCode::interrupted:
      return 503;
    case ErrorCode::unwritable:
      return 507;
    case ErrorCode::internal:
      break;
  }
  return 500;
}

net::ServerResponse problem(const Error& error) {
  net::ServerResponse response =
      problem(http_status(error.code), error.message, exit_status(error.code));
  // Room is made by people, or as jobs' time is over.
  if (error.code == ErrorCode::unwritable) response.headers.set("Retry-After", "60");
  return response;
}

net::ServerResponse file_answer(net::ServerResponse response) {
  if (response.status != 416) return response;
  net::ServerResponse said =
      problem(416, "there are no such bytes: Content-Range says how many there are",
              exit_status(ErrorCode::usage));
  response.headers.set("Content-Type", "application/problem+json");
  response.body = std::move(said.body);
  return response;
}

net::ServerResponse problem(const Refusal& refusal) {
  net::ServerResponse response = problem(refusal.error);
  if (refusal.conflict)
    response = problem(409, refusal.error.message, exit_status(ErrorCode::usage));
  else if (refusal.retry_after && refusal.error.code == ErrorCode::budget)
    response = problem(429, refusal.error.message, kExitBudget);
  if (refusal.retry_after)
    response.headers.set("Retry-After", fmt::format("{}", refusal.retry_after->count()));
  return response;
}

}  // namespace videogen::serve
