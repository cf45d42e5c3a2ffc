#include "coherence/calibration.h"

#include <cmath>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "coherence/detectors.h"

namespace videogen::coherence {
namespace {

TEST(Calibration, PutsTheWorkingPointAtItsCentre) {
  const Calibration calibration{"cut", 2, 3};
  EXPECT_DOUBLE_EQ(evidence(calibration, 2), 0.5);
  EXPECT_NEAR(evidence(calibration, 3), 1 / (1 + std::exp(-3.0)), 1e-12);
  EXPECT_LT(evidence(calibration, -50), 1e-9);
  EXPECT_DOUBLE_EQ(evidence(calibration, 1e6), 1);
}

TEST(Calibration, IsTheOneThatWasFitted) {
  std::ifstream file(VIDEOGEN_SOURCE_DIR "/eval/gates.json");
  ASSERT_TRUE(file.good());
  const auto gates = nlohmann::json::parse(file);
  EXPECT_EQ(gates["detectors"].size(), all_detectors().size());
  for (const Detector& detector : all_detectors()) {
    const auto& fitted = gates["detectors"].at(std::string(detector.kind));
    EXPECT_DOUBLE_EQ(calibration_of(detector.kind).centre, fitted["centre"]) << detector.kind;
    EXPECT_DOUBLE_EQ(calibration_of(detector.kind).slope, fitted["slope"]) << detector.kind;
  }
}

}  // namespace
}  // namespace videogen::coherence
