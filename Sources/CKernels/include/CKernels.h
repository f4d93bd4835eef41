// Loops that no oneDNN primitive covers, compiled once per instruction set and chosen at run time.
// SwiftPM compiles for baseline x86-64; these reach AVX2 and AVX-512 where the processor has them.
#ifndef HEED_CKERNELS_H
#define HEED_CKERNELS_H

#include <stddef.h>
#include <stdint.h>

/// Widens `count` IEEE half-precision numbers; `source` may lie at any address.
void heed_widen_float16(const void *source, float *target, size_t count);

/// Widens `count` bfloat16 numbers; `source` may lie at any address.
void heed_widen_bfloat16(const void *source, float *target, size_t count);

/// The sum of −p ln p over `count` weights, in nats; weights of zero add nothing.
double heed_entropy(const float *weights, size_t count);

/// `sums[i] += weights[i]` in double precision.
void heed_accumulate(const float *weights, double *sums, size_t count);

/// `sums[-i] += weights[i]` in double precision.
void heed_accumulate_reversed(const float *weights, double *sums, size_t count);

/// Whether all `count` numbers are finite.
int heed_all_finite(const float *numbers, size_t count);

/// `y = x / sqrt(mean of x² + epsilon) · gain` for one row.
void heed_rms_norm(const float *x, const float *gain, float *y, size_t count, float epsilon);

/// `gate[i] = gate[i] · up[i]`.
void heed_multiply(float *gate, const float *up, size_t count);

enum heed_row_activation {
  HEED_ROW_IDENTITY,
  HEED_ROW_RELU,
  HEED_ROW_SILU,
  HEED_ROW_GELU_ERF,
  HEED_ROW_GELU_TANH
};

/// `y = activation(y + bias)` for one row; without a bias where it is null.
void heed_finish_row(
    float *y, const float *bias, size_t count, enum heed_row_activation activation);

/// Turns pairs of numbers by an angle each: (a, b) becomes (a·cos − b·sin, b·cos + a·sin).
void heed_rotate_halves(
    float *first, float *second, const float *cosines, const float *sines, size_t count);

#endif
