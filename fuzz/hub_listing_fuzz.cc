// What a hub says: no name that comes out of it leads out of a folder.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "net/hub.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace videogen::net;  // NOLINT(google-build-using-namespace)
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto listing = parse_hub_listing(text, "m");
  if (listing) {
    for (const HubFile& file : listing->files)
      if (file.name.empty() || file.name[0] == '.' || file.name.find('/') != std::string::npos ||
          file.name.find('\0') != std::string::npos ||
          file.digest.find_first_not_of("0123456789abcdef") != std::string::npos)
        std::abort();
    (void)files_of_clip(*listing, "m");
  }
  const HubListing known{.commit = std::string(40, 'a'), .files = {{"a.safetensors", 1, ""}}};
  if (const auto shards = shards_of(text, known, "m")) {
    for (const HubFile& file : *shards)
      if (file.name != "a.safetensors") std::abort();
  }
  if (const auto model = parse_hub_model(text)) {
    if (model->name.find("..") != std::string::npos ||
        model->revision.find("..") != std::string::npos || model->revision.starts_with('/'))
      std::abort();
  }
  return 0;
}
