// Bias and activation in one pass over a row.
//
// Goals, in this order: the reference's numbers (a wrong GELU shows at 1.5e-4 in the logits, these stray
// by under 3e-7); one vector loop without calls, so that the pass costs little beside the product.
#include "CKernels.h"
#include "vector.h"

#include <math.h>

INLINE float identity(float x) { return x; }
INLINE float relu(float x) { return x > 0 ? x : 0; }
INLINE float silu(float x) { return x / (1.0f + exponential(-x)); }
INLINE float gelu_erf(float x) { return 0.5f * x * (1.0f + error_function(x * 0.707106781f)); }

// (1 + tanh u) / 2 is σ(2u).
INLINE float gelu_tanh(float x) {
  float u2 = 1.5957691216f * (x + 0.044715f * x * x * x);
  return x / (1.0f + exponential(-u2));
}

INLINE float quick_gelu(float x) { return x / (1.0f + exponential(-1.702f * x)); }

// tanh x = 1 − 2 / (e^2x + 1), which near zero would lose its digits: there a series, the minimax
// polynomial of Cephes' tanhf. Absolute error under 1.2e-7.
INLINE float hyperbolic_tangent(float x) {
  float a = x < 0 ? -x : x;
  float far = 1.0f - 2.0f / (1.0f + exponential(2.0f * (a > 20.0f ? 20.0f : a)));
  float z = x * x;
  float series = -5.70498872745e-3f;
  series = series * z + 2.06390887954e-2f;
  series = series * z - 5.37397155531e-2f;
  series = series * z + 1.33314422036e-1f;
  series = series * z - 3.33332819422e-1f;
  float near = x + x * z * series;
  return a < 0.625f ? near : x < 0 ? -far : far;
}

#define ROW(function)                                                                  \
  CLONED static void row_##function(float *y, const float *bias, size_t count) {       \
    if (bias) {                                                                        \
      for (size_t i = 0; i < count; i++) y[i] = function(y[i] + bias[i]);              \
    } else {                                                                           \
      for (size_t i = 0; i < count; i++) y[i] = function(y[i]);                        \
    }                                                                                  \
  }

ROW(identity)
ROW(relu)
ROW(silu)
ROW(gelu_erf)
ROW(gelu_tanh)
ROW(quick_gelu)

void heed_finish_row(
    float *y, const float *bias, size_t count, enum heed_row_activation activation) {
  switch (activation) {
    case HEED_ROW_IDENTITY: row_identity(y, bias, count); break;
    case HEED_ROW_RELU: row_relu(y, bias, count); break;
    case HEED_ROW_SILU: row_silu(y, bias, count); break;
    case HEED_ROW_GELU_ERF: row_gelu_erf(y, bias, count); break;
    case HEED_ROW_GELU_TANH: row_gelu_tanh(y, bias, count); break;
    case HEED_ROW_QUICK_GELU: row_quick_gelu(y, bias, count); break;
  }
}

CLONED void heed_cap(float *row, size_t count, float limit) {
  for (size_t i = 0; i < count; i++) row[i] = limit * hyperbolic_tangent(row[i] / limit);
}

CLONED void heed_softmax_sink(float *row, size_t count, float sink) {
#pragma clang fp reassociate(on)
  float highest = sink;
  for (size_t i = 0; i < count; i++) highest = row[i] > highest ? row[i] : highest;
  float sum = exponential(sink - highest);
  for (size_t i = 0; i < count; i++) {
    // What is hidden has no weight; the exponential stops at e^-87.
    float weight = row[i] - highest < -87.0f ? 0 : exponential(row[i] - highest);
    row[i] = weight;
    sum += weight;
  }
  float scale = 1.0f / sum;
  for (size_t i = 0; i < count; i++) row[i] *= scale;
}

CLONED float heed_maximum(const float *x, size_t count) { return largest_of(x, count); }

// (1 + r) ln(1 + r) + (1 − r) ln(1 − r); the series of a small r is off by under 3e-9 of itself.
INLINE float divergence_term(float r) {
  float square = r * r;
  float series = square * (1.0f + square * (1.0f / 6 + square * (1.0f / 15 + square * (1.0f / 28))));
  float low = 1.0f - r, high = 1.0f + r;
  low = low > 1e-30f ? low : 1e-30f;
  high = high > 1e-30f ? high : 1e-30f;
  float logarithms = high * natural_log(high) + low * natural_log(low);
  return square < 0.01f ? series : logarithms;
}

CLONED double heed_jensen_shannon(
    const float *a, const float *b, float sum_a, float sum_b, size_t count) {
#pragma clang fp reassociate(on)
  double total = 0;
  // Blocks bound the rounding of the single-precision sums.
  for (size_t start = 0; start < count; start += 512) {
    size_t end = start + 512 < count ? start + 512 : count;
    float sum = 0;
    for (size_t i = start; i < end; i++) {
      float p = exponential(a[i] - sum_a), q = exponential(b[i] - sum_b);
      sum += 0.25f * (p + q) * divergence_term((q - p) / (q + p));
    }
    total += sum;
  }
  return total;
}

CLONED double heed_log_sum_exp(const float *x, size_t count) {
#pragma clang fp reassociate(on) contract(fast)
  float highest = largest_of(x, count);
  // A NaN or an infinity must show, though the exponential clamps its argument.
  double total = highest - highest;
  // Blocks bound the rounding of the single-precision sums.
  for (size_t start = 0; start < count; start += 512) {
    size_t end = start + 512 < count ? start + 512 : count;
    float sum = 0;
    for (size_t i = start; i < end; i++) sum += exponential(x[i] - highest);
    total += sum;
  }
  return (double)highest + log(total);
}
