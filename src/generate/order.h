// What is asked of a video model: one clip, or several samples of it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace videogen::generate {

// Filled from flags and the table of models (models.h); all that is here has passed its rules.
struct Order {
  std::string backend;  // "veo", "videos"
  std::string model;    // an id of the table; empty: the server's own
  std::string prompt;   // as it is sent; the caller's words are in it verbatim
  std::string negative_prompt;
  int seconds = 8;
  std::string aspect_ratio = "16:9";
  std::string resolution = "720p";
  std::optional<std::int64_t> seed;
  int samples = 1;
  bool audio = true;
  std::optional<std::filesystem::path> image;       // first frame
  std::optional<std::filesystem::path> last_frame;  // with an image only
  std::vector<std::filesystem::path> references;    // excludes both
  int extensions = 0;                               // how often it is continued afterwards,
  int extension_seconds = 0;                        // and by how much each time
  double usd_per_second = 0;                        // of one sample
  bool price_known = true;                          // false: what it costs is not known

  // What the loop fills in: the clip that this order continues (a file, or "gs://…"; empty: a new
  // one), and which of the extensions it is, counted from 1.
  std::string video;
  int extended = 0;

  // Of this order alone.
  [[nodiscard]] double step_cost_usd() const {
    return usd_per_second * (extended > 0 ? extension_seconds : seconds) * samples;
  }
  [[nodiscard]] int all_seconds() const { return seconds + extensions * extension_seconds; }
  [[nodiscard]] double cost_usd() const { return usd_per_second * all_seconds() * samples; }
};

}  // namespace videogen::generate
