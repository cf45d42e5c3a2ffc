// What Veo on Vertex AI accepts, and in what words it refuses the rest.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace videogen::emulator {

struct VeoModel {
  std::string_view id;
  std::span<const int> durations_s;
  std::span<const std::string_view> resolutions;
  bool retired = false;  // answers 404, as an unknown one
};
// Null for ids that were never there.
[[nodiscard]] const VeoModel* find_veo_model(std::string_view id);

// A picture or clip that came along, in whole.
struct Media {
  std::string mime_type;
  std::string bytes;
};
// The bytes behind gs://bucket/object, if there is such an object.
using ReadObject =
    std::function<std::optional<Media>(const std::string& bucket, const std::string& name)>;

struct VeoRequest {
  std::string prompt, negative_prompt;
  std::vector<Media> pictures;  // image, last frame, references, in this order
  std::optional<Media> video;   // to be continued
  int samples = 1;
  int seconds = 8;
  int width = 1280, height = 720;
  std::optional<std::uint32_t> seed;
  std::string bucket, prefix;  // of storageUri; empty: the clips come inline
};

// `body` is the text of the request. Errors: corrupt, with the message of Vertex AI's
// INVALID_ARGUMENT; not_found for an object that is missing.
[[nodiscard]] Result<VeoRequest> parse_veo_request(std::string_view body, const VeoModel& model,
                                                   const ReadObject& read_object);

// "gs://bucket/a/b" taken apart; nullopt where it is none. The name may be empty.
struct GsUri {
  std::string bucket, name;
};
[[nodiscard]] std::optional<GsUri> parse_gs_uri(std::string_view uri);

}  // namespace videogen::emulator
