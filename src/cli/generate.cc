#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "cli/generate_plan.h"
#include "cli/numbers.h"
#include "cli/output_file.h"
#include "cli/settings_internal.h"
#include "cli/suggest.h"
#include "cli/verb_internal.h"
#include "generate/prompt.h"
#include "generate/styles.h"
#include "media/picture.h"
#include "net/address.h"

namespace videogen::cli {
namespace {

constexpr std::size_t kMostTableBytes = 1 << 20;

// Where the run itself begins: everything is decided, nothing has been sent.
Result<int> start_generation(const GeneratePlan& /*request*/, Context& /*context*/) {
  return fail(ErrorCode::unsupported,
              "this build has no back end that makes clips: --dry-run shows what would be sent");
}

class Generate final : public Verb {
 public:
  std::string name() const override { return "generate"; }
  std::string summary() const override {
    return "Ask a video model for a clip until one passes, within a budget";
  }
  std::string arguments() const override { return "\"PROMPT\" -o OUT.mp4"; }
  std::set<std::string> own_tables() const override { return {"models"}; }
  void declare(CLI::App& command) override;
  Result<int> run(Context& context, const std::vector<std::string>& arguments) override;

 private:
  void declare_clip(CLI::App& command);
  void declare_choice(CLI::App& command);
  void declare_limits(CLI::App& command);
  Result<int> work(Context& context, const std::vector<std::string>& arguments);
  Result<generate::Models> models() const;
  Result<generate::Wish> wish() const;
  Result<std::optional<generate::Style>> style() const;
  Status set_limits(GeneratePlan& request) const;
  Status set_pictures(generate::Order& order) const;
  Status set_order(const std::string& words, GeneratePlan& request, const Context& context) const;
  Status check_price(const generate::Choice& choice, const Context& context) const;
  Status check_places(GeneratePlan& request) const;
  Result<GeneratePlan> resumption(const std::vector<std::string>& arguments) const;

  std::optional<std::string> seconds_, aspect_, resolution_, seed_, negative_, image_, last_frame_;
  std::optional<std::string> style_, priority_, backend_, backend_url_, model_, usd_per_second_;
  std::optional<std::string> max_cost_, resume_, output_, styles_;
  std::vector<std::string> references_;
  std::string candidates_ = "1", max_clips_ = "3", deadline_ = "1200", poll_ = "10";
  bool no_audio_ = false, dry_run_ = false, list_models_ = false;
  bool json_ = false, quiet_ = false, force_ = false;
  JudgeFlags judge_;
  std::string config_;
};

void Generate::declare_clip(CLI::App& command) {
  command.add_option("-o,--output", output_, "The clip that is delivered")->type_name("FILE");
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
  command
      .add_option("--backend", backend_, "veo (Google) or videos (a server that speaks /v1/videos)")
      ->type_name("NAME")
      ->envname("VIDEOGEN_BACKEND");
  command.add_option("--backend-url", backend_url_, "Where that is, in place of Google")
      ->type_name("URL")
      ->envname("VIDEOGEN_BACKEND_URL");
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
  command.add_option("--poll", poll_, "Ask how far it is so often")
      ->type_name("SECONDS")
      ->capture_default_str();
  command
      .add_option("--resume", resume_,
                  "Take up what was submitted already: this operation, or all that run")
      ->type_name("[OPERATION]")
      ->expected(0, 1);
}

void Generate::declare(CLI::App& command) {
  declare_clip(command);
  declare_choice(command);
  declare_limits(command);
  judge_.declare(command);
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

Result<generate::Models> Generate::models() const {
  if (config_.empty()) return generate::shipped_models();
  VIDEOGEN_TRY(const std::optional<std::string> own, tables_in_file(config_, "generate", "models"));
  if (!own) return generate::shipped_models();
  return generate::parse_models(*own, config_ + ": [[generate.models]]");
}

Result<std::int64_t> whole(std::string_view flag, const std::string& text, std::int64_t low,
                           std::int64_t high) {
  const auto wrong = [&] {
    return fail(ErrorCode::usage, fmt::format("{} {}: must be a whole number from {} to {}", flag,
                                              printable(text, 60), low, high));
  };
  const Result<std::uint64_t> count = parse_count(flag, text);
  if (!count || *count > static_cast<std::uint64_t>(high)) return wrong();
  const auto value = static_cast<std::int64_t>(*count);
  if (value < low) return wrong();
  return value;
}

Result<generate::Wish> Generate::wish() const {
  constexpr int kMostSeconds = 3600;
  constexpr double kMostUsd = 10'000;
  generate::Wish wish;
  wish.backend = backend_;
  wish.model = model_;
  wish.aspect_ratio = aspect_;
  wish.resolution = resolution_;
  wish.image = image_.has_value();
  wish.last_frame = last_frame_.has_value();
  wish.references = static_cast<int>(references_.size());
  if (model_ && priority_ && *priority_ != "long")
    return fail(ErrorCode::usage,
                "--model names the model and --priority would choose one: give either");
  if (priority_) {
    const auto priority = generate::parse_priority(*priority_);
    if (!priority) return fail(ErrorCode::usage, "--" + priority.error().message);
    wish.priority = *priority;
  }
  if (seconds_) {
    VIDEOGEN_TRY(const auto seconds, whole("--seconds", *seconds_, 1, kMostSeconds));
    wish.seconds = static_cast<int>(seconds);
  }
  if (seed_) {
    VIDEOGEN_TRY(wish.seed, whole("--seed", *seed_, 0, std::numeric_limits<std::int64_t>::max()));
  }
  if (no_audio_) wish.audio = false;
  if (usd_per_second_) {
    VIDEOGEN_TRY(wish.usd_per_second,
                 parse_number("--usd-per-second", *usd_per_second_, 0, kMostUsd));
  }
  return wish;
}

Result<std::optional<generate::Style>> Generate::style() const {
  if (styles_ && !style_)
    return fail(ErrorCode::usage, "--styles needs the name of one of them: --style NAME");
  if (!style_ || *style_ == "none") return std::nullopt;
  if (!styles_) return generate::find_style(generate::shipped_styles(), *style_);
  VIDEOGEN_TRY(const std::string text, read_file(*styles_, kMostTableBytes));
  VIDEOGEN_TRY(const generate::Styles styles, generate::parse_styles(text, *styles_));
  return generate::find_style(styles, *style_);
}

std::chrono::milliseconds milliseconds(double seconds) {
  return std::chrono::milliseconds(std::llround(1000 * seconds));
}

Status Generate::set_limits(GeneratePlan& request) const {
  constexpr double kDay_s = 86'400;
  VIDEOGEN_TRY(const auto candidates, whole("--candidates", candidates_, 1, 100));
  VIDEOGEN_TRY(const auto clips, whole("--max-clips", max_clips_, 1, 1000));
  request.candidates = static_cast<int>(candidates);
  request.max_clips = static_cast<int>(clips);
  if (candidates > clips)
    return fail(ErrorCode::usage,
                fmt::format("--candidates {} are more than --max-clips {}", candidates, clips));
  if (max_cost_) {
    VIDEOGEN_TRY(request.max_cost_usd, parse_number("--max-cost", *max_cost_, 0, 1'000'000));
  }
  VIDEOGEN_TRY(const double deadline, parse_number("--deadline", deadline_, 0.001, 7 * kDay_s));
  VIDEOGEN_TRY(const double poll, parse_number("--poll", poll_, 0.01, 3600));
  request.deadline = milliseconds(deadline);
  request.poll = milliseconds(poll);
  request.json = json_;
  request.quiet = quiet_;
  return {};
}

Status check_picture(std::string_view flag, const std::string& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    const auto near = nearest_file(file);
    return fail(ErrorCode::not_found,
                fmt::format("{} {}: no such file{}", flag, printable(file),
                            near ? fmt::format(" (did you mean {}?)", printable(*near)) : ""));
  }
  // Decoded once: a broken one would be paid for.
  const auto picture = media::read_picture(file);
  if (picture) return {};
  return fail(picture.error().code, fmt::format("{}: {}", flag, picture.error().message));
}

Status Generate::set_pictures(generate::Order& order) const {
  if (image_) {
    VIDEOGEN_TRY(check_picture("--image", *image_));
    order.image = *image_;
  }
  if (last_frame_) {
    VIDEOGEN_TRY(check_picture("--last-frame", *last_frame_));
    order.last_frame = *last_frame_;
  }
  for (const std::string& file : references_) {
    VIDEOGEN_TRY(check_picture("--reference", file));
    order.references.emplace_back(file);
  }
  return {};
}

// Without a price no limit in money can be kept.
Status Generate::check_price(const generate::Choice& choice, const Context& context) const {
  if (choice.usd_per_second) return {};
  const bool billed_by_google = choice.model.backend == "veo";
  if (!max_cost_ && !billed_by_google) return {};
  const auto origin = context.origins.find("max-cost");
  const std::string limit = !max_cost_ ? "--max-cost (10 USD)"
                            : origin == context.origins.end()
                                ? "--max-cost"
                                : fmt::format("max-cost ({})", origin->second);
  return fail(ErrorCode::usage,
              fmt::format("no price is known for {}, so {} cannot be kept: give one with "
                          "--usd-per-second or in [[generate.models]]{}",
                          choice.model_id.empty() ? "the server's own model" : choice.model_id,
                          limit, billed_by_google ? "" : ", or leave --max-cost away"));
}

Status Generate::set_order(const std::string& words, GeneratePlan& request,
                           const Context& context) const {
  VIDEOGEN_TRY(const generate::Models table, models());
  VIDEOGEN_TRY(const generate::Wish wish, this->wish());
  VIDEOGEN_TRY(const generate::Choice choice, generate::choose(table, wish));
  VIDEOGEN_TRY(std::optional<generate::Style> style, this->style());
  const std::string model = choice.model_id.empty() ? choice.model.backend : choice.model_id;
  const std::string negative = negative_.value_or("");
  VIDEOGEN_TRY(generate::Prompt prompt,
               generate::engineer({.words = words,
                                   .negative = negative,
                                   .style = std::move(style),
                                   .audio = choice.audio,
                                   .most_characters = choice.model.prompt_characters,
                                   .model = model}));
  VIDEOGEN_TRY(check_price(choice, context));
  generate::Order& order = request.order;
  VIDEOGEN_TRY(set_pictures(order));
  order.backend = choice.model.backend;
  order.model = choice.model_id;
  order.prompt = std::move(prompt.text);
  order.negative_prompt = std::move(prompt.negative);
  order.seconds = choice.seconds;
  order.extensions = choice.extensions;
  order.extension_seconds = choice.extensions > 0 ? *choice.model.extension_s : 0;
  order.aspect_ratio = choice.aspect_ratio;
  order.resolution = choice.resolution;
  order.seed = wish.seed;
  order.audio = choice.audio;
  order.usd_per_second = choice.usd_per_second.value_or(0);
  order.price_known = choice.usd_per_second.has_value();
  request.words = words;
  request.why = choice.why;
  request.price_from = choice.price_from;
  request.fps = choice.model.fps;
  request.most_prompt = choice.model.prompt_characters;
  request.requests_per_minute = choice.model.requests_per_minute;
  return {};
}

// Where the clip comes from and where it goes.
Status Generate::check_places(GeneratePlan& request) const {
  if (backend_url_) {
    const auto address = net::parse_address(*backend_url_);
    if (!address) return fail(ErrorCode::usage, "--backend-url: " + address.error().message);
    request.backend_url = *backend_url_;
  } else if (request.order.backend == "videos") {
    return fail(ErrorCode::usage,
                "--backend videos needs the server's address: --backend-url http://HOST:PORT");
  }
  if (!output_) {
    if (dry_run_) return {};
    return fail(ErrorCode::usage, "generate needs a name for the clip: -o OUT.mp4");
  }
  request.output = *output_;
  request.existing = force_ ? AtomicFile::Existing::replace : AtomicFile::Existing::refuse;
  return check_output(request.output, request.existing);
}

Result<GeneratePlan> Generate::resumption(const std::vector<std::string>& arguments) const {
  if (!arguments.empty())
    return fail(ErrorCode::usage,
                "--resume takes up what was submitted already: it needs no prompt");
  if (dry_run_)
    return fail(ErrorCode::usage, "--dry-run sends nothing, and --resume has something to ask");
  GeneratePlan request;
  request.resume = *resume_;
  VIDEOGEN_TRY(set_limits(request));
  VIDEOGEN_TRY(request.judge, judge_.request(""));
  VIDEOGEN_TRY(check_places(request));
  return request;
}

Result<int> Generate::work(Context& context, const std::vector<std::string>& arguments) {
  if (resume_) {
    VIDEOGEN_TRY(const GeneratePlan request, resumption(arguments));
    return start_generation(request, context);
  }
  if (arguments.empty())
    return fail(ErrorCode::usage,
                "generate needs a prompt, as: videogen generate \"a lighthouse\" -o out.mp4");
  if (arguments.size() > 1)
    return fail(ErrorCode::usage, fmt::format("generate takes one prompt, and {} are given: put it "
                                              "in quotes (what follows {} is another)",
                                              arguments.size(), printable(arguments.front(), 60)));
  GeneratePlan request;
  VIDEOGEN_TRY(set_limits(request));
  VIDEOGEN_TRY(request.judge, judge_.request(arguments.front()));
  VIDEOGEN_TRY(set_order(arguments.front(), request, context));
  VIDEOGEN_TRY(check_places(request));
  if (!dry_run_) {
    VIDEOGEN_TRY(check_budget(request));
    return start_generation(request, context);
  }
  if (!quiet_ || json_)
    VIDEOGEN_TRY(context.console.write(json_ ? plan_json(request) : plan_text(request)));
  const Status affordable = check_budget(request);
  return affordable ? 0 : context.console.error(affordable.error());
}

Result<int> Generate::run(Context& context, const std::vector<std::string>& arguments) {
  if (list_models_) {
    if (!arguments.empty())
      return fail(ErrorCode::usage, "--list-models shows the table and takes no prompt");
    VIDEOGEN_TRY(const generate::Models table, models());
    VIDEOGEN_TRY(
        context.console.write(json_ ? generate::models_json(table) : generate::models_text(table)));
    return 0;
  }
  Result<int> status = work(context, arguments);
  if (!status && json_) VIDEOGEN_TRY(context.console.write(refusal_json(status.error())));
  return status;
}

}  // namespace

std::unique_ptr<Verb> make_generate() { return std::make_unique<Generate>(); }

}  // namespace videogen::cli
