#include "generate/choose.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/nearest.h"
#include "generate/fits_internal.h"

namespace videogen::generate {
namespace {

constexpr std::string_view kDefaultBackend = "veo";

std::vector<std::string> backends_of(const Models& models) {
  std::vector<std::string> backends;
  for (const Model& model : models)
    if (std::ranges::find(backends, model.backend) == backends.end())
      backends.push_back(model.backend);
  return backends;
}

// What contradicts itself, whatever the model.
Status check_inputs(const Wish& wish) {
  if (wish.references > 0 && wish.image)
    return fail(ErrorCode::usage,
                "--reference and --image exclude each other: references say what appears, an "
                "image is the first frame");
  if (wish.references > 0 && wish.last_frame)
    return fail(ErrorCode::usage, "--reference and --last-frame exclude each other");
  if (wish.last_frame && !wish.image)
    return fail(ErrorCode::usage, "--last-frame needs the first one, too: --image FILE");
  return {};
}

Error unknown_model(const Models& models, const std::string& id, const std::string& backend) {
  std::vector<std::string> known, ids;
  for (const Model& model : models) {
    if (model.backend != backend) continue;
    known.push_back(model.id);
    if (!model.retired()) ids.push_back(model.id);
  }
  const auto near = nearest(id, known);
  return {ErrorCode::usage,
          near ? fmt::format("no model {} (did you mean {}?)", printable(id, 80), *near)
               : fmt::format("no model {}: {} has {}", printable(id, 80), backend,
                             fmt::join(ids, ", ")),
          std::source_location::current()};
}

Result<Choice> chosen_by_name(const Models& models, const std::string& id,
                              const std::string& backend, const Wish& wish) {
  const auto is = [&](std::string_view name) {
    return std::ranges::find_if(models, [&, name](const Model& model) {
      return model.id == name && model.backend == backend;
    });
  };
  auto found = is(id);
  if (found == models.end()) found = is(kAnyModel);
  if (found == models.end()) return tl::unexpected(unknown_model(models, id, backend));
  if (found->retired())
    return fail(
        ErrorCode::usage,
        fmt::format("{} was retired on {}{}", found->id, found->retired_since,
                    found->successor.empty() ? std::string(": choose another (--list-models)")
                                             : fmt::format(": use {}", found->successor)));
  VIDEOGEN_TRY(Choice choice, fit(*found, wish));
  choice.model_id = id == kAnyModel ? "" : id;
  choice.why = "named by --model";
  return choice;
}

// The candidates, best first.
std::vector<const Model*> ranked(const Models& models, const std::string& backend,
                                 Priority priority, const Wish& wish) {
  std::vector<const Model*> candidates;
  for (const Model& model : models)
    if (model.backend == backend && !model.retired()) candidates.push_back(&model);
  const auto price = [&wish](const Model* model) {
    const std::string& resolution = wish.resolution.value_or(model->resolutions.front());
    return model->price(resolution, wish.audio.value_or(true))
        .value_or(std::numeric_limits<double>::infinity());
  };
  const auto is_first = [priority](const Model* model) {
    return std::ranges::find(model->priorities, priority) != model->priorities.end();
  };
  if (priority == Priority::cost) {
    std::ranges::stable_sort(candidates, {}, price);
  } else {
    std::ranges::stable_partition(candidates, is_first);
  }
  return candidates;
}

std::string reason(Priority priority, const Choice& choice) {
  switch (priority) {
    case Priority::quality:
      return "quality first: the table's first choice for it";
    case Priority::speed:
      return "speed first: the table's first choice for it";
    case Priority::cost:
      return choice.usd_per_second ? fmt::format("cost first: the cheapest at {:.2f} USD a second",
                                                 *choice.usd_per_second)
                                   : "cost first: no price is known";
    case Priority::long_duration:
      break;
  }
  if (choice.extensions == 0) return "long: one clip is long enough";
  return fmt::format("long: {} s and {} extension{} of {} s", choice.seconds, choice.extensions,
                     choice.extensions == 1 ? "" : "s", *choice.model.extension_s);
}

Result<Choice> chosen_by_priority(const Models& models, const std::string& backend,
                                  const Wish& wish) {
  const Priority priority = wish.priority.value_or(Priority::quality);
  const std::vector<const Model*> candidates = ranked(models, backend, priority, wish);
  if (candidates.empty())
    return fail(ErrorCode::usage, fmt::format("the table has no model in service for --backend {}",
                                              printable(backend, 40)));
  std::optional<Error> first_refusal;
  for (const Model* model : candidates) {
    Result<Choice> choice = fit(*model, wish);
    if (!choice) {
      if (!first_refusal) first_refusal = choice.error();
      continue;
    }
    choice->model_id = model->id == kAnyModel ? "" : model->id;
    choice->why = reason(priority, *choice);
    if (first_refusal)
      choice->why = fmt::format("{}, of those that can ({})", reason(priority, *choice),
                                first_refusal->message);
    return choice;
  }
  return tl::unexpected(*std::move(first_refusal));
}

}  // namespace

Result<Choice> choose(const Models& models, const Wish& wish) {
  VIDEOGEN_TRY(check_inputs(wish));
  const std::vector<std::string> backends = backends_of(models);
  std::string backend(kDefaultBackend);
  if (wish.backend) {
    backend = *wish.backend;
    if (std::ranges::find(backends, backend) == backends.end())
      return fail(ErrorCode::usage, fmt::format("no back end {}: there are {}",
                                                printable(backend, 40), fmt::join(backends, ", ")));
  } else if (wish.model && *wish.model != kAnyModel) {
    const auto named = std::ranges::find(models, *wish.model, &Model::id);
    if (named != models.end()) backend = named->backend;
  }
  return wish.model ? chosen_by_name(models, *wish.model, backend, wish)
                    : chosen_by_priority(models, backend, wish);
}

}  // namespace videogen::generate
