#include "emulator/services_internal.h"

namespace videogen::emulator {
namespace {

constexpr std::string_view kExpected =
    "Expected OAuth 2 access token, login cookie or other valid authentication credential. See "
    "https://developers.google.com/identity/sign-in/web/devconsole-project.";

}  // namespace

std::optional<net::ServerResponse> refuse_caller(const Call& call, const Keys& keys,
                                                 const Account& account, Style style,
                                                 Credentials needed) {
  const auto header_key = call.request.headers.find("x-goog-api-key");
  const auto key = header_key ? header_key : net::find(call.request.query, "key");
  if (key) {
    // Any key is as good as another, but for these: somebody tests what a wrong one does.
    if (!key->empty() && *key != "invalid") return std::nullopt;
    return error_answer(style, 400, "API key not valid. Please pass a valid API key.");
  }
  const auto authorization = call.request.headers.find("Authorization");
  constexpr std::string_view kBearer = "Bearer ";
  if (!authorization || !authorization->starts_with(kBearer)) {
    if (needed == Credentials::optional) return std::nullopt;
    return error_answer(
        style, 401,
        "Request is missing required authentication credential. " + std::string(kExpected));
  }
  const std::string_view token = authorization->substr(kBearer.size());
  switch (keys.check(token)) {
    case Keys::Token::valid:
      return std::nullopt;
    case Keys::Token::expired:
      break;
    case Keys::Token::foreign:
      if (needed == Credentials::optional) return std::nullopt;
      // A service account may sign its own.
      if (keys.check_assertion(token, {account.email, ""})) return std::nullopt;
  }
  return error_answer(style, 401,
                      "Request had invalid authentication credentials. " + std::string(kExpected));
}

}  // namespace videogen::emulator
