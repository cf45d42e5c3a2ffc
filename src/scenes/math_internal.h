// Arithmetic of the renderer: vectors, and the few transcendental functions it needs.
//
// The functions are polynomials over +, −, ×, ÷ and √, which IEEE 754 fixes to the last bit;
// libm's sinf, expf and powf differ between machines (FMA variants), and so would the pixels.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace videogen::scenes {

struct Vec2 {
  float x = 0, y = 0;
  friend constexpr Vec2 operator+(Vec2 a, Vec2 b) { return {a.x + b.x, a.y + b.y}; }
  friend constexpr Vec2 operator-(Vec2 a, Vec2 b) { return {a.x - b.x, a.y - b.y}; }
  friend constexpr Vec2 operator*(Vec2 a, float s) { return {a.x * s, a.y * s}; }
};

struct Vec3 {
  float x = 0, y = 0, z = 0;
  friend constexpr Vec3 operator+(Vec3 a, Vec3 b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
  friend constexpr Vec3 operator-(Vec3 a, Vec3 b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
  friend constexpr Vec3 operator*(Vec3 a, Vec3 b) { return {a.x * b.x, a.y * b.y, a.z * b.z}; }
  friend constexpr Vec3 operator*(Vec3 a, float s) { return {a.x * s, a.y * s, a.z * s}; }
  friend constexpr Vec3 operator*(float s, Vec3 a) { return a * s; }
  constexpr Vec3& operator+=(Vec3 b) { return *this = *this + b; }
};
using Rgb = Vec3;  // linear light, 1 is paper white

// Colour with coverage, premultiplied.
struct Rgba {
  Rgb light;
  float cover = 0;
};

constexpr float dot(Vec2 a, Vec2 b) { return a.x * b.x + a.y * b.y; }
constexpr float dot(Vec3 a, Vec3 b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
constexpr Vec3 cross(Vec3 a, Vec3 b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
inline float length(Vec2 a) { return std::sqrt(dot(a, a)); }
inline float length(Vec3 a) { return std::sqrt(dot(a, a)); }
inline Vec3 unit(Vec3 a) { return a * (1.0F / std::sqrt(dot(a, a))); }
constexpr Vec3 reflect(Vec3 d, Vec3 n) { return d - n * (2 * dot(d, n)); }

constexpr float least(float a, float b) { return a < b ? a : b; }
constexpr float most(float a, float b) { return a > b ? a : b; }
constexpr float clamp(float x, float low, float high) { return least(most(x, low), high); }
constexpr float unit_clamp(float x) { return clamp(x, 0, 1); }
constexpr float square(float x) { return x * x; }
constexpr float mix(float a, float b, float k) { return a + (b - a) * k; }
constexpr Vec2 mix(Vec2 a, Vec2 b, float k) { return a + (b - a) * k; }
constexpr Vec3 mix(Vec3 a, Vec3 b, float k) { return a + (b - a) * k; }
constexpr float luminance(Rgb c) { return 0.2126F * c.x + 0.7152F * c.y + 0.0722F * c.z; }

// 0 below a, 1 above b, smooth between; a > b gives the falling edge.
constexpr float smoothstep(float a, float b, float x) {
  const float k = unit_clamp((x - a) / (b - a));
  return k * k * (3 - 2 * k);
}
// Exact for |x| < 2³¹, which holds for every coordinate here.
constexpr int floor_int(float x) {
  const int i = static_cast<int>(x);
  return i - (static_cast<float>(i) > x ? 1 : 0);
}
constexpr float fraction(float x) { return x - static_cast<float>(floor_int(x)); }

// How much of a pixel of width `pixel` lies inside a shape at signed distance d (< 0 inside).
constexpr float coverage(float d, float pixel) { return unit_clamp(0.5F - d / pixel); }
// `top` over `below`.
constexpr Rgb over(Rgba top, Rgb below) { return top.light + below * (1 - top.cover); }
constexpr Rgba over(Rgba top, Rgba below) {
  return {top.light + below.light * (1 - top.cover), top.cover + below.cover * (1 - top.cover)};
}

constexpr float kPi = 3.14159265F;

// sin(2π·turns), error below 4e-6.
constexpr float sine(float turns) {
  float x = turns - static_cast<float>(floor_int(turns + 0.5F));
  x = x > 0.25F ? 0.5F - x : (x < -0.25F ? -0.5F - x : x);
  const float r = 2 * kPi * x;
  const float q = r * r;
  return r * (1 + q * (-1 / 6.0F + q * (1 / 120.0F + q * (-1 / 5040.0F + q * (1 / 362880.0F)))));
}
constexpr float cosine(float turns) { return sine(turns + 0.25F); }

// 2^x, relative error below 3e-6; x is clamped to ±120.
constexpr float exp2(float x) {
  x = clamp(x, -120, 120);
  const int whole = floor_int(x);
  const float y = (x - static_cast<float>(whole)) * 0.69314718F;
  const float p =
      1 + y * (1 + y * (0.5F + y * (1 / 6.0F + y * (1 / 24.0F + y * (1 / 120.0F + y / 720.0F)))));
  return p * std::bit_cast<float>(static_cast<std::uint32_t>(whole + 127) << 23);
}
constexpr float exponential(float x) { return exp2(x * 1.44269504F); }

// log2(x) for normal x > 0, error below 2e-6.
constexpr float log2(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  int exponent = static_cast<int>(bits >> 23) - 127;
  float m = std::bit_cast<float>((bits & 0x007FFFFFU) | 0x3F800000U);
  if (m > 1.41421356F) {
    m *= 0.5F;
    ++exponent;
  }
  const float s = (m - 1) / (m + 1);
  const float q = s * s;
  return static_cast<float>(exponent) +
         2.88539008F * s * (1 + q * (1 / 3.0F + q * (1 / 5.0F + q / 7.0F)));
}
constexpr float power(float x, float y) { return x <= 0 ? 0 : exp2(y * log2(x)); }

// The linear light of an sRGB colour, 0xRRGGBB.
consteval Rgb srgb(std::uint32_t code) {
  const auto channel = [code](int shift) {
    const float v = static_cast<float>((code >> shift) & 0xFFU) / 255;
    return v <= 0.04045F ? v / 12.92F : power((v + 0.055F) / 1.055F, 2.4F);
  };
  return {channel(16), channel(8), channel(0)};
}

constexpr Vec2 turned(Vec2 p, float turns) {
  const float c = cosine(turns);
  const float s = sine(turns);
  return {c * p.x - s * p.y, s * p.x + c * p.y};
}

}  // namespace videogen::scenes
