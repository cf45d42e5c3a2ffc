#include "cli/generate_start_internal.h"

namespace videogen::cli {

Result<int> start_generation(const GeneratePlan& /*plan*/, const EmbedderFlags& /*embedder*/,
                             Context& /*context*/) {
  return fail(ErrorCode::unsupported,
              "this build has no back end that makes clips: --dry-run shows what would be sent");
}

}  // namespace videogen::cli
