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

void heed_finish_row(
    float *y, const float *bias, size_t count, enum heed_row_activation activation) {
  switch (activation) {
    case HEED_ROW_IDENTITY: row_identity(y, bias, count); break;
    case HEED_ROW_RELU: row_relu(y, bias, count); break;
    case HEED_ROW_SILU: row_silu(y, bias, count); break;
    case HEED_ROW_GELU_ERF: row_gelu_erf(y, bias, count); break;
    case HEED_ROW_GELU_TANH: row_gelu_tanh(y, bias, count); break;
  }
}

CLONED double heed_log_sum_exp(const float *x, size_t count) {
#pragma clang fp reassociate(on) contract(fast)
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
