#include <string>
#include <string_view>

#include "serve/parts.h"
#include "serve/problem.h"

namespace videogen::serve {

extern const std::string_view kOpenApiJson;  // openapi.json

void add_openapi_routes(Routes& routes, const ServiceParts&) {
  routes.add("GET", "/openapi.json", Access::everybody,
             [](const Call&) { return json_answer(std::string(kOpenApiJson)); });
}

}  // namespace videogen::serve
