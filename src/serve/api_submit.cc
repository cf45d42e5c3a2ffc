// POST /v1/validations, /v1/enhancements, /v1/generations: a request becomes a job.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "net/form.h"
#include "net/multipart.h"
#include "serve/job_json_internal.h"
#include "serve/parts.h"
#include "serve/problem.h"

namespace videogen::serve {
namespace {

using nlohmann::json;

constexpr std::size_t kLongestKey = 255;
constexpr int kExitUsage = 2, kExitBadInput = 3;

// A request taken apart.
struct Asked {
  json request = json::object();
  std::optional<std::string_view> file;  // inside the body
  std::string file_name;
};

tl::unexpected<net::ServerResponse> refused(int status, std::string_view why, int exit_code) {
  return tl::unexpected(problem(status, why, exit_code));
}

tl::expected<json, net::ServerResponse> parse_object(std::string_view text, std::string_view what) {
  json parsed = json::parse(text, nullptr, false);
  if (!parsed.is_object())
    return refused(400, fmt::format("{} is no JSON object", what), kExitUsage);
  return parsed;
}

// A field of a form; one that is given again makes a list.
void put(json& request, const std::string& name, std::string value) {
  if (!request.contains(name)) {
    request[name] = std::move(value);
    return;
  }
  if (!request[name].is_array()) request[name] = json::array({request[name]});
  request[name].push_back(std::move(value));
}

tl::expected<Asked, net::ServerResponse> read_form(std::string_view type, std::string_view body) {
  const auto parts = net::parse_multipart(type, body);
  if (!parts) return refused(400, parts.error().message, kExitUsage);
  Asked asked;
  for (const net::BodyPart& part : *parts) {
    const std::string name = part.name();
    if (name.empty())
      return refused(400, "a part of the form has no name (Content-Disposition)", kExitUsage);
    if (name == "file") {
      if (asked.file) return refused(400, "the form has two files", kExitUsage);
      asked.file = part.bytes;
      asked.file_name = part.file_name();
      continue;
    }
    if (part.bytes.size() > Routes::kSmallBody)
      return refused(413, fmt::format("the field {} is too long", printable(name, 60)),
                     kExitBadInput);
    if (name == "options") {
      auto options = parse_object(part.bytes, "the field \"options\"");
      if (!options) return tl::unexpected(std::move(options.error()));
      for (auto& [key, value] : options->items()) asked.request[key] = std::move(value);
      continue;
    }
    put(asked.request, name, std::string(part.bytes));
  }
  return asked;
}

tl::expected<Asked, net::ServerResponse> read(const net::ServerRequest& request) {
  const std::string_view header = request.headers.find("Content-Type").value_or("");
  const std::string type = net::media_type(header);
  if (type == "multipart/form-data") return read_form(header, request.body.bytes());
  if (type != "application/json")
    return refused(415,
                   "a job is asked for by application/json, or multipart/form-data with a file",
                   kExitUsage);
  if (request.body.size() > Routes::kSmallBody)
    return refused(413, fmt::format("a JSON body may have {} bytes", Routes::kSmallBody),
                   kExitBadInput);
  auto object = parse_object(request.body.bytes(), "the body");
  if (!object) return tl::unexpected(std::move(object.error()));
  return Asked{*std::move(object), std::nullopt, ""};
}

// Of all that makes the request what it is.
std::string digest_of(Skill skill, const Asked& asked) {
  Sha256 sha;
  sha.update(fmt::format("{}\n{}\n{}\n", name(skill),
                         asked.request.dump(-1, ' ', false, json::error_handler_t::replace),
                         asked.file_name));
  if (asked.file) sha.update(*asked.file);
  return sha.hex();
}

// "abc", or as a string of structured fields: "\"abc\"".
tl::expected<std::string, net::ServerResponse> idempotency_key(const net::ServerRequest& request) {
  const auto header = request.headers.find("Idempotency-Key");
  if (!header) return "";
  std::string_view key = *header;
  if (key.size() >= 2 && key.starts_with('"') && key.ends_with('"'))
    key = key.substr(1, key.size() - 2);
  const bool visible = std::ranges::all_of(key, [](char c) { return c >= 0x20 && c < 0x7F; });
  if (key.empty() || key.size() > kLongestKey || !visible)
    return refused(400,
                   fmt::format("Idempotency-Key: 1 to {} characters of visible ASCII", kLongestKey),
                   kExitUsage);
  return std::string(key);
}

// RFC 9218: u=0 (first) to u=7; 3 without it.
int priority_of(const net::ServerRequest& request) {
  constexpr int kUsual = 3;
  const std::string_view header = request.headers.find("Priority").value_or("");
  const auto at = header.find("u=");
  if (at == std::string_view::npos || at + 2 >= header.size()) return 0;
  const char digit = header[at + 2];
  return digit >= '0' && digit <= '7' ? kUsual - (digit - '0') : 0;
}

net::ServerResponse accepted(const Submitted& submitted) {
  const Job& job = submitted.job;
  nlohmann::ordered_json answer{
      {"id", job.id}, {"status", name(job.state)}, {"links", links_json(job)}};
  net::ServerResponse response = json_answer(dump(answer) + "\n", 202);
  response.headers.add("Location", "/v1/jobs/" + job.id);
  if (submitted.replayed) response.headers.add("Idempotent-Replayed", "true");
  return response;
}

net::ServerResponse submit(const ServiceParts& parts, Skill skill, const Call& call) {
  if (const auto why = parts.executor.lacks(skill)) {
    parts.metrics.refused(skill, name(ErrorCode::unsupported));
    return problem(Error{ErrorCode::unsupported, *why, std::source_location::current()});
  }
  auto key = idempotency_key(call.request);
  if (!key) return std::move(key.error());
  const auto asked = read(call.request);
  if (!asked) return asked.error();
  Submission submission;
  submission.tenant = call.caller.tenant;
  submission.skill = skill;
  submission.request = asked->request.dump(-1, ' ', false, json::error_handler_t::replace);
  submission.idempotency_key = *std::move(key);
  submission.priority = priority_of(call.request);
  submission.traceparent = call.traceparent;
  if (!submission.idempotency_key.empty()) submission.digest = digest_of(skill, *asked);
  if (asked->file) {
    if (asked->file->size() > parts.options.max_upload)
      return problem(413,
                     fmt::format("the file has {} bytes, and --max-upload allows {}",
                                 asked->file->size(), parts.options.max_upload),
                     kExitBadInput);
    if (asked->file->empty()) return problem(400, "the file is empty", kExitUsage);
    // What is wrong with the request is said before the file is kept.
    if (const auto checked = parts.executor.check(skill, submission.request, true); !checked)
      return problem(checked.error());
    auto kept = parts.jobs.receive(*asked->file);
    if (!kept) return problem(kept.error());
    submission.upload = *std::move(kept);
    submission.upload_name = asked->file_name.empty() ? "file" : asked->file_name;
  }
  const auto submitted = parts.jobs.submit(std::move(submission));
  if (submitted) return accepted(*submitted);
  parts.metrics.refused(skill, name(submitted.error().error.code));
  return problem(submitted.error());
}

}  // namespace

void add_submit_routes(Routes& routes, const ServiceParts& parts) {
  const std::uint64_t most = parts.options.max_upload + Routes::kSmallBody;
  for (const auto& [path, skill] : {std::pair("/v1/validations", Skill::validate),
                                    std::pair("/v1/enhancements", Skill::enhance),
                                    std::pair("/v1/generations", Skill::generate)}) {
    routes.add(
        "POST", path, Access::caller,
        [&parts, skill = skill](const Call& call) { return submit(parts, skill, call); }, most);
  }
}

}  // namespace videogen::serve
