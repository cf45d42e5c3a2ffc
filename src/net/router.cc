#include "net/router.h"

#include <algorithm>
#include <optional>

#include "net/form.h"

namespace videogen::net {
namespace {

std::vector<std::string> split(std::string_view pattern) {
  std::vector<std::string> parts;
  while (!pattern.empty()) {
    pattern.remove_prefix(1);
    const auto slash = std::min(pattern.find('/'), pattern.size());
    parts.emplace_back(pattern.substr(0, slash));
    pattern.remove_prefix(slash);
  }
  return parts;
}

// "a{name}b" taken apart; nullopt without a name.
struct Hole {
  std::string_view before, name, after;
  bool rest = false;
};
std::optional<Hole> hole_of(std::string_view part) {
  const auto open = part.find('{'), close = part.find('}');
  if (open == std::string_view::npos || close == std::string_view::npos) return std::nullopt;
  Hole hole{part.substr(0, open), part.substr(open + 1, close - open - 1), part.substr(close + 1),
            false};
  if (hole.name.ends_with("...")) {
    hole.rest = true;
    hole.name.remove_suffix(3);
  }
  return hole;
}

std::optional<PathValues> match(const std::vector<std::string>& pattern,
                                const std::vector<std::string>& segments) {
  PathValues values;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (i >= segments.size()) return std::nullopt;
    const auto hole = hole_of(pattern[i]);
    if (!hole) {
      if (pattern[i] != segments[i]) return std::nullopt;
      continue;
    }
    if (hole->rest) {
      std::string joined = segments[i];
      for (std::size_t j = i + 1; j < segments.size(); ++j) joined += "/" + segments[j];
      if (joined.empty()) return std::nullopt;
      values.set(std::string(hole->name), std::move(joined));
      return values;
    }
    const std::string_view segment = segments[i];
    if (segment.size() <= hole->before.size() + hole->after.size() ||
        !segment.starts_with(hole->before) || !segment.ends_with(hole->after)) {
      return std::nullopt;
    }
    values.set(
        std::string(hole->name),
        std::string(segment.substr(hole->before.size(),
                                   segment.size() - hole->before.size() - hole->after.size())));
  }
  if (segments.size() != pattern.size()) return std::nullopt;
  return values;
}

}  // namespace

const std::string& PathValues::operator[](std::string_view name) const {
  static const std::string none;
  const auto at = values_.find(name);
  return at == values_.end() ? none : at->second;
}

void Router::add(std::string_view method, std::string_view pattern, Action action) {
  const auto question = std::min(pattern.find('?'), pattern.size());
  routes_.push_back({std::string(method), split(pattern.substr(0, question)),
                     parse_form(pattern.substr(std::min(question + 1, pattern.size()))),
                     std::move(action)});
}

Router::Match Router::find(const ServerRequest& request) const {
  const std::string_view method =
      request.method == "HEAD" ? std::string_view("GET") : std::string_view(request.method);
  Match found;
  for (const Route& route : routes_) {
    auto values = match(route.pattern, request.segments);
    const bool asked = std::ranges::all_of(route.query, [&request](const auto& parameter) {
      return net::find(request.query, parameter.first) == parameter.second;
    });
    if (!values || !asked) continue;
    if (route.method == method) return {&route.action, *std::move(values), {}};
    if (std::ranges::find(found.allowed, route.method) == found.allowed.end()) {
      found.allowed.push_back(route.method);
      if (route.method == "GET") found.allowed.emplace_back("HEAD");
    }
  }
  return found;
}

}  // namespace videogen::net
