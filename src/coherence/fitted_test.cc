#include "coherence/fitted.h"

#include <cmath>
#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "coherence/change_watch.h"
#include "coherence/detectors.h"
#include "coherence/fitted_internal.h"

namespace videogen::coherence {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

std::string encoded(const std::vector<float>& values) {
  std::string bytes(values.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return base64(bytes);
}

// One layer of one block: the sum of the planes, less one.
Json document() {
  Json detectors = Json::object();
  for (const Detector& detector : all_detectors())
    detectors[std::string(detector.scale)] = {{"centre", 2}, {"slope", 3}};
  const Json layer{{"side", 1},
                   {"outputs", 1},
                   {"weights", encoded(std::vector<float>(kPlanes, 1))},
                   {"biases", encoded({-1})}};
  return {{"detectors", detectors},
          {"network",
           {{"mean", encoded(std::vector<float>(kPlanes, 0))},
            {"deviation", encoded(std::vector<float>(kPlanes, 1))},
            {"members", Json::array({Json::array({layer})})}}}};
}

TEST(Calibration, PutsTheWorkingPointAtItsCentre) {
  const Calibration calibration{"cut", 2, 3};
  EXPECT_DOUBLE_EQ(evidence(calibration, 2), 0.5);
  EXPECT_NEAR(evidence(calibration, 3), 1 / (1 + std::exp(-3.0)), 1e-12);
  EXPECT_LT(evidence(calibration, -50), 1e-9);
  EXPECT_DOUBLE_EQ(evidence(calibration, 1e6), 1);
}

TEST(Fitted, ShipsWithWorkingPointsForEveryDetectorAndTheCommandThatMadeThem) {
  for (const Detector& detector : all_detectors()) EXPECT_GT(shipped().of(detector.scale).slope, 0);
  EXPECT_FALSE(shipped().network.members.empty());
  const Json json = Json::parse(kFittedJson);
  EXPECT_EQ(json["command"], "python3 eval/fit.py");
  EXPECT_GT(json["cases"], 0);
  EXPECT_EQ(json["cases_sha256"].get<std::string>().size(), 64U);
}

TEST(Fitted, ReadsWhatTheFitWrites) {
  const auto fitted = parse_fitted(document().dump(), "it.json");
  ASSERT_TRUE(fitted) << fitted.error().message;
  EXPECT_EQ(fitted->of("cut").centre, 2);
  EXPECT_EQ(fitted->of("black").slope, 3);
  const Planes planes{.columns = 1, .rows = 1, .values = std::vector<float>(kPlanes, 2)};
  EXPECT_EQ(fitted->network.logits(planes), std::vector<float>{2 * float(kPlanes) - 1});
}

TEST(Fitted, NamesTheDocumentThatItCannotUse) {
  const auto refused = [](const Json& json) {
    const auto fitted = parse_fitted(json.dump(), "it.json");
    EXPECT_FALSE(fitted);
    return fitted ? std::string() : fitted.error().message;
  };
  EXPECT_THAT(parse_fitted("{", "it.json").error().message, HasSubstr("it.json: "));
  Json json = document();
  json["detectors"].erase("morph");
  EXPECT_THAT(refused(json), HasSubstr("morph"));
  json = document();
  json["network"]["mean"] = encoded({1, 2});
  EXPECT_THAT(refused(json), HasSubstr("mean: not "));
  json = document();
  json["network"]["members"][0][0]["biases"] = encoded({std::nanf("")});
  EXPECT_THAT(refused(json), HasSubstr("biases: a number that is none"));
  json = document();
  json["network"]["members"][0][0]["side"] = 5;
  EXPECT_THAT(refused(json), HasSubstr("layer"));
  json = document();
  json["network"]["members"] = Json::array();
  EXPECT_THAT(refused(json), HasSubstr("no network"));
}

}  // namespace
}  // namespace videogen::coherence
