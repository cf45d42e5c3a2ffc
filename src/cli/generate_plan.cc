#include "cli/generate_plan.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "generate/plan.h"

namespace videogen::cli {
namespace {

using Json = nlohmann::ordered_json;

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}
Json or_null(const std::optional<std::filesystem::path>& path) {
  return path ? Json(path->string()) : Json(nullptr);
}

double seconds(std::chrono::milliseconds time) {
  return std::chrono::duration<double>(time).count();
}

using generate::usd_text;

Json parameters_json(const GeneratePlan& request) {
  const generate::Order& order = request.order;
  Json references = Json::array();
  for (const auto& path : order.references) references.push_back(path.string());
  return {{"seconds", order.all_seconds()},
          {"first_clip_seconds", order.seconds},
          {"extensions", order.extensions},
          {"aspect_ratio", order.aspect_ratio},
          {"resolution", order.resolution},
          {"fps", or_null(request.fps)},
          {"audio", order.audio},
          {"seed", or_null(order.seed)},
          {"candidates", request.candidates},
          {"image", or_null(order.image)},
          {"last_frame", or_null(order.last_frame)},
          {"references", std::move(references)}};
}

std::string dump(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string length_text(const GeneratePlan& request) {
  const generate::Order& order = request.order;
  std::string text = fmt::format("{} s", order.all_seconds());
  if (order.extensions > 0)
    text += fmt::format(" ({} s and {} extension{} of {} s)", order.seconds, order.extensions,
                        order.extensions == 1 ? "" : "s", order.extension_seconds);
  if (request.fps) text += fmt::format(" at {} frames a second", *request.fps);
  return text + fmt::format(", {}, {}, {}", order.resolution, order.aspect_ratio,
                            order.audio ? "with sound" : "without sound");
}

std::string cost_text(const GeneratePlan& request) {
  const auto round = request.round_cost_usd();
  if (!round)
    return fmt::format("not known ({}); at most {} clips", request.price_from, request.max_clips);
  const double whole = *round / request.candidates * request.max_clips;
  return fmt::format(
      "about {} for {} clip{} ({} a second, {}); at most {} clips, {}, never over {}",
      usd_text(*round), request.candidates, request.candidates == 1 ? "" : "s",
      usd_text(request.order.usd_per_second), request.price_from, request.max_clips,
      usd_text(whole), usd_text(request.max_cost_usd));
}

}  // namespace

std::optional<double> GeneratePlan::round_cost_usd() const {
  return generate::round_cost_usd(order, candidates);
}

Status check_budget(const GeneratePlan& request) {
  return generate::check_round(request.order, request.candidates, request.max_cost_usd,
                               request.price_from);
}

std::string plan_text(const GeneratePlan& request) {
  const generate::Order& order = request.order;
  std::string text;
  const auto line = [&text](std::string_view label, const std::string& value) {
    text += fmt::format("{:<9} {}\n", label, value);
  };
  line("model", fmt::format("{} on {}, {}", order.model.empty() ? "the server's own" : order.model,
                            order.backend, request.why));
  line("clip", length_text(request));
  if (order.seed) line("seed", fmt::format("{}", *order.seed));
  if (order.image) line("image", printable(order.image->string()));
  if (order.last_frame) line("last", printable(order.last_frame->string()));
  for (const auto& path : order.references) line("reference", printable(path.string()));
  line("prompt", order.prompt);
  if (!order.negative_prompt.empty()) line("negative", order.negative_prompt);
  line("cost", cost_text(request));
  if (request.judge)
    line("judge",
         fmt::format("{}{}", printable(request.judge->options.model),
                     request.judge->gate ? fmt::format(", must give {}", *request.judge->gate)
                                         : ", an opinion only"));
  return text + "Nothing was sent.\n";
}

std::string plan_json(const GeneratePlan& request) {
  const generate::Order& order = request.order;
  Json json{{"status", "dry_run"},
            {"backend", order.backend},
            {"model", order.model.empty() ? Json(nullptr) : Json(order.model)},
            {"why", request.why},
            {"prompt", order.prompt},
            {"negative_prompt", order.negative_prompt},
            {"parameters", parameters_json(request)},
            {"cost_estimate_usd", or_null(request.round_cost_usd())},
            {"usd_per_second", order.price_known ? Json(order.usd_per_second) : Json(nullptr)},
            {"price_from", request.price_from},
            {"limits",
             {{"max_clips", request.max_clips},
              {"max_cost_usd", request.max_cost_usd},
              {"deadline_s", seconds(request.deadline)},
              {"poll_s", seconds(request.poll)},
              {"requests_per_minute", or_null(request.requests_per_minute)}}}};
  if (request.judge)
    json["judge"] = {{"model", request.judge->options.model},
                     {"gate", or_null(request.judge->gate)}};
  return dump(json);
}

std::string refusal_json(const Error& error) {
  return dump({{"status", "failed"},
               {"output", nullptr},
               {"attempts", Json::array()},
               {"cost_estimate_usd", 0.0},
               {"error",
                {{"code", name(error.code)},
                 {"message", error.message},
                 {"exit_code", exit_status(error.code)}}}});
}

}  // namespace videogen::cli
