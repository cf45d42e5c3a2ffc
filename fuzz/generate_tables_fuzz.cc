// Tables of models and styles of any content: refused, or such that every model in service can
// be chosen and every style gives a prompt that begins with the words.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "generate/choose.h"
#include "generate/prompt.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace videogen::generate;  // NOLINT(google-build-using-namespace)
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto models = parse_models(text, "models")) {
    for (const Model& model : *models) {
      const auto choice = choose(*models, {.backend = model.backend, .model = model.id});
      if (choice.has_value() == model.retired()) std::abort();
    }
    if (!parse_models(models_json(*models), "again")) std::abort();
    (void)models_text(*models);
  }
  if (const auto styles = parse_styles(text, "styles")) {
    for (const Style& style : *styles) {
      const auto prompt = engineer({.words = "a cat", .style = style});
      if (!prompt || !prompt->text.starts_with("a cat")) std::abort();
    }
  }
  return 0;
}
