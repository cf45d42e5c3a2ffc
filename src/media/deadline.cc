#include <fmt/format.h>

#include "media/deadline_internal.h"

namespace videogen::media {

Status Deadline::check() const {
  if (!over()) return {};
  if (stop_.stop_requested()) return fail(ErrorCode::interrupted, "interrupted while reading");
  return fail(ErrorCode::limit,
              fmt::format("reading takes longer than the {} s that one clip may", budget_.count()));
}

}  // namespace videogen::media
