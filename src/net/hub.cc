#include "net/hub.h"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "base/file.h"
#include "net/address.h"

namespace videogen::net {
namespace {

namespace fs = std::filesystem;

std::string variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return value == nullptr ? "" : value;
}

bool is_name_part(std::string_view part) {
  return !part.empty() && part.size() <= 96 && part.find("..") == part.npos &&
         part.front() != '-' && part.front() != '.' && part.back() != '-' && part.back() != '.' &&
         part.find("--") == part.npos && std::ranges::all_of(part, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '-' || c == '_';
         });
}

// Also a path below refs/: no part of it leads out.
bool is_revision(std::string_view text) {
  if (text.empty() || text.size() > 200 || text.starts_with('/') || text.ends_with('/') ||
      text.find("..") != text.npos || text.find("//") != text.npos || text.front() == '.')
    return false;
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_' || c == '/' || c == '+';
  });
}

Secret token_of_this_user() {
  if (std::string token = variable("HF_TOKEN"); !token.empty()) return Secret::taken_from(token);
  if (variable("HF_HUB_DISABLE_IMPLICIT_TOKEN") == "1") return {};
  fs::path path = variable("HF_TOKEN_PATH");
  if (path.empty()) {
    fs::path home = variable("HF_HOME");
    if (home.empty() && !variable("XDG_CACHE_HOME").empty())
      home = fs::path(variable("XDG_CACHE_HOME")) / "huggingface";
    if (home.empty() && !variable("HOME").empty())
      home = fs::path(variable("HOME")) / ".cache" / "huggingface";
    if (home.empty()) return {};
    path = home / "token";
  }
  constexpr std::size_t kMostBytes = 4096;
  Result<std::string> text = read_file(path, kMostBytes);
  if (!text) return {};
  const std::size_t end = text->find_last_not_of(" \t\r\n");
  text->erase(end == std::string::npos ? 0 : end + 1);
  return Secret::taken_from(*text);
}

}  // namespace

Result<HubOptions> HubOptions::from_environment() {
  HubOptions options;
  if (const std::string endpoint = variable("HF_ENDPOINT"); !endpoint.empty()) {
    options.endpoint = endpoint;
    while (options.endpoint.ends_with('/')) options.endpoint.pop_back();
    if (const Result<Address> address = parse_address(options.endpoint); !address)
      return fail(ErrorCode::usage, "HF_ENDPOINT: " + address.error().message);
  }
  const std::string offline = variable("HF_HUB_OFFLINE");
  options.offline = offline == "1" || offline == "true" || offline == "TRUE" || offline == "ON" ||
                    offline == "YES";
  options.token = token_of_this_user();
  return options;
}

Result<HubModel> parse_hub_model(std::string_view text) {
  const std::size_t at = text.find('@');
  HubModel model{.name = std::string(text.substr(0, at))};
  const std::size_t slash = model.name.find('/');
  const std::string_view name = model.name;
  const bool good_name = slash == std::string::npos ? is_name_part(name)
                                                    : is_name_part(name.substr(0, slash)) &&
                                                          is_name_part(name.substr(slash + 1));
  if (!good_name)
    return fail(ErrorCode::usage,
                fmt::format("{} is no name of a model, as openai/clip-vit-base-patch32",
                            printable(text, 120)));
  if (at != std::string_view::npos) {
    model.revision = text.substr(at + 1);
    if (!is_revision(model.revision))
      return fail(ErrorCode::usage, fmt::format("{} is no revision: a branch, a tag or a commit is",
                                                printable(model.revision, 120)));
  }
  return model;
}

}  // namespace videogen::net
