// A camera's path: pan and zoom with the inertia of a heavy head, and the shake of a hand.
#pragma once

#include "scenes/noise_internal.h"

namespace videogen::scenes {

class Camera {
 public:
  // How far it strays, in picture heights (zoom: relative, roll: turns). Speeds follow from
  // slow periods, so neighbouring seconds of a clip stay alike.
  struct Manner {
    float pan = 0.08F;
    float tilt = 0.02F;
    float zoom = 0.05F;
    float shake = 0.002F;
  };

  struct View {
    Vec2 shift;
    float zoom = 1;
    float roll = 0;  // turns

    // The place of the scene under a point of the picture. What is far moves less than the
    // camera: `nearness` is 1 for what it follows, 0 for the sky.
    [[nodiscard]] Vec2 place(Vec2 picture, float nearness = 1) const {
      return turned(picture, roll) * (1 / mix(1, zoom, mix(0.5F, 1, nearness))) + shift * nearness;
    }
    // The inverse of place().
    [[nodiscard]] Vec2 picture(Vec2 place, float nearness = 1) const {
      return turned((place - shift * nearness) * mix(1, zoom, mix(0.5F, 1, nearness)), -roll);
    }
  };

  Camera(Rng& rng, const Manner& manner)
      : manner_(manner),
        seed_(rng.bits()),
        phase_{rng.unit(), rng.unit(), rng.unit()},
        frequency_{rng.range(0.04F, 0.065F), rng.range(0.03F, 0.06F), rng.range(0.03F, 0.055F)} {}

  [[nodiscard]] View at(float t) const {
    View view;
    view.shift = {manner_.pan * swing(0, t) + manner_.shake * tremor(t, 0),
                  manner_.tilt * swing(1, t) + manner_.shake * tremor(t, 1)};
    view.zoom = 1 + manner_.zoom * (1 + swing(2, t));
    view.roll = 0.25F * manner_.shake * tremor(t, 2);
    return view;
  }

 private:
  [[nodiscard]] float swing(int axis, float t) const {
    return sine(phase_[axis] + frequency_[axis] * t);
  }
  // Sway below 1 Hz and a finer tremble, about −1…1.
  [[nodiscard]] float tremor(float t, std::uint32_t axis) const {
    return noise(0.9F * t, seed_ + axis) + 0.45F * noise(2.7F * t, seed_ + 7 + axis);
  }

  Manner manner_;
  std::uint32_t seed_;
  float phase_[3];
  float frequency_[3];
};

}  // namespace videogen::scenes
