// Host memory as a device: ranges without access (PROT_NONE) that mprotect opens and
// MADV_DONTNEED empties.
#pragma once

#include <memory>

#include "pool/backend.h"

namespace videogen::pool {

// Under overcommit a successful mapping proves nothing, so available() is what counts: the
// smaller of MemAvailable and the cgroup's limit. Pages are zero when first touched.
[[nodiscard]] std::unique_ptr<Backend> make_host_backend();

}  // namespace videogen::pool
