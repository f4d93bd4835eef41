// Derivatives of what activations.c, softmax and the norms compute, one row at a time.
#include "CKernels.h"
#include "vector.h"

#include <math.h>

// φ(x) = e^(−x²/2) / √2π is the derivative of Φ.
INLINE float slope_gelu_erf(float x) {
  float phi = 0.5f * (1.0f + error_function(x * 0.707106781f));
  return phi + x * 0.398942280f * exponential(-0.5f * x * x);
}

// Of x σ(2u) with u the tanh form's argument.
INLINE float slope_gelu_tanh(float x) {
  float u2 = 1.5957691216f * (x + 0.044715f * x * x * x);
  float open = 1.0f / (1.0f + exponential(-u2));
  return open * (1.0f + x * (1.0f - open) * 1.5957691216f * (1.0f + 0.134145f * x * x));
}

INLINE float slope_gated(float x, float factor) {
  float open = 1.0f / (1.0f + exponential(-factor * x));
  return open * (1.0f + factor * x * (1.0f - open));
}

INLINE float slope_identity(float x) { (void)x; return 1.0f; }
INLINE float slope_relu(float x) { return x > 0 ? 1.0f : 0.0f; }
INLINE float slope_silu(float x) { return slope_gated(x, 1.0f); }
INLINE float slope_quick_gelu(float x) { return slope_gated(x, 1.702f); }

#define SLOPES(function)                                                                \
  CLONED static void slopes_##function(const float *x, float *gradient, size_t count) { \
    for (size_t i = 0; i < count; i++) gradient[i] *= slope_##function(x[i]);           \
  }

SLOPES(identity)
SLOPES(relu)
SLOPES(silu)
SLOPES(gelu_erf)
SLOPES(gelu_tanh)
SLOPES(quick_gelu)

void heed_differentiate_row(
    const float *x, float *gradient, size_t count, enum heed_row_activation activation) {
  switch (activation) {
    case HEED_ROW_IDENTITY: slopes_identity(x, gradient, count); break;
    case HEED_ROW_RELU: slopes_relu(x, gradient, count); break;
    case HEED_ROW_SILU: slopes_silu(x, gradient, count); break;
    case HEED_ROW_GELU_ERF: slopes_gelu_erf(x, gradient, count); break;
    case HEED_ROW_GELU_TANH: slopes_gelu_tanh(x, gradient, count); break;
    case HEED_ROW_QUICK_GELU: slopes_quick_gelu(x, gradient, count); break;
  }
}

CLONED void heed_add_norm_gradient(
    const float *x, const float *gain, const float *gradient, float *result, size_t count,
    float epsilon, int is_centred) {
#pragma clang fp reassociate(on) contract(fast)
  float mean = 0;
  if (is_centred) {
    for (size_t i = 0; i < count; i++) mean += x[i];
    mean /= (float)count;
  }
  float square = 0, sum = 0, product = 0;
  for (size_t i = 0; i < count; i++) {
    float centred = x[i] - mean, g = gradient[i] * gain[i];
    square += centred * centred;
    sum += g;
    product += g * centred;
  }
  float scale = 1.0f / sqrtf(square / (float)count + epsilon);
  float average = is_centred ? sum / (float)count : 0.0f;
  float slope = product * scale * scale / (float)count;
  for (size_t i = 0; i < count; i++) {
    result[i] += (gradient[i] * gain[i] - average - (x[i] - mean) * slope) * scale;
  }
}

CLONED void heed_differentiate_softmax(const float *weights, float *gradient, size_t count) {
#pragma clang fp reassociate(on) contract(fast)
  float sum = 0;
  for (size_t i = 0; i < count; i++) sum += weights[i] * gradient[i];
  for (size_t i = 0; i < count; i++) gradient[i] = weights[i] * (gradient[i] - sum);
}

CLONED double heed_dot(const float *a, const float *b, size_t count) {
#pragma clang fp reassociate(on) contract(fast)
  double total = 0;
  // Blocks bound the rounding of the single-precision sums.
  for (size_t start = 0; start < count; start += 256) {
    size_t end = start + 256 < count ? start + 256 : count;
    float sum = 0;
    for (size_t i = start; i < end; i++) sum += a[i] * b[i];
    total += sum;
  }
  return total;
}
