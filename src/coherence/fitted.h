// What `make fit` learns from clips: the detectors' working points and the network that weighs
// changes. One JSON document holds it, with the command and a digest of the cases that it comes
// from; the one in fitted.json is part of the library.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "coherence/calibration.h"
#include "coherence/change_network.h"

namespace videogen::coherence {

struct Fitted {
  std::vector<Calibration> calibrations;  // one for each detector
  ChangeNetwork network;

  [[nodiscard]] const Calibration& of(std::string_view scale) const;  // Detector::scale
};

// The one that the library ships with.
[[nodiscard]] const Fitted& shipped();

// Errors: corrupt, with what is wrong. `name` is the document's, for errors.
[[nodiscard]] Result<Fitted> parse_fitted(std::string_view json, const std::string& name);
// Errors: as read_file(); corrupt.
[[nodiscard]] Result<Fitted> read_fitted(const std::filesystem::path& path);

}  // namespace videogen::coherence
