// A tower's weights, checked beside the work that comes before their first use.
//
// A cached file is believed only after its checksum, which reads all of it: 25 ms for ViT-B/32
// that nobody needs to wait for while the first frames are still being decoded.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "base/error.h"
#include "embed/clip_folder_internal.h"
#include "embed/packed_weights_internal.h"
#include "embed/weight_layout_internal.h"

namespace videogen::embed {

// May be shared by threads. Owns the one that checks; destroying it ends that one (within a
// megabyte of checking, or a tensor of packing).
class SoundWeights {
 public:
  // `weights` as ClipFolder::map_weights() gave them. Those that prove damaged are packed again
  // from the folder, which must outlive this, as must the layout.
  SoundWeights(PackedWeights weights, const ClipFolder& folder, const WeightLayout& layout);
  SoundWeights(const SoundWeights&) = delete;
  SoundWeights& operator=(const SoundWeights&) = delete;

  // Waits until the weights are known to be sound; they stay where they are from then on.
  // Errors: as ClipFolder::pack_weights(), the same for every caller; interrupted (at once).
  [[nodiscard]] Result<const std::byte*> get(const std::stop_token& stop) const;
  // Whether they are a file's pages, as far as is known by now.
  [[nodiscard]] bool mapped() const;

 private:
  Status check(const ClipFolder& folder, const WeightLayout& layout, const std::stop_token& stop);
  void settle(std::exception_ptr broken, Status outcome);

  PackedWeights weights_;  // the checking thread's until there is an outcome
  mutable std::mutex mutex_;
  mutable std::condition_variable_any settled_;
  std::optional<Status> outcome_;  // guarded by mutex_, as is
  std::exception_ptr broken_;
  std::jthread checking_;  // last: it ends before what it uses
};

}  // namespace videogen::embed
