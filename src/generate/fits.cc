#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "generate/fits_internal.h"

namespace videogen::generate {
namespace {

template <class T>
bool holds(const std::vector<T>& list, const T& value) {
  return std::ranges::find(list, value) != list.end();
}

// "4, 6 or 8"
std::string either(const std::vector<int>& values) {
  constexpr std::size_t kFew = 8;
  const bool gapless = values.back() - values.front() + 1 == static_cast<int>(values.size());
  if (values.size() > kFew && gapless)
    return fmt::format("{} to {}", values.front(), values.back());
  if (values.size() == 1) return fmt::format("{}", values.front());
  return fmt::format("{} or {}", fmt::join(values.begin(), values.end() - 1, ", "), values.back());
}

std::string called(const Model& model) {
  return model.id == kAnyModel ? fmt::format("the back end {}", model.backend) : model.id;
}

Status check_choice(const Model& model, std::string_view what, const std::string& value,
                    const std::vector<std::string>& allowed) {
  if (holds(allowed, value)) return {};
  return fail(ErrorCode::usage, fmt::format("{} {}: {} makes {}", what, printable(value, 40),
                                            called(model), fmt::join(allowed, ", ")));
}

Status check_inputs(const Model& model, const Wish& wish) {
  if (wish.image && !model.images)
    return fail(ErrorCode::usage, fmt::format("{} takes no --image", called(model)));
  if (wish.last_frame && !model.last_frames)
    return fail(ErrorCode::usage, fmt::format("{} takes no --last-frame", called(model)));
  if (wish.references > model.references)
    return fail(ErrorCode::usage,
                model.references == 0
                    ? fmt::format("{} takes no --reference", called(model))
                    : fmt::format("{} references: {} takes at most {}", wish.references,
                                  called(model), model.references));
  if (wish.audio.value_or(false) && !model.audio)
    return fail(ErrorCode::usage, fmt::format("{} makes no sound", called(model)));
  if (wish.seed && (*wish.seed < 0 || *wish.seed > model.most_seed))
    return fail(ErrorCode::usage, fmt::format("seed {}: {} takes 0 to {}", *wish.seed,
                                              called(model), model.most_seed));
  return {};
}

// A first clip and how often it is continued; the fewest extensions.
Status set_chain(const Model& model, const std::vector<int>& bases, int seconds, Choice& choice) {
  for (auto base = bases.rbegin(); base != bases.rend(); ++base) {
    const int rest = seconds - *base;
    if (rest <= 0 || rest % *model.extension_s != 0) continue;
    if (seconds - *model.extension_s > *model.longest_extended_input_s) continue;
    choice.seconds = *base;
    choice.extensions = rest / *model.extension_s;
    return {};
  }
  return fail(ErrorCode::usage,
              fmt::format("{} s: {} makes {} s, and with extensions {} s", seconds, called(model),
                          either(bases), either(model.extended_durations_s())));
}

Status set_length(const Model& model, const Wish& wish, Choice& choice) {
  const bool references = wish.references > 0 && !model.reference_durations_s.empty();
  const std::vector<int>& durations = references ? model.reference_durations_s : model.durations_s;
  const bool is_long = wish.priority == Priority::long_duration;
  choice.seconds = holds(durations, model.default_s) ? model.default_s : durations.back();
  if (is_long && !model.extension_s)
    return fail(ErrorCode::usage, fmt::format("{} cannot extend a clip, so its longest is {} s",
                                              called(model), durations.back()));
  if (is_long && wish.last_frame)
    return fail(ErrorCode::usage,
                "--last-frame ends the clip and --priority long continues it: leave one away");
  if (!wish.seconds) {
    if (is_long) choice.extensions = 1;
    return {};
  }
  if (holds(durations, *wish.seconds)) {
    choice.seconds = *wish.seconds;
    return {};
  }
  if (is_long) return set_chain(model, durations, *wish.seconds, choice);
  const bool extendable = *wish.seconds > durations.back() && model.extension_s;
  return fail(ErrorCode::usage, fmt::format("{} s: {} makes {} s{}{}", *wish.seconds, called(model),
                                            either(durations), references ? " with references" : "",
                                            extendable ? "; longer ones by --priority long" : ""));
}

void set_price(const Wish& wish, Choice& choice) {
  const Model& model = choice.model;
  choice.usd_per_second = model.price(choice.resolution, choice.audio);
  if (wish.usd_per_second) {
    choice.usd_per_second = wish.usd_per_second;
    choice.price_from = "yours";
    return;
  }
  if (!choice.usd_per_second) {
    choice.price_from = "no price is known";
    return;
  }
  choice.price_from = "estimate";
  if (!model.price_source.empty()) choice.price_from += ": " + model.price_source;
  if (!model.price_date.empty()) choice.price_from += ", " + model.price_date;
  if (!choice.audio && model.audio && !model.usd_per_second_mute)
    choice.price_from += "; with sound, a price without is not known";
}

}  // namespace

Result<Choice> fit(const Model& model, const Wish& wish) {
  Choice choice;
  choice.model = model;
  VIDEOGEN_TRY(check_inputs(model, wish));
  VIDEOGEN_TRY(set_length(model, wish, choice));
  choice.aspect_ratio = wish.aspect_ratio.value_or(model.aspect_ratios.front());
  choice.resolution = wish.resolution.value_or(model.resolutions.front());
  VIDEOGEN_TRY(check_choice(model, "aspect", choice.aspect_ratio, model.aspect_ratios));
  VIDEOGEN_TRY(check_choice(model, "resolution", choice.resolution, model.resolutions));
  choice.audio = wish.audio.value_or(model.audio);
  set_price(wish, choice);
  return choice;
}

}  // namespace videogen::generate
