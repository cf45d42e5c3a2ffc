#include <string>

#include <fmt/format.h>

#include "cli/generate_verb_internal.h"

namespace videogen::cli {

void Generate::declare_clip(CLI::App& command) {
  command.add_option("-o,--output", output_, "The clip that is delivered")->type_name("FILE");
  command.add_option("--copy-to", copy_to_, "Where it is stored, too")
      ->type_name("gs://BUCKET/OBJECT");
  command.add_option("--seconds", seconds_, "Length; the model's own if left out")->type_name("N");
  command.add_option("--aspect", aspect_, "Shape: 16:9, 9:16")->type_name("W:H");
  command.add_option("--resolution", resolution_, "720p, 1080p, 4k, as the model can")
      ->type_name("NAME");
  command.add_option("--seed", seed_, "The same seed asks for the same clip")->type_name("N");
  command.add_option("--negative", negative_, "What should not be seen")->type_name("TEXT");
  command.add_option("--image", image_, "The first frame: PNG or JPEG")->type_name("FILE");
  command.add_option("--last-frame", last_frame_, "The last one (needs --image)")
      ->type_name("FILE");
  command
      .add_option("--reference", references_,
                  "A picture of somebody or something that should appear; may be given\n"
                  "several times")
      ->type_name("FILE")
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command.add_flag("--no-audio", no_audio_, "Ask for a clip without sound");
  command.add_option("--style", style_, "What to add to your words, see below; none: nothing")
      ->type_name("NAME")
      ->envname("VIDEOGEN_STYLE");
  command.add_option("--styles", styles_, "JSON file with styles in place of those below")
      ->type_name("FILE")
      ->envname("VIDEOGEN_STYLES");
}

void Generate::declare_choice(CLI::App& command) {
  command
      .add_option("--priority", priority_,
                  "Choose the model by quality (default), speed, cost or long: a clip\n"
                  "that is extended to its length")
      ->type_name("NAME");
  backend_.declare(command, "veo (Google) or videos (a server that speaks /v1/videos)");
  command.add_option("--model", model_, "Exactly this one; --list-models shows them")
      ->type_name("ID");
  command.add_option("--usd-per-second", usd_per_second_, "What a second costs you")
      ->type_name("USD");
  command.add_flag("--list-models", list_models_, "Show the table of models and exit");
}

void Generate::declare_limits(CLI::App& command) {
  command.add_option("--candidates", candidates_, "Clips to ask for at once; the best is kept")
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--max-clips", max_clips_, "Clips to pay for, at most")
      ->type_name("N")
      ->envname("VIDEOGEN_MAX_CLIPS")
      ->capture_default_str();
  command.add_option("--max-cost", max_cost_, "Never spend more, by the table's prices")
      ->type_name("USD")
      ->envname("VIDEOGEN_MAX_COST")
      ->default_str("10");
  command.add_option("--deadline", deadline_, "Give up after so long")
      ->type_name("SECONDS")
      ->capture_default_str();
  command
      .add_option("--resume", resume_,
                  "Take up what was submitted already: this operation, or all that run")
      ->type_name("[OPERATION]")
      ->expected(0, 1);
}

void Generate::declare_validation(CLI::App& command) {
  command.add_option("--fps", fps_, "Samples a second when a clip is judged")
      ->type_name("R")
      ->capture_default_str();
  command
      .add_option("--threshold", threshold_,
                  "Lowest mean similarity of neighbouring samples that passes")
      ->type_name("T")
      ->capture_default_str();
  command.add_flag("--multi-shot", multi_shot_, "Cuts are meant");
  embedder_.declare(command, "--clip-model");
  judge_.declare(command);
}

void Generate::declare(CLI::App& command) {
  declare_clip(command);
  declare_choice(command);
  declare_limits(command);
  declare_validation(command);
  command.add_flag("--dry-run", dry_run_, "Show what would be sent and what it would cost");
  command.add_flag("--force", force_, "Replace OUT.mp4 if it exists");
  command.add_flag("--json", json_, "One JSON document, on failure, too");
  command.add_flag("--quiet", quiet_, "No text and no progress; the exit status tells");
  command
      .add_option("--config", config_,
                  "TOML file with a table [generate] of these flags; its [[generate.models]]\n"
                  "replace the table of models")
      ->type_name("FILE")
      ->envname("VIDEOGEN_CONFIG");
  std::string footer = "Styles:\n";
  for (const generate::Style& style : generate::shipped_styles())
    footer += fmt::format("  {:<14}  {}\n", style.name, style.summary);
  footer +=
      "\nYour words are sent as they are, and first; a style adds to them. A prompt that starts\n"
      "with a dash goes after --. Exit status 6: the budget is used up, or would be.\n\n"
      "Example: videogen generate \"a lighthouse in a storm\" --style cinematic -o out.mp4\n"
      "         videogen generate --dry-run --priority cost --seconds 4 \"a lighthouse\"";
  command.footer(footer);
}

}  // namespace videogen::cli
