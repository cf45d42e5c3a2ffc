#include "coherence/fitted.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "base/file.h"
#include "coherence/change_watch.h"
#include "coherence/detectors.h"
#include "coherence/fitted_internal.h"

namespace videogen::coherence {
namespace {

using Json = nlohmann::json;

static_assert(std::endian::native == std::endian::little, "floats lie as they are stored");

// Throws Json::exception and std::runtime_error; parse_fitted() catches.
std::vector<float> floats(const Json& json, std::size_t expected, const char* what) {
  const auto bytes = from_base64(json.get_ref<const std::string&>());
  if (!bytes || bytes->size() != expected * sizeof(float))
    throw std::runtime_error(fmt::format("{}: not {} numbers in Base64", what, expected));
  std::vector<float> values(expected);
  std::memcpy(values.data(), bytes->data(), bytes->size());
  if (!std::ranges::all_of(values, [](float x) { return std::isfinite(x); }))
    throw std::runtime_error(fmt::format("{}: a number that is none", what));
  return values;
}

ChangeLayer layer_of(const Json& json, std::size_t inputs) {
  ChangeLayer layer;
  layer.side = json.at("side").get<int>();
  layer.inputs = inputs;
  layer.outputs = json.at("outputs").get<std::size_t>();
  if ((layer.side != 1 && layer.side != 3) || layer.outputs < 1 || layer.outputs > 256)
    throw std::runtime_error("a layer of a size that there is not");
  const auto taps = std::size_t(layer.side) * std::size_t(layer.side);
  layer.weights = floats(json.at("weights"), taps * layer.inputs * layer.outputs, "weights");
  layer.biases = floats(json.at("biases"), layer.outputs, "biases");
  return layer;
}

ChangeNetwork network_of(const Json& json) {
  ChangeNetwork network;
  network.mean = floats(json.at("mean"), kPlanes, "mean");
  network.deviation = floats(json.at("deviation"), kPlanes, "deviation");
  for (const Json& layers : json.at("members")) {
    std::vector<ChangeLayer> member;
    std::size_t inputs = kPlanes;
    for (const Json& layer : layers) {
      member.push_back(layer_of(layer, inputs));
      inputs = member.back().outputs;
    }
    if (inputs != 1) throw std::runtime_error("a network does not end in one output");
    network.members.push_back(std::move(member));
  }
  if (network.members.empty()) throw std::runtime_error("no network");
  return network;
}

}  // namespace

const Calibration& Fitted::of(std::string_view scale) const {
  const auto found = std::ranges::find(calibrations, scale, &Calibration::scale);
  VIDEOGEN_CHECK(found != calibrations.end(), "every detector is calibrated");
  return *found;
}

Result<Fitted> parse_fitted(std::string_view text, const std::string& name) {
  try {
    const Json json = Json::parse(text);
    Fitted fitted;
    for (const Detector& detector : all_detectors()) {
      const Json& one = json.at("detectors").at(std::string(detector.scale));
      fitted.calibrations.push_back(
          {detector.scale, one.at("centre").get<double>(), one.at("slope").get<double>()});
    }
    fitted.network = network_of(json.at("network"));
    return fitted;
  } catch (const std::exception& e) {
    return fail(ErrorCode::corrupt, fmt::format("{}: {}", printable(name), e.what()));
  }
}

Result<Fitted> read_fitted(const std::filesystem::path& path) {
  constexpr std::size_t kLargest = std::size_t{64} << 20;
  VIDEOGEN_TRY(const std::string text, read_file(path, kLargest));
  return parse_fitted(text, path.string());
}

const Fitted& shipped() {
  static const Fitted fitted = [] {
    Result<Fitted> parsed = parse_fitted(kFittedJson, "fitted.json");
    VIDEOGEN_CHECK(parsed.has_value(), "what is fitted goes with the detectors: make fit");
    return *std::move(parsed);
  }();
  return fitted;
}

}  // namespace videogen::coherence
