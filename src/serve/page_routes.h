// The page: GET / lists the jobs, /jobs/{id} shows one.
#pragma once

#include "serve/parts.h"

namespace videogen::serve {

void add_page_routes(Routes& routes, const ServiceParts& parts);

}  // namespace videogen::serve
