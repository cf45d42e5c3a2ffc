#include "generate/prompt.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "generate/text.h"

namespace videogen::generate {
namespace {

// What stands between the words and the style. The words' own end decides, so that JSON stays
// JSON and a sentence is not ended twice.
std::string_view joint(std::string_view words) {
  const std::size_t last = words.find_last_not_of(" \t\r\n");
  const char end = words[last];
  if (words.find('\n') < last || end == '}' || end == ']') return "\n\n";
  const bool ended =
      end == '.' || end == '!' || end == '?' || words.substr(0, last + 1).ends_with("…");
  if (last + 1 < words.size()) return ended ? "" : "\n\n";
  return ended ? " " : ". ";
}

std::string sentences(const Style& style, bool audio) {
  const std::array parts{std::pair{"Subject", &style.subject}, std::pair{"Action", &style.action},
                         std::pair{"Camera", &style.camera},   std::pair{"Lens", &style.lens},
                         std::pair{"Light", &style.light},     std::pair{"Mood", &style.mood},
                         std::pair{"Motion", &style.motion},   std::pair{"Sound", &style.audio}};
  std::string text = fmt::format("Style: {}", style.name);
  if (!style.summary.empty()) text += fmt::format(", {}", style.summary);
  text += '.';
  for (const auto& [label, part] : parts) {
    if (part->empty() || (part == &style.audio && !audio)) continue;
    text += fmt::format(" {}: {}.", label, *part);
  }
  return text;
}

Status check(std::string_view what, std::string_view text) {
  const auto bad = unprintable(text);
  if (!bad) return {};
  return fail(ErrorCode::usage,
              fmt::format("the {} holds {}: remove it, it would not be sent as typed", what, *bad));
}

Status check_length(std::string_view what, std::string_view text, std::string_view words,
                    const PromptRequest& request) {
  const std::size_t length = characters(text);
  if (request.most_characters == 0 || length <= request.most_characters) return {};
  const std::size_t own = characters(words);
  const std::string of =
      own < length ? fmt::format(" ({} of them from the style)", length - own) : "";
  return fail(ErrorCode::usage,
              fmt::format("the {} has {} characters{}, and {} takes {}: shorten "
                          "it, nothing is cut here",
                          what, length, of, request.model, request.most_characters));
}

}  // namespace

Result<Prompt> engineer(const PromptRequest& request) {
  if (is_blank(request.words))
    return fail(ErrorCode::usage, "the prompt is empty: say what the clip shows");
  VIDEOGEN_TRY(check("prompt", request.words));
  VIDEOGEN_TRY(check("negative prompt", request.negative));
  Prompt prompt{std::string(request.words), std::string(request.negative)};
  if (request.style) {
    prompt.text += joint(request.words);
    prompt.text += sentences(*request.style, request.audio);
    if (!prompt.negative.empty() && !request.style->negative.empty()) prompt.negative += ", ";
    prompt.negative += request.style->negative;
  }
  VIDEOGEN_TRY(check_length("prompt", prompt.text, request.words, request));
  VIDEOGEN_TRY(check_length("negative prompt", prompt.negative, request.negative, request));
  return prompt;
}

}  // namespace videogen::generate
