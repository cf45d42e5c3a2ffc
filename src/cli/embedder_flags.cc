#include <utility>

#include <fmt/format.h>

#include "cli/embedder_flags_internal.h"

namespace videogen::cli {
namespace {

template <class T, std::size_t N>
Result<T> parse_word(std::string_view flag, std::string_view text,
                     const std::pair<std::string_view, T> (&words)[N]) {
  std::string allowed;
  for (const auto& [word, value] : words) {
    if (word == text) return value;
    allowed += fmt::format("{}{}", allowed.empty() ? "" : ", ", word);
  }
  return fail(ErrorCode::usage,
              fmt::format("{} {}: must be one of {}", flag, printable(text, 60), allowed));
}

}  // namespace

void EmbedderFlags::declare(CLI::App& command, const std::string& model_flag) {
  model_flag_ = model_flag;
  command.add_option("--embedder", embedder_, "auto, gist or clip; auto: clip if a model is found")
      ->type_name("NAME")
      ->envname("VIDEOGEN_EMBEDDER")
      ->capture_default_str();
  command.add_option(model_flag, model_, "Folder of a CLIP model, as Hugging Face publishes them")
      ->type_name("DIR")
      ->envname("VIDEOGEN_MODEL");
  command
      .add_option("--precision", precision_, "auto, f32 or bf16; auto: bf16 where the CPU has it")
      ->type_name("NAME")
      ->envname("VIDEOGEN_PRECISION")
      ->capture_default_str();
}

Result<embed::Choice> EmbedderFlags::choice() const {
  using embed::Kind;
  using embed::Precision;
  embed::Choice choice;
  VIDEOGEN_TRY(
      choice.kind,
      parse_word<Kind>("--embedder", embedder_,
                       {{"auto", Kind::automatic}, {"gist", Kind::gist}, {"clip", Kind::clip}}));
  VIDEOGEN_TRY(choice.precision, parse_word<Precision>("--precision", precision_,
                                                       {{"auto", Precision::automatic},
                                                        {"f32", Precision::f32},
                                                        {"bf16", Precision::bf16}}));
  choice.model = model_;
  return choice;
}

Status EmbedderFlags::check() const {
  VIDEOGEN_TRY([[maybe_unused]] const embed::Choice choice, this->choice());
  return {};
}

Result<embed::Chosen> EmbedderFlags::choose(const Context& context) const {
  VIDEOGEN_TRY(const embed::Choice choice, this->choice());
  VIDEOGEN_TRY(embed::Chosen chosen, embed::choose(choice, context.interruption.token()));
  // The embedders' room knows of flags only, and only by their usual names.
  constexpr std::string_view kModelFlag = "--model";
  if (chosen.why.starts_with(kModelFlag)) chosen.why.replace(0, kModelFlag.size(), model_flag_);
  for (const auto& [flag, origin] : context.origins) {
    const std::string typed = "--" + flag;
    if (chosen.why == typed || chosen.why.starts_with(typed + " "))
      chosen.why.replace(0, typed.size(), origin);
  }
  return chosen;
}

}  // namespace videogen::cli
