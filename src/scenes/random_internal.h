// Chance that repeats: hashes for noise in space, a generator for drawing layouts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "scenes/math_internal.h"

namespace videogen::scenes {

inline std::uint32_t hash(std::uint32_t x) {
  x ^= x >> 16;
  x *= 0x7FEB352DU;
  x ^= x >> 15;
  x *= 0x846CA68BU;
  return x ^ (x >> 16);
}
inline std::uint32_t hash(int x, int y, std::uint32_t seed) {
  return hash((static_cast<std::uint32_t>(x) * 0x9E3779B1U) ^
              (static_cast<std::uint32_t>(y) * 0x85EBCA77U) ^ (seed * 0xC2B2AE3DU));
}
// The upper 24 bits as a number in [0, 1).
inline float to_unit(std::uint32_t h) { return static_cast<float>(h >> 8) * 0x1p-24F; }
inline float hash_unit(int x, int y, std::uint32_t seed) { return to_unit(hash(x, y, seed)); }

// SplitMix64 (Steele, Lea, Flood 2014). Draws are ordered: write one a statement or inside
// braces, never two as arguments of one call or as operands of one operator, whose order the
// compiler chooses.
class Rng {
 public:
  explicit Rng(std::uint64_t seed) : state_(seed) {}
  // A stream of its own for each purpose, so that adding a draw to one leaves the others.
  Rng(std::uint64_t seed, std::uint64_t purpose)
      : state_(seed ^ (purpose * 0xD1342543DE82EF95ULL)) {
    next();
  }

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }
  std::uint32_t bits() { return static_cast<std::uint32_t>(next() >> 32); }
  float unit() { return to_unit(bits()); }
  float range(float low, float high) { return low + (high - low) * unit(); }
  int below(int n) { return static_cast<int>((std::uint64_t{bits()} * std::uint64_t(n)) >> 32); }
  bool chance(float probability) { return unit() < probability; }
  template <class T>
  const T& pick(std::span<const T> choices) {
    return choices[static_cast<std::size_t>(below(static_cast<int>(choices.size())))];
  }

 private:
  std::uint64_t state_;
};

}  // namespace videogen::scenes
