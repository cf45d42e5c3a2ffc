#include "embed/clip.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "embed/clip_config_internal.h"
#include "embed/clip_folder_internal.h"
#include "embed/packed_weights_internal.h"
#include "embed/preprocess.h"
#include "embed/run_pool_internal.h"
#include "embed/short_waits_internal.h"
#include "embed/sound_weights_internal.h"
#include "embed/text_tower_internal.h"
#include "embed/tokenizer.h"
#include "embed/vision_tower_internal.h"

namespace videogen::embed {
namespace {

namespace fs = std::filesystem;

std::size_t picture_floats(const VisionConfig& config) {
  return 3 * static_cast<std::size_t>(config.image_size * config.image_size);
}

// oneDNN throws; everything above it reads Results.
template <class Make>
auto without_exceptions(Make make) -> Result<decltype(make())> {
  try {
    return make();
  } catch (const dnnl::error& error) {
    return fail(ErrorCode::internal, fmt::format("oneDNN failed: {}", error.what()));
  }
}

}  // namespace

// Everything that embed_text() needs, and that a caller without texts never loads.
struct TextSide {
  Tokenizer tokenizer;
  PackedWeights weights;
  RunPool<TextTower::Run> runs;
};

struct Clip::State {
  State(ClipFolder files, Identity named, VisionTower vision_tower, TextTower text_tower,
        PackedWeights weights)
      : folder(std::move(files)),
        identity(std::move(named)),
        vision(std::move(vision_tower)),
        text(std::move(text_tower)),
        vision_weights(std::move(weights), folder, vision.layout()) {}

  const ClipFolder folder;
  const Identity identity;
  std::string note;
  const VisionTower vision;
  const TextTower text;
  const SoundWeights vision_weights;
  std::shared_ptr<ShortWaits> waits = ShortWaits::share();
  mutable RunPool<VisionTower::Run> runs;
  mutable std::mutex text_mutex;
  mutable std::unique_ptr<TextSide> text_side;  // guarded by text_mutex; set once

  [[nodiscard]] std::size_t most_tokens() const {
    return std::min<std::size_t>(77, static_cast<std::size_t>(folder.config().text.positions));
  }

  Result<TextSide*> load_text(const std::stop_token& stop) const {
    const std::lock_guard lock(text_mutex);
    if (text_side == nullptr) {
      VIDEOGEN_TRY(Tokenizer tokenizer, folder.load_tokenizer());
      VIDEOGEN_TRY(PackedWeights weights, folder.load_weights(text.layout(), stop));
      text_side.reset(new TextSide{std::move(tokenizer), std::move(weights), {}});
    }
    return text_side.get();
  }
};

Clip::Clip(std::unique_ptr<State> state) : state_(std::move(state)) {}
Clip::~Clip() = default;

Result<std::shared_ptr<const Clip>> Clip::load(const fs::path& folder, Precision precision,
                                               std::stop_token stop) {
  const bool bf16 = precision != Precision::f32 && onednn::has_bfloat16();
  const onednn::Type type = bf16 ? onednn::Type::bf16 : onednn::Type::f32;
  VIDEOGEN_TRY(ClipFolder files, ClipFolder::open(folder, stop));
  const ClipConfig& config = files.config();
  VIDEOGEN_TRY(VisionTower vision, without_exceptions([&] {
                 return VisionTower(config.vision, config.projection, type);
               }));
  VIDEOGEN_TRY(TextTower text,
               without_exceptions([&] { return TextTower(config.text, config.projection, type); }));
  Identity identity{.name = "clip",
                    .model = files.model_name(),
                    .digest = fmt::format("sha256:{}", files.digest()),
                    .precision = bf16 ? "bf16" : "f32",
                    .dimensions = static_cast<int>(config.projection)};
  VIDEOGEN_TRY(PackedWeights weights, files.map_weights(vision.layout(), stop));
  if (!files.known_sound()) {
    VIDEOGEN_TRY(files.check_text(text.layout(), stop));
    files.remember_sound();
  }
  auto state = std::make_unique<State>(std::move(files), std::move(identity), std::move(vision),
                                       std::move(text), std::move(weights));
  if (precision == Precision::bf16 && !bf16) {
    state->note = "this CPU has no bfloat16: float32 is used";
  }
  return std::shared_ptr<const Clip>(new Clip(std::move(state)));
}

const Identity& Clip::identity() const { return state_->identity; }

std::string Clip::recipe() const {
  const auto tower = [](const TransformerConfig& config) {
    return fmt::format("{}x{}, {} layers, {} heads, {}, {}", config.width, config.intermediate,
                       config.layers, config.heads,
                       config.activation == Activation::gelu ? "gelu" : "quick_gelu",
                       config.layer_norm_epsilon);
  };
  const ClipConfig& config = state_->folder.config();
  return fmt::format("{}; vision {}, {}/{}; text {}, {} positions, end {}; to {}",
                     Embedder::recipe(), tower(config.vision.transformer), config.vision.image_size,
                     config.vision.patch_size, tower(config.text.transformer),
                     config.text.positions, config.text.end_token, config.projection);
}

std::size_t Clip::input_size() const { return picture_floats(state_->folder.config().vision); }

int Clip::preferred_batch() const { return state_->vision.preferred_batch(); }

const std::string& Clip::fallback_note() const { return state_->note; }

void Clip::prepare(const media::Image& picture, std::span<float> out) const {
  clip_pixels(picture, state_->folder.processor(), out);
}

Result<std::vector<float>> Clip::embed(std::span<const float> inputs, std::stop_token stop) const {
  const std::size_t picture = input_size();
  const auto dimensions = static_cast<std::size_t>(state_->identity.dimensions);
  VIDEOGEN_CHECK(inputs.size() % picture == 0, "inputs are whole pictures");
  const std::size_t count = inputs.size() / picture;
  VIDEOGEN_TRY(const std::byte* weights, state_->vision_weights.get(stop));
  std::vector<float> out(count * dimensions);
  const auto largest = static_cast<std::size_t>(preferred_batch());
  for (std::size_t done = 0; done < count;) {
    const std::size_t batch = std::min(largest, count - done);
    auto made = without_exceptions([&] {
      return state_->runs.take(static_cast<std::int64_t>(batch), [&] {
        return std::make_unique<VisionTower::Run>(state_->vision, weights, static_cast<int>(batch));
      });
    });
    VIDEOGEN_TRY(auto run, std::move(made));
    VIDEOGEN_TRY(run->embed(inputs.subspan(done * picture, batch * picture),
                            std::span(out).subspan(done * dimensions, batch * dimensions), stop));
    state_->runs.give_back(static_cast<std::int64_t>(batch), std::move(run));
    done += batch;
  }
  return out;
}

Result<TextLength> Clip::text_length(std::string_view words, std::stop_token stop) const {
  VIDEOGEN_TRY(const TextSide* side, state_->load_text(stop));
  constexpr std::size_t kAll = 1U << 30U;
  const std::size_t tokens = side->tokenizer.encode(words, kAll).size();
  return TextLength{tokens, std::min(tokens, state_->most_tokens())};
}

Result<std::vector<std::int32_t>> Clip::token_ids(std::string_view words,
                                                  std::stop_token stop) const {
  VIDEOGEN_TRY(const TextSide* side, state_->load_text(stop));
  return side->tokenizer.encode(words, state_->most_tokens());
}

Result<std::optional<double>> Clip::logit_scale() const { return state_->folder.logit_scale(); }

std::vector<HeldMemory> Clip::held() const {
  const auto backing = [](bool mapped) { return mapped ? "mapped file" : "memory"; };
  std::vector<HeldMemory> all{{"vision weights", state_->vision.layout().bytes(),
                               backing(state_->vision_weights.mapped())}};
  const std::lock_guard lock(state_->text_mutex);
  if (state_->text_side != nullptr)
    all.push_back({"text weights", state_->text.layout().bytes(),
                   backing(state_->text_side->weights.cached())});
  return all;
}

int Clip::picture_side() const {
  return static_cast<int>(state_->folder.config().vision.image_size);
}

Result<std::vector<float>> Clip::embed_text(std::string_view words, std::stop_token stop) const {
  VIDEOGEN_TRY(TextSide * side, state_->load_text(stop));
  const std::vector<std::int32_t> ids = side->tokenizer.encode(words, state_->most_tokens());
  const auto relevant = state_->text.relevant(ids);
  const std::int64_t room = TextTower::Run::room_for(relevant.size());
  auto made = without_exceptions([&] {
    return side->runs.take(room, [&] {
      return std::make_unique<TextTower::Run>(state_->text, side->weights.data(), room);
    });
  });
  VIDEOGEN_TRY(auto run, std::move(made));
  std::vector<float> out(static_cast<std::size_t>(state_->identity.dimensions));
  VIDEOGEN_TRY(run->embed(relevant, out, stop));
  side->runs.give_back(room, std::move(run));
  return out;
}

}  // namespace videogen::embed
