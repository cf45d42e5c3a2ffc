#include "generate/plan.h"

#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "generate/prompt.h"

namespace videogen::generate {

Result<PlannedOrder> plan_order(const Choice& choice, std::string_view words,
                                std::string_view negative, std::optional<Style> style,
                                std::optional<std::int64_t> seed) {
  const std::string model = choice.model_id.empty() ? choice.model.backend : choice.model_id;
  VIDEOGEN_TRY(Prompt prompt, engineer({.words = words,
                                        .negative = negative,
                                        .style = std::move(style),
                                        .audio = choice.audio,
                                        .most_characters = choice.model.prompt_characters,
                                        .model = model}));
  PlannedOrder planned;
  Order& order = planned.order;
  order.backend = choice.model.backend;
  order.model = choice.model_id;
  order.prompt = std::move(prompt.text);
  order.negative_prompt = std::move(prompt.negative);
  order.seconds = choice.seconds;
  order.extensions = choice.extensions;
  order.extension_seconds = choice.extensions > 0 ? *choice.model.extension_s : 0;
  order.aspect_ratio = choice.aspect_ratio;
  order.resolution = choice.resolution;
  order.seed = seed;
  order.audio = choice.audio;
  order.usd_per_second = choice.usd_per_second.value_or(0);
  order.price_known = choice.usd_per_second.has_value();
  planned.why = choice.why;
  planned.price_from = choice.price_from;
  planned.fps = choice.model.fps;
  planned.most_prompt = choice.model.prompt_characters;
  planned.requests_per_minute = choice.model.requests_per_minute;
  return planned;
}

std::string usd_text(double value) {
  const bool cents = std::abs(value * 100 - std::round(value * 100)) < 1e-6;
  return fmt::format("{:.{}f} USD", value, cents ? 2 : 4);
}

std::optional<double> round_cost_usd(const Order& order, int candidates) {
  if (!order.price_known) return std::nullopt;
  return order.usd_per_second * order.all_seconds() * candidates;
}

Status check_round(const Order& order, int candidates, double max_cost_usd,
                   std::string_view price_from) {
  const auto round = round_cost_usd(order, candidates);
  if (!round || *round <= max_cost_usd) return {};
  return fail(ErrorCode::budget,
              fmt::format("{} clip{} of {} s by {} cost{} about {} ({}), and the limit is {}: "
                          "--max-cost raises it, --priority cost or fewer --seconds cost less",
                          candidates, candidates == 1 ? "" : "s", order.all_seconds(), order.model,
                          candidates == 1 ? "s" : "", usd_text(*round), price_from,
                          usd_text(max_cost_usd)));
}

}  // namespace videogen::generate
