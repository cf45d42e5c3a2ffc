#include "embed/sound_weights_internal.h"

#include <utility>

namespace videogen::embed {

SoundWeights::SoundWeights(PackedWeights weights, const ClipFolder& folder,
                           const WeightLayout& layout)
    : weights_(std::move(weights)) {
  if (weights_.verified()) {
    outcome_.emplace();
    return;
  }
  checking_ = std::jthread([this, &folder, &layout](const std::stop_token& stop) {
    try {
      settle(nullptr, check(folder, layout, stop));
    } catch (...) {
      settle(std::current_exception(), {});
    }
  });
}

Status SoundWeights::check(const ClipFolder& folder, const WeightLayout& layout,
                           const std::stop_token& stop) {
  const Status sound = weights_.verify(stop);
  if (sound || sound.error().code == ErrorCode::interrupted) return sound;
  VIDEOGEN_TRY(weights_, folder.pack_weights(layout, stop));
  return {};
}

void SoundWeights::settle(std::exception_ptr broken, Status outcome) {
  {
    const std::lock_guard lock(mutex_);
    broken_ = std::move(broken);
    outcome_ = std::move(outcome);
  }
  settled_.notify_all();
}

// What is still being checked came from a file.
bool SoundWeights::mapped() const {
  const std::lock_guard lock(mutex_);
  return !outcome_ || weights_.cached();
}

Result<const std::byte*> SoundWeights::get(const std::stop_token& stop) const {
  std::unique_lock lock(mutex_);
  if (!settled_.wait(lock, stop, [this] { return outcome_.has_value(); })) {
    return fail(ErrorCode::interrupted, "interrupted while checking weights");
  }
  if (broken_) std::rethrow_exception(broken_);
  VIDEOGEN_TRY(*outcome_);
  return weights_.data();
}

}  // namespace videogen::embed
