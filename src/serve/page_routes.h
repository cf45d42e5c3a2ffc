// The page: GET / lists the jobs, /jobs/{id} shows one.
#pragma once

#include <string_view>

#include "serve/parts.h"

namespace videogen::serve {

// The page that asks for a token, with what was wrong with the last one; 401.
[[nodiscard]] net::ServerResponse login_page(const ServiceParts& parts,
                                             std::string_view trouble = {});

void add_page_routes(Routes& routes, const ServiceParts& parts);

}  // namespace videogen::serve
