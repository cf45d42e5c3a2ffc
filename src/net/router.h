// Which handler answers a path.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_exchange.h"

namespace videogen::net {

// What stood in place of the {names} of a route, decoded.
class PathValues {
 public:
  void set(std::string name, std::string value) { values_[std::move(name)] = std::move(value); }
  // Empty if the route has no such name.
  [[nodiscard]] const std::string& operator[](std::string_view name) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

// Routes are tried in the order in which they were added. Not for changes while it serves.
class Router {
 public:
  using Action = std::function<ServerResponse(const ServerRequest&, const PathValues&)>;

  // `pattern` is matched segment by segment with the decoded path:
  //   "/v1/videos/{id}"            one segment, not empty
  //   "/models/{model}:predict"    a segment with what stands around the name
  //   "/o/{name...}"               all that follows, slashes included
  //   "/o/{name...}?alt=media"     only with this parameter in the query
  // A GET route answers HEAD, too.
  void add(std::string_view method, std::string_view pattern, Action action);

  struct Match {
    const Action* action = nullptr;  // null: see below
    PathValues values;
    std::vector<std::string> allowed;  // methods that this path has, if the asked one is not
  };
  // No action and no methods: there is no such path (404); methods: 405 with Allow.
  [[nodiscard]] Match find(const ServerRequest& request) const;

 private:
  struct Route {
    std::string method;
    std::vector<std::string> pattern;
    Parameters query;
    Action action;
  };
  std::vector<Route> routes_;
};

}  // namespace videogen::net
