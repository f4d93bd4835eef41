// What loops over numbers are made of; for the files of this target alone.
#ifndef HEED_VECTOR_H
#define HEED_VECTOR_H

#include "cloned.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

// e^x = 2^n · e^r with n = round(x / ln 2), |r| <= 0.347. ln 2 is taken off in two parts, so that r keeps its
// digits; the series of e^r ends where the next term is under 6e-9. Relative error 1e-7.
INLINE float exponential(float x) {
  x = x > 87.0f ? 87.0f : x < -87.0f ? -87.0f : x;
  // Adding and taking off 1.5 · 2^23 rounds to a whole number.
  float n = (x * 1.44269504f + 12582912.0f) - 12582912.0f;
  float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  float series = 1.0f / 5040;
  series = series * r + 1.0f / 720;
  series = series * r + 1.0f / 120;
  series = series * r + 1.0f / 24;
  series = series * r + 1.0f / 6;
  series = series * r + 0.5f;
  series = series * r + 1.0f;
  series = series * r + 1.0f;
  int32_t bits = ((int32_t)n + 127) << 23;
  float power;
  memcpy(&power, &bits, sizeof power);
  return series * power;
}

// Abramowitz and Stegun 1964, 7.1.26: absolute error under 1.5e-7.
INLINE float error_function(float x) {
  float a = x < 0 ? -x : x;
  float t = 1.0f / (1.0f + 0.3275911f * a);
  float series = 1.061405429f;
  series = series * t - 1.453152027f;
  series = series * t + 1.421413741f;
  series = series * t - 0.284496736f;
  series = series * t + 0.254829592f;
  float value = 1.0f - series * t * exponential(-a * a);
  return x < 0 ? -value : value;
}

// ln x for normal x > 0, by x = m · 2^e with m in [√½, √2) and the series of ln((1+s)/(1−s)) = 2·artanh s,
// s = (m−1)/(m+1). |s| < 0.1716, so the first term left out is under 2·s^11/11 < 7e-10.
INLINE float natural_log(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  uint32_t shifted = bits - 0x3f3504f3u;
  int32_t exponent = (int32_t)shifted >> 23;
  bits = (shifted & 0x007fffffu) + 0x3f3504f3u;
  float m;
  memcpy(&m, &bits, sizeof m);
  float s = (m - 1.0f) / (m + 1.0f);
  float s2 = s * s;
  float series = 1.0f / 9;
  series = series * s2 + 1.0f / 7;
  series = series * s2 + 1.0f / 5;
  series = series * s2 + 1.0f / 3;
  series = series * s2 + 1.0f;
  return 2.0f * s * series + (float)exponent * 0.69314718f;
}

// The largest of `count` > 0 numbers.
INLINE float largest_of(const float *x, size_t count) {
  // In lanes: the compiler may not reorder a maximum by itself.
  float lanes[16];
  for (int lane = 0; lane < 16; lane++) lanes[lane] = x[0];
  size_t whole = count / 16 * 16;
  for (size_t i = 0; i < whole; i += 16) {
    for (int lane = 0; lane < 16; lane++) {
      lanes[lane] = x[i + lane] > lanes[lane] ? x[i + lane] : lanes[lane];
    }
  }
  float highest = x[0];
  for (int lane = 0; lane < 16; lane++) highest = lanes[lane] > highest ? lanes[lane] : highest;
  for (size_t i = whole; i < count; i++) highest = x[i] > highest ? x[i] : highest;
  return highest;
}

#endif
