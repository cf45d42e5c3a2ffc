#include <nlohmann/json.hpp>

#include "generate/order_json_internal.h"

namespace videogen::generate {

using nlohmann::json;

std::string order_json(const Order& order) {
  json document{{"backend", order.backend},       {"model", order.model},
                {"prompt", order.prompt},         {"negative_prompt", order.negative_prompt},
                {"seconds", order.seconds},       {"aspect_ratio", order.aspect_ratio},
                {"resolution", order.resolution}, {"samples", order.samples},
                {"audio", order.audio},           {"usd_per_second", order.usd_per_second},
                {"references", json::array()}};
  document["price_known"] = order.price_known;
  document["extensions"] = order.extensions;
  document["extension_seconds"] = order.extension_seconds;
  document["video"] = order.video;
  document["extended"] = order.extended;
  if (order.seed) document["seed"] = *order.seed;
  if (order.image) document["image"] = order.image->string();
  if (order.last_frame) document["last_frame"] = order.last_frame->string();
  for (const auto& path : order.references) document["references"].push_back(path.string());
  return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<Order> order_from_json(std::string_view text) {
  const json document = json::parse(text, nullptr, false);
  Order order;
  try {
    order.backend = document.at("backend");
    order.model = document.at("model");
    order.prompt = document.at("prompt");
    order.negative_prompt = document.at("negative_prompt");
    order.seconds = document.at("seconds");
    order.aspect_ratio = document.at("aspect_ratio");
    order.resolution = document.at("resolution");
    order.samples = document.at("samples");
    order.audio = document.at("audio");
    order.usd_per_second = document.at("usd_per_second");
    order.price_known = document.at("price_known");
    order.extensions = document.at("extensions");
    order.extension_seconds = document.at("extension_seconds");
    order.video = document.at("video");
    order.extended = document.at("extended");
    if (document.contains("seed")) order.seed = document.at("seed").get<std::int64_t>();
    if (document.contains("image")) order.image = document.at("image").get<std::string>();
    if (document.contains("last_frame"))
      order.last_frame = document.at("last_frame").get<std::string>();
    for (const json& path : document.at("references"))
      order.references.emplace_back(path.get<std::string>());
  } catch (const json::exception& error) {
    return fail(ErrorCode::corrupt,
                std::string("the journal holds an order that cannot be read: ") + error.what());
  }
  return order;
}

}  // namespace videogen::generate
