#include <nlohmann/json.hpp>

#include "generate/settings_internal.h"

namespace videogen::generate {

using coherence::Profile;
using coherence::Sampling;
using nlohmann::json;

std::string settings_json(const coherence::Options& validation) {
  return json{{"fps", {validation.fps.num, validation.fps.den}},
              {"automatic", validation.sampling == Sampling::automatic},
              {"threshold", validation.threshold},
              {"quick", validation.profile == Profile::quick},
              {"multi_shot", validation.multi_shot},
              {"prompt", validation.prompt},
              {"versus", validation.versus},
              {"vbench", validation.vbench}}
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

coherence::Options settings_from_json(std::string_view text) {
  coherence::Options read;
  const json document = json::parse(text, nullptr, false);
  try {
    read.fps = {document.at("fps").at(0).get<std::int64_t>(),
                document.at("fps").at(1).get<std::int64_t>()};
    read.sampling = document.at("automatic").get<bool>() ? Sampling::automatic : Sampling::fixed;
    read.threshold = document.at("threshold").get<double>();
    read.profile = document.at("quick").get<bool>() ? Profile::quick : Profile::full;
    read.multi_shot = document.at("multi_shot").get<bool>();
    read.prompt = document.at("prompt").get<std::string>();
    read.versus = document.at("versus").get<std::vector<std::string>>();
    read.vbench = document.at("vbench").get<bool>();
  } catch (const json::exception&) {
    return {};
  }
  return read;
}

}  // namespace videogen::generate
