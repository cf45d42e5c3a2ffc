#include "scenes/scene.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "scenes/defect_internal.h"

namespace videogen::scenes {
namespace {

constexpr int kSmallest = 64, kLargest = 4096;  // either side, pixels
constexpr double kLongest = 600;                // seconds
constexpr double kFastest = 240;                // frames a second

std::string listed(auto names) { return fmt::format("{}", fmt::join(names, ", ")); }

const DefectEntry* find_defect(std::string_view kind) {
  const auto table = defect_table();
  const auto at = std::find_if(table.begin(), table.end(),
                               [kind](const DefectEntry& entry) { return entry.kind == kind; });
  return at == table.end() ? nullptr : &*at;
}

tl::unexpected<Error> unknown_defect(std::string_view kind) {
  return fail(ErrorCode::usage, fmt::format("there is no defect \"{}\" (known: {})",
                                            printable(kind, 40), listed(all_defects())));
}

// Whether there is such a kind and, where a style is asked for, such a style of it.
Status check_style(const Defect& defect) {
  const DefectEntry* entry = find_defect(defect.kind);
  if (!entry) return unknown_defect(defect.kind);
  const auto styles = entry->styles;
  if (defect.style.empty() || std::ranges::find(styles, defect.style) != styles.end()) return {};
  return fail(ErrorCode::usage,
              fmt::format("there is no style \"{}\" of {} (known: {})", printable(defect.style, 40),
                          entry->kind, styles.empty() ? "none" : listed(styles)));
}

Result<const SceneEntry*> find_scene(std::string_view name) {
  std::vector<std::string_view> names;
  for (const SceneEntry& entry : scene_table()) {
    if (entry.info.name == name) return &entry;
    names.push_back(entry.info.name);
  }
  return fail(ErrorCode::usage, fmt::format("there is no scene \"{}\" (known: {})",
                                            printable(name, 40), listed(names)));
}

Status check_shape(const Clip& clip) {
  const auto fits = [](int side) { return side >= kSmallest && side <= kLargest && side % 2 == 0; };
  if (!fits(clip.width) || !fits(clip.height)) {
    return fail(ErrorCode::usage, fmt::format("a clip of {}x{} is impossible: both sides must be "
                                              "even and {} to {} pixels",
                                              clip.width, clip.height, kSmallest, kLargest));
  }
  const auto [num, den] = clip.frame_rate;
  if (num <= 0 || den <= 0 || double(num) > kFastest * double(den) || num > 1'000'000) {
    return fail(
        ErrorCode::usage,
        fmt::format("a frame rate of {}/{} is impossible: it must be above 0 and at most {}", num,
                    den, kFastest));
  }
  const bool whole_footage = !clip.from.empty() && clip.seconds == 0;
  if ((!(clip.seconds > 0) && !whole_footage) || clip.seconds > kLongest) {
    return fail(ErrorCode::usage,
                fmt::format("a clip of {} s is impossible: it must be above 0 and at most {} s",
                            clip.seconds, kLongest));
  }
  return {};
}

std::string title(const Defect& defect) {
  return fmt::format("{}@{:g}", printable(defect.kind, 40), defect.start_s);
}

// The part of two defects that matters: when they are at work.
bool overlap(const PlantedDefect& a, const PlantedDefect& b) {
  return a.first_frame <= b.last_frame && b.first_frame <= a.last_frame;
}

Status check_pair(const PlantedDefect& a, const PlantedDefect& b) {
  if (!overlap(a, b)) return {};
  const auto describe = [](const PlantedDefect& d) {
    return fmt::format("{} ({:.3f} to {:.3f} s)", d.kind, d.start_s, d.end_s);
  };
  if (a.kind == b.kind) {
    return fail(ErrorCode::usage, fmt::format("{} and {} overlap: two of a kind would be one",
                                              describe(a), describe(b)));
  }
  const auto hides = [](const PlantedDefect& outer, const PlantedDefect& inner) {
    return find_defect(outer.kind)->hides && inner.kind != "drift";
  };
  if (hides(a, b) || hides(b, a)) {
    const bool first_hides = hides(a, b);
    return fail(ErrorCode::usage, fmt::format("{} would hide {}", describe(first_hides ? a : b),
                                              describe(first_hides ? b : a)));
  }
  return {};
}

}  // namespace

std::span<const SceneInfo> all_scenes() {
  static const auto infos = [] {
    std::vector<SceneInfo> list;
    for (const SceneEntry& entry : scene_table()) list.push_back(entry.info);
    return list;
  }();
  return infos;
}

std::span<const std::string_view> all_defects() {
  static const auto kinds = [] {
    std::vector<std::string_view> list;
    for (const DefectEntry& entry : defect_table()) list.push_back(entry.kind);
    return list;
  }();
  return kinds;
}

std::span<const std::string_view> defect_styles(std::string_view kind) {
  const DefectEntry* entry = find_defect(kind);
  return entry ? entry->styles : std::span<const std::string_view>{};
}

Result<Defect> parse_defect(std::string_view text) {
  const auto malformed = [text] {
    return fail(
        ErrorCode::usage,
        fmt::format("\"{}\" is no defect: expected KIND[.STYLE]@SECONDS[:SEVERITY], such as "
                    "cut@3.0 or flicker@1.5:heavy",
                    printable(text, 60)));
  };
  const auto at = text.find('@');
  if (at == std::string_view::npos) return malformed();
  Defect defect;
  defect.kind = text.substr(0, at);
  if (const auto dot = defect.kind.find('.'); dot != std::string::npos) {
    defect.style = defect.kind.substr(dot + 1);
    defect.kind.resize(dot);
    if (defect.style.empty()) return malformed();
  }
  VIDEOGEN_TRY(check_style(defect));
  std::string_view time = text.substr(at + 1);
  if (const auto colon = time.find(':'); colon != std::string_view::npos) {
    const std::string_view severity = time.substr(colon + 1);
    time = time.substr(0, colon);
    if (severity == "light") {
      defect.severity = Severity::light;
    } else if (severity == "heavy") {
      defect.severity = Severity::heavy;
    } else if (severity != "medium") {
      return fail(ErrorCode::usage,
                  fmt::format("there is no severity \"{}\" in \"{}\" (known: light, medium, heavy)",
                              printable(severity, 40), printable(text, 60)));
    }
  }
  const auto [end, error] = std::from_chars(time.data(), time.data() + time.size(), defect.start_s);
  if (error != std::errc() || end != time.data() + time.size()) return malformed();
  if (!std::isfinite(defect.start_s) || defect.start_s < 0) {
    return fail(ErrorCode::usage, fmt::format("a defect at {} s is impossible (\"{}\")",
                                              defect.start_s, printable(text, 60)));
  }
  return defect;
}

struct Renderer::State {
  State(std::unique_ptr<Source> source, const Clip& asked)
      : clip(asked), stage(std::move(source), asked) {}

  Status plant(const Defect& defect);
  [[nodiscard]] double seconds(std::int64_t frame) const {
    return double(frame) / clip.frame_rate.value();
  }

  Clip clip;
  Stage stage;
  std::vector<PlantedDefect> truth;
  std::vector<std::unique_ptr<Effect>> effects;  // in the order of their starts
};

Status Renderer::State::plant(const Defect& defect) {
  VIDEOGEN_TRY(check_style(defect));
  const DefectEntry* entry = find_defect(defect.kind);
  const double last_start = seconds(stage.frames() - 1);
  if (!(defect.start_s >= 0) || defect.start_s > last_start + 1e-9) {
    return fail(ErrorCode::usage,
                fmt::format("{} lies outside the clip, whose last frame is at {:.3f} s",
                            title(defect), last_start));
  }
  Order order;
  order.first = std::llround(defect.start_s * clip.frame_rate.value());
  order.severity = defect.severity;
  order.style = defect.style;
  order.seed = clip.seed ^ hash(static_cast<std::uint32_t>(order.first));
  if (order.first < 1) {
    return fail(ErrorCode::usage, fmt::format("{} lies on the first frame: a defect needs a sound "
                                              "frame before it, so start at {:.3f} s or later",
                                              title(defect), seconds(1)));
  }
  Planting planting = entry->plant(order, stage);
  // What passes must be seen to pass; what stays may stay to the end.
  const bool stays = entry->instant || defect.kind == "drift" || defect.kind == "morph";
  const std::int64_t frames = stage.frames();
  const std::int64_t limit = frames - (stays ? 1 : 2);
  if (planting.last > limit) {
    return fail(ErrorCode::usage,
                fmt::format("{} would last to {:.3f} s, past the end of the clip ({:.3f} s)",
                            title(defect), seconds(planting.last + 1), seconds(frames)));
  }
  const double end = entry->instant ? seconds(order.first) : seconds(planting.last + 1);
  truth.push_back(
      {defect.kind, defect.severity, seconds(order.first), end, order.first, planting.last});
  if (planting.region) {
    const float width = float(clip.width) / float(clip.height);  // picture heights
    const auto& [centre, radius, _] = *planting.region;
    truth.back().place = {.x = centre.x / width, .y = centre.y, .radius = radius};
  }
  effects.push_back(std::move(planting.effect));
  return {};
}

namespace {

Result<std::unique_ptr<Source>> open_source(Clip& clip, const std::stop_token& stop) {
  if (clip.from.empty()) {
    VIDEOGEN_TRY(const SceneEntry* scene, find_scene(clip.scene));
    VIDEOGEN_TRY(check_shape(clip));
    return make_scene_source(*scene, clip);
  }
  VIDEOGEN_TRY(fill_in_from_footage(clip));
  VIDEOGEN_TRY(check_shape(clip));
  return read_footage(clip, stop);
}

}  // namespace

Result<Renderer> Renderer::create(const Clip& asked, const std::stop_token& stop) {
  Clip clip = asked;
  VIDEOGEN_TRY(std::unique_ptr<Source> source, open_source(clip, stop));
  auto state = std::make_unique<State>(std::move(source), clip);
  std::vector<Defect> defects = clip.defects;
  std::stable_sort(defects.begin(), defects.end(),
                   [](const Defect& a, const Defect& b) { return a.start_s < b.start_s; });
  for (const Defect& defect : defects) VIDEOGEN_TRY(state->plant(defect));
  for (std::size_t i = 0; i < state->truth.size(); ++i) {
    // A jump in footage leaves less of it to what was planted before.
    PlantedDefect& planted = state->truth[i];
    planted.last_frame = std::min(planted.last_frame, state->stage.frames() - 1);
    planted.end_s = std::min(planted.end_s, state->seconds(state->stage.frames()));
    for (std::size_t j = 0; j < i; ++j) {
      VIDEOGEN_TRY(check_pair(state->truth[j], state->truth[i]));
    }
  }
  return Renderer(std::move(state));
}

Renderer::Renderer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Renderer::Renderer(Renderer&&) noexcept = default;
Renderer& Renderer::operator=(Renderer&&) noexcept = default;
Renderer::~Renderer() = default;

std::int64_t Renderer::frames() const { return state_->stage.frames(); }
const Clip& Renderer::clip() const { return state_->clip; }
std::span<const PlantedDefect> Renderer::truth() const { return state_->truth; }

media::Image Renderer::render(std::int64_t frame) const {
  VIDEOGEN_CHECK(frame >= 0 && frame < frames(), "frame outside the clip");
  const auto& effects = state_->effects;
  for (const auto& effect : effects) frame = effect->held(frame);
  Moment moment{Stage::kOriginal, frame};
  for (const auto& effect : effects) effect->redirect(moment, frame);
  media::Image image = state_->stage.shoot(moment.take, moment.frame);
  for (const auto& effect : effects) effect->damage(image, frame, state_->stage);
  return image;
}

}  // namespace videogen::scenes
