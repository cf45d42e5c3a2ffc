// config.json of any content: refused, or every size within the bounds that the towers need.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "embed/clip_config_internal.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace videogen::embed;  // NOLINT(google-build-using-namespace)
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = ClipConfig::parse(text, "config.json");
  if (!config) return 0;
  for (const TransformerConfig& tower : {config->vision.transformer, config->text.transformer}) {
    if (tower.width < 1 || tower.heads < 1 || tower.width % tower.heads != 0) std::abort();
    if (!(tower.layer_norm_epsilon > 0) || tower.layers < 1) std::abort();
  }
  if (config->vision.patches() < 1 || config->text.end_token >= config->text.vocabulary) {
    std::abort();
  }
  return 0;
}
