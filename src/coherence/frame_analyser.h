// Looks at every frame of a clip: small versions, motion between neighbours, residuals.
//
// One thread pushes the frames in their order; flow and matching run on threads of the
// analyser's own, frames side by side. Memory is that of some small frames, whatever the
// length of the clip, but for the Series. The result does not depend on the threads.
#pragma once

#include <memory>
#include <stop_token>

#include "coherence/fitted.h"
#include "coherence/series.h"
#include "media/image.h"

namespace videogen::coherence {

class FrameAnalyser {
 public:
  struct Settings {
    int threads = 0;                         // 0: one for each core
    const ChangeNetwork* network = nullptr;  // not owned; null: the shipped one
    bool keep_maps = false;                  // Series::maps, for who learns from them
  };
  FrameAnalyser() : FrameAnalyser(Settings{}) {}
  explicit FrameAnalyser(const Settings& settings);
  ~FrameAnalyser();  // gives up what is not done yet
  FrameAnalyser(const FrameAnalyser&) = delete;
  FrameAnalyser& operator=(const FrameAnalyser&) = delete;

  // The next frame, which is kept until the one after it. Waits while too much is pending; false if
  // a stop was requested.
  bool push(media::Image rgb, std::int64_t frame, double time_s, const std::stop_token& stop);
  // The last `seconds` of what was pushed: what finish() will give of it, but without bridges
  // over the last steps, and with changes as if nothing followed. Waits for what is pending, so
  // that it depends on the frames alone. nullopt if a stop was requested.
  [[nodiscard]] std::optional<SeriesWindow> window(double seconds, const std::stop_token& stop);
  // After the last frame: waits for what is pending. nullopt if a stop was requested.
  [[nodiscard]] std::optional<Series> finish(const std::stop_token& stop);
  // Seconds that the threads have worked, summed up.
  [[nodiscard]] double worked_s() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace videogen::coherence
