// Test clips: rendered scenes, seeded, textured, lit, in motion, or footage, with defects
// planted where asked.
//
// The same Clip description gives the same pixels on every machine and with any number of
// threads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "media/image.h"
#include "media/probe.h"

namespace videogen::scenes {

struct SceneInfo {
  std::string_view name;         // "harbour"
  std::string_view description;  // one line for --help
  bool nearly_still = false;     // a freeze or a jump hardly shows there
};
// All scenes, in the order that --help shows them.
[[nodiscard]] std::span<const SceneInfo> all_scenes();

// cut flash flicker freeze jump corruption noise morph drift black
[[nodiscard]] std::span<const std::string_view> all_defects();

enum class Severity { light, medium, heavy };

// The ways in which a kind can be planted; none where there is nothing to choose.
[[nodiscard]] std::span<const std::string_view> defect_styles(std::string_view kind);

struct Defect {
  std::string kind;
  double start_s = 0;
  Severity severity = Severity::medium;
  std::string style = {};  // empty: the seed chooses
};
// "KIND[.STYLE]@SECONDS[:SEVERITY]". Errors: usage, naming what is wrong and what is allowed.
[[nodiscard]] Result<Defect> parse_defect(std::string_view text);

struct Clip {
  std::string scene;
  std::uint64_t seed = 1;
  int width = 640, height = 360;  // even, 64…4096
  media::Rational frame_rate{24, 1};
  double seconds = 6;
  std::vector<Defect> defects;
  // Footage in place of a scene. What is 0 above is as in the footage then, but no more than
  // 640 lines; frames are read into memory, up to 1.5 GB of them. A picture of other
  // proportions is cropped.
  std::filesystem::path from;
  // Another clip, for what is foreign to the footage (what is cut to, what a region turns
  // into); without it another moment of the footage is, or a rendered scene.
  std::filesystem::path with;
};
// All of some footage, as it is.
[[nodiscard]] Clip clip_of_footage(const std::filesystem::path& from);

// Where a defect went, in frames of the clip: first and last damaged frame (a cut: the first
// frame of the new scene, both).
struct PlantedDefect {
  std::string kind;
  Severity severity;
  double start_s, end_s;
  std::int64_t first_frame, last_frame;
  // Where it is at its first frame: x, y 0…1 of the picture's sides; radius in picture heights.
  struct Place {
    float x = 0, y = 0, radius = 0;
  };
  std::optional<Place> place{};  // absent: everywhere, or in many places
};

class Renderer {
 public:
  // Errors: usage (unknown scene or defect, a defect outside the clip, impossible size); with
  // footage also what media::FrameReader says, and limit (its frames don't fit).
  static Result<Renderer> create(const Clip& clip, const std::stop_token& stop = {});
  Renderer(Renderer&&) noexcept;
  Renderer& operator=(Renderer&&) noexcept;
  ~Renderer();

  [[nodiscard]] std::int64_t frames() const;
  // As asked for, with what was left to the footage filled in.
  [[nodiscard]] const Clip& clip() const;
  [[nodiscard]] std::span<const PlantedDefect> truth() const;
  // Any frame, in any order, from any thread.
  [[nodiscard]] media::Image render(std::int64_t frame) const;

 private:
  struct State;
  explicit Renderer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Renders on all cores, writes the clip and beside it "<path>.json" with the truth
// ("videogen.truth/1"). Both appear or neither; what they replace stays until then.
// progress(done, total) is called from one thread.
// Errors: as Renderer::create; unwritable, interrupted (nothing is left behind).
[[nodiscard]] Status write_clip(
    const Clip& clip, const std::filesystem::path& path, AtomicFile::Existing existing,
    const std::function<void(std::int64_t, std::int64_t)>& progress = {}, std::stop_token stop = {},
    int threads = 0);

}  // namespace videogen::scenes
