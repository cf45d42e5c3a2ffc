#include <optional>

#include <fmt/format.h>

#include "cli/numbers.h"
#include "cli/output_file.h"
#include "cli/verb_internal.h"
#include "scenes/scene.h"

namespace videogen::cli {
namespace {

class Sample final : public Verb {
 public:
  std::string name() const override { return "sample"; }
  std::string summary() const override { return "Render a test clip, with defects where asked"; }
  std::string arguments() const override { return "OUT.mp4"; }
  void declare(CLI::App& command) override;
  Result<int> run(Context& context, const std::vector<std::string>& arguments) override;

 private:
  Result<scenes::Clip> clip() const;

  std::optional<std::string> scene_, size_, fps_, seconds_, from_, with_;
  std::vector<std::string> defects_;
  std::string seed_ = "1";
  bool force_ = false, quiet_ = false;
  std::string config_;
};

void Sample::declare(CLI::App& command) {
  command.add_option("--scene", scene_, "What to show, see below")
      ->type_name("NAME")
      ->default_str(std::string(scenes::all_scenes().front().name));
  command.add_option("--from", from_, "Footage to damage, instead of a scene")->type_name("CLIP");
  command
      .add_option("--with", with_,
                  "With --from: what is foreign to it (cuts, flashes, morphs) comes from here")
      ->type_name("CLIP");
  command
      .add_option(
          "--defect", defects_,
          "KIND[.STYLE]@SECONDS[:light|medium|heavy], medium if left out; may be given several "
          "times")
      ->type_name("DEFECT")
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command.add_option("--seed", seed_, "The same seed gives the same clip")
      ->type_name("N")
      ->capture_default_str();
  command
      .add_option("--size", size_,
                  "Pixels, even; with --from its own if left out, at most 640 lines")
      ->type_name("WxH")
      ->default_str("640x360");
  command.add_option("--fps", fps_, "Frames a second; with --from its own if left out")
      ->type_name("R")
      ->default_str("24");
  command.add_option("--seconds", seconds_, "Length; with --from its own if left out")
      ->type_name("S")
      ->default_str("6");
  command.add_flag("--force", force_, "Replace OUT.mp4 if it exists");
  command.add_flag("--quiet", quiet_, "Say nothing but errors");
  command.add_option("--config", config_, "TOML file with a table [sample] of these flags")
      ->type_name("FILE");
  std::string footer = "Scenes:\n";
  for (const scenes::SceneInfo& scene : scenes::all_scenes())
    footer += fmt::format("  {:<22}  {}\n", scene.name, scene.description);
  footer += fmt::format("\nDefects: {}\n", fmt::join(scenes::all_defects(), " "));
  for (const std::string_view kind : scenes::all_defects()) {
    const auto styles = scenes::defect_styles(kind);
    if (!styles.empty()) footer += fmt::format("Styles of {}: {}\n", kind, fmt::join(styles, " "));
  }
  footer += '\n';
  footer +=
      "What was planted where is written to OUT.mp4.json.\n\n"
      "Example: videogen sample --defect cut@3 --defect flash@1.5:heavy out.mp4\n"
      "         videogen sample --from clip.mp4 --defect freeze@2 out.mp4";
  command.footer(footer);
}

Result<scenes::Clip> Sample::clip() const {
  if (from_ && scene_)
    return fail(ErrorCode::usage, "--from takes footage and --scene renders one: give either");
  if (with_ && !from_)
    return fail(ErrorCode::usage,
                "--with names what is foreign to the footage of --from: give that");
  if ((from_ && from_->empty()) || (with_ && with_->empty()))
    return fail(ErrorCode::usage, "--from and --with need the name of a clip");
  scenes::Clip clip;
  clip.scene = scene_.value_or(std::string(scenes::all_scenes().front().name));
  if (from_) clip = scenes::clip_of_footage(*from_);
  if (with_) clip.with = *with_;
  VIDEOGEN_TRY(clip.seed, parse_count("--seed", seed_));
  if (size_) {
    VIDEOGEN_TRY(const Size size, parse_size("--size", *size_));
    clip.width = size.width;
    clip.height = size.height;
  }
  if (fps_) {
    VIDEOGEN_TRY(clip.frame_rate, parse_rate("--fps", *fps_));
  }
  if (seconds_) {
    VIDEOGEN_TRY(clip.seconds, parse_number("--seconds", *seconds_, 0, 86400));
    // To the library 0 means all of the footage; typed, it is a mistake.
    if (clip.seconds == 0) return fail(ErrorCode::usage, "a clip of 0 s is impossible");
  }
  for (const std::string& text : defects_) {
    VIDEOGEN_TRY(scenes::Defect defect, scenes::parse_defect(text));
    clip.defects.push_back(std::move(defect));
  }
  return clip;
}

Result<int> Sample::run(Context& context, const std::vector<std::string>& arguments) {
  if (arguments.size() != 1)
    return fail(ErrorCode::usage,
                fmt::format("sample needs one output, not {}, as: videogen sample out.mp4",
                            arguments.size()));
  const std::string& path = arguments.front();
  VIDEOGEN_TRY(const scenes::Clip clip, this->clip());
  const auto existing = force_ ? AtomicFile::Existing::replace : AtomicFile::Existing::refuse;
  VIDEOGEN_TRY(check_output(path, existing));
  VIDEOGEN_TRY(check_output(path + ".json", existing));
  if (quiet_) context.console.set_bar(Console::Bar::hidden);

  const auto progress = [&](std::int64_t done, std::int64_t total) {
    context.console.progress(path, "frames", done, total);
  };
  VIDEOGEN_TRY(scenes::write_clip(clip, path, existing, progress, context.interruption.token()));
  if (quiet_) return 0;
  const std::string what =
      from_ ? printable(*from_) : fmt::format("{} s of {}", clip.seconds, clip.scene);
  VIDEOGEN_TRY(context.console.write(fmt::format(
      "{}: {}, seed {}, {} defect{} (the truth is in {}.json)\n", printable(path), what, clip.seed,
      clip.defects.size(), clip.defects.size() == 1 ? "" : "s", printable(path))));
  return 0;
}

}  // namespace

std::unique_ptr<Verb> make_sample() { return std::make_unique<Sample>(); }

}  // namespace videogen::cli
