#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "net/address.h"
#include "net/http_client.h"

namespace videogen::net {
namespace {

using Json = nlohmann::json;

struct Phrase {
  int status;
  std::string_view text;
};

std::string_view phrase(int status) {
  constexpr auto kPhrases = std::to_array<Phrase>({{400, "Bad Request"},
                                                   {401, "Unauthorized"},
                                                   {403, "Forbidden"},
                                                   {404, "Not Found"},
                                                   {405, "Method Not Allowed"},
                                                   {408, "Request Timeout"},
                                                   {409, "Conflict"},
                                                   {410, "Gone"},
                                                   {412, "Precondition Failed"},
                                                   {413, "Content Too Large"},
                                                   {416, "Range Not Satisfiable"},
                                                   {429, "Too Many Requests"},
                                                   {500, "Internal Server Error"},
                                                   {501, "Not Implemented"},
                                                   {502, "Bad Gateway"},
                                                   {503, "Service Unavailable"},
                                                   {504, "Gateway Timeout"}});
  const auto* found = std::ranges::find(kPhrases, status, &Phrase::status);
  return found == kPhrases.end() ? "" : found->text;
}

std::string text_at(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// {"error": {"message": …}} (Google), {"error": …, "error_description": …} (OAuth), {"error": …}
// (Hugging Face), {"title": …, "detail": …} (RFC 9457).
std::string words_of(const Json& json) {
  if (!json.is_object()) return {};
  const auto error = json.find("error");
  if (error != json.end() && error->is_object()) return text_at(*error, "message");
  std::string words = text_at(json, "error");
  for (const char* name : {"error_description", "detail", "message", "title"}) {
    const std::string more = text_at(json, name);
    if (more.empty() || (!words.empty() && std::string_view(name) != "error_description")) continue;
    words += (words.empty() ? "" : ": ") + more;
  }
  return words;
}

std::string words_of(const Response& response) {
  constexpr std::size_t kShort = 200;
  const Json json = Json::parse(response.body, nullptr, false);
  if (!json.is_discarded()) return words_of(json);
  const std::string& text = response.body;
  const bool plain = text.size() <= kShort && text.find('<') == std::string::npos;
  const std::size_t end = text.find_last_not_of(" \r\n\t");
  return plain && end != std::string::npos ? text.substr(0, end + 1) : std::string();
}

ErrorCode code_of(int status) {
  if (status == 404 || status == 410) return ErrorCode::not_found;
  if (status == 429) return ErrorCode::budget;
  return ErrorCode::unreachable;
}

}  // namespace

Error http_error(std::string_view action, const Response& response) {
  const Result<Address> address = parse_address(response.url);
  const std::string_view known = phrase(response.status);
  const std::string words = printable(words_of(response), 300);
  return {code_of(response.status),
          fmt::format("cannot {}: {} answers {}{}{}{}{}", action,
                      address ? origin(*address) : "the server", response.status,
                      known.empty() ? "" : " ", known, words.empty() ? "" : ": ", words),
          std::source_location::current()};
}

}  // namespace videogen::net
