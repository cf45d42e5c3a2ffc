#include "net/subject_token_internal.h"

#include <cstdlib>
#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "net/address.h"
#include "net/child_internal.h"
#include "net/retry.h"

namespace videogen::net {
namespace {

using Json = nlohmann::json;
constexpr std::size_t kMostBytes = 1 << 20;

// `text` is wiped.
Result<Secret> token_in(std::string& text, const std::string& field, std::string_view where) {
  if (field.empty()) {
    const std::size_t end = text.find_last_not_of(" \t\r\n");
    text.erase(end == std::string::npos ? 0 : end + 1);
    Secret token = Secret::taken_from(text);
    if (token.empty()) return fail(ErrorCode::corrupt, fmt::format("{} is empty", where));
    return token;
  }
  Json json = Json::parse(text, nullptr, false);
  wipe(text);
  if (!json.is_object() || !json.contains(field) || !json[field].is_string() ||
      json[field].get_ref<const std::string&>().empty())
    return fail(ErrorCode::corrupt,
                fmt::format("{} is no JSON object with a text {}", where, printable(field, 60)));
  return Secret::taken_from(json[field].get_ref<std::string&>());
}

Result<Secret> from_file(const SubjectTokenSource& source) {
  VIDEOGEN_TRY(std::string text, read_file(source.location, kMostBytes));
  return token_in(text, source.field, printable(source.location));
}

Result<Secret> from_url(const SubjectTokenSource& source, const HttpClient& client,
                        const Timing& timing, const std::stop_token& stop) {
  Request request{.url = source.location, .headers = source.headers};
  request.most_bytes = kMostBytes;
  request.direct = true;  // such an address is one of the machine's own surroundings
  VIDEOGEN_TRY(Response response,
               with_retries([&] { return client.send(request, stop); }, Repeat::harmless,
                            RetryPolicy{.most_attempts = 3}, stop, timing));
  if (response.status != 200)
    return tl::unexpected(http_error("fetch the external account's own token", response));
  return token_in(response.body, source.field, shown_address(source.location));
}

// https://google.aip.dev/auth/4117: what an executable prints.
Result<Secret> in_executable_output(std::string& text, std::string_view command,
                                    const Timing& timing) {
  const auto wrong = [&](std::string_view what) {
    return fail(ErrorCode::corrupt, fmt::format("{} {}", command, what));
  };
  Json json = Json::parse(text, nullptr, false);
  wipe(text);
  if (!json.is_object()) return wrong("prints no JSON object");
  if (json.value("success", Json()) != Json(true)) {
    const Json message = json.value("message", Json());
    return fail(ErrorCode::unreachable,
                fmt::format("{} gives no token: {}", command,
                            message.is_string() ? printable(message.get<std::string>(), 200)
                                                : "it does not say why"));
  }
  const Json ends = json.value("expiration_time", Json());
  const auto now = std::chrono::system_clock::to_time_t(timing.wall());
  if (ends.is_number_integer() && ends.get<std::int64_t>() <= now)
    return wrong("gives a token that has expired");
  for (const char* field : {"id_token", "saml_response"}) {
    const auto found = json.find(field);
    if (found != json.end() && found->is_string() && !found->get_ref<const std::string&>().empty())
      return Secret::taken_from(found->get_ref<std::string&>());
  }
  return wrong("gives neither id_token nor saml_response");
}

Result<Secret> from_executable(const ExternalAccount& account, const Timing& timing,
                               const std::stop_token& stop) {
  const char* allowed = std::getenv("GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES");
  if (allowed == nullptr || std::string_view(allowed) != "1")
    return fail(ErrorCode::unsupported,
                "the external account wants a program run, which "
                "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1 allows");
  const SubjectTokenSource& source = account.source;
  if (!source.output_file.empty()) {
    if (auto kept = read_file(source.output_file, kMostBytes)) {
      if (auto token = in_executable_output(*kept, printable(source.output_file), timing))
        return token;
    }
  }
  // No shell: words between blanks.
  std::istringstream line(source.location);
  std::vector<std::string> argv;
  for (std::string word; line >> word;) argv.push_back(word);
  if (argv.empty()) return fail(ErrorCode::corrupt, "the external account's command is empty");
  const std::vector<std::string> environment{
      "GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE=" + account.audience,
      "GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE=" + account.subject_token_type,
      "GOOGLE_EXTERNAL_ACCOUNT_INTERACTIVE=0",
      "GOOGLE_EXTERNAL_ACCOUNT_OUTPUT_FILE=" + source.output_file};
  VIDEOGEN_TRY(ChildResult child, run_child(argv, environment, source.timeout, kMostBytes, stop));
  if (child.status != 0 && child.output.empty())
    return fail(ErrorCode::unreachable,
                fmt::format("{} ends with status {}", printable(argv[0]), child.status));
  return in_executable_output(child.output, printable(argv[0]), timing);
}

}  // namespace

Result<Secret> subject_token(const ExternalAccount& account, const HttpClient& client,
                             const Timing& timing, const std::stop_token& stop) {
  switch (account.source.kind) {
    case SubjectTokenSource::Kind::file:
      return from_file(account.source);
    case SubjectTokenSource::Kind::url:
      return from_url(account.source, client, timing, stop);
    case SubjectTokenSource::Kind::executable:
      break;
  }
  return from_executable(account, timing, stop);
}

}  // namespace videogen::net
