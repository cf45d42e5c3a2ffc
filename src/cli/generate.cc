#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "cli/cloud_copy.h"
#include "cli/generate_start_internal.h"
#include "cli/generate_verb_internal.h"
#include "cli/numbers.h"
#include "cli/output_file.h"
#include "cli/settings_internal.h"
#include "cli/suggest.h"
#include "generate/plan.h"
#include "media/picture.h"

namespace videogen::cli {
namespace {

constexpr std::size_t kMostTableBytes = 1 << 20;

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

std::chrono::milliseconds milliseconds(double seconds) {
  return std::chrono::milliseconds(std::llround(1000 * seconds));
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

}  // namespace

Result<generate::Models> Generate::models() const {
  if (config_.empty()) return generate::shipped_models();
  VIDEOGEN_TRY(const std::optional<std::string> own, tables_in_file(config_, "generate", "models"));
  if (!own) return generate::shipped_models();
  return generate::parse_models(*own, config_ + ": [[generate.models]]");
}

Result<generate::Wish> Generate::wish() const {
  constexpr int kMostSeconds = 3600;
  constexpr double kMostUsd = 10'000;
  generate::Wish wish;
  wish.backend = backend_.backend();
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
  request.deadline = milliseconds(deadline);
  VIDEOGEN_TRY(request.poll, backend_.poll());
  request.json = json_;
  request.quiet = quiet_;
  return set_validation(request.validation);
}

Status Generate::set_validation(coherence::Options& options) const {
  VIDEOGEN_TRY(options.fps, parse_rate("--fps", fps_));
  VIDEOGEN_TRY(options.threshold, parse_number("--threshold", threshold_, -1, 1));
  options.multi_shot = multi_shot_;
  return embedder_.check();
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
  VIDEOGEN_TRY(
      generate::PlannedOrder planned,
      generate::plan_order(choice, words, negative_.value_or(""), std::move(style), wish.seed));
  VIDEOGEN_TRY(check_price(choice, context));
  VIDEOGEN_TRY(set_pictures(planned.order));
  request.order = std::move(planned.order);
  request.words = words;
  request.validation.prompt = words;
  request.why = planned.why;
  request.price_from = planned.price_from;
  request.fps = planned.fps;
  request.most_prompt = planned.most_prompt;
  request.requests_per_minute = planned.requests_per_minute;
  return {};
}

// Where the clip comes from and where it goes.
Status Generate::check_places(GeneratePlan& request) const {
  // A run that is taken up knows its server.
  const bool known = request.resume.has_value();
  VIDEOGEN_TRY(BackendFlags::Place place, backend_.place(known ? "" : request.order.backend));
  request.backend_url = std::move(place.url);
  request.storage_uri = std::move(place.storage_uri);
  request.body = place.body;
  if (copy_to_) {
    VIDEOGEN_TRY(request.copy_to, cloud_place("--copy-to", *copy_to_));
  }
  if (!output_) {
    // A run that is taken up knows where its clip goes.
    if (dry_run_ || request.resume) return {};
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
  request.order.backend = backend_.backend().value_or("");
  VIDEOGEN_TRY(set_limits(request));
  VIDEOGEN_TRY(request.judge, judge_.request(""));
  VIDEOGEN_TRY(check_places(request));
  return request;
}

Result<int> Generate::work(Context& context, const std::vector<std::string>& arguments) {
  if (resume_) {
    VIDEOGEN_TRY(const GeneratePlan request, resumption(arguments));
    return start_generation(request, embedder_, context);
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
    return start_generation(request, embedder_, context);
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

std::unique_ptr<Verb> make_generate() { return std::make_unique<Generate>(); }

}  // namespace videogen::cli
