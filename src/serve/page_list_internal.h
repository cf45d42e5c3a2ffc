// Which jobs the list shows.
#pragma once

#include <string_view>

#include "net/form.h"
#include "serve/jobs.h"
#include "serve/page_internal.h"

namespace videogen::serve {

// By "status" and "page" of a query. Without a status: what runs, some of what waits, and what
// ended last. Errors: usage (no such status, parameter or page).
[[nodiscard]] Result<JobsShown> list_jobs(const Jobs& jobs, std::string_view tenant,
                                          const net::Parameters& query);

}  // namespace videogen::serve
