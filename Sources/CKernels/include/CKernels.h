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

/// Rounds `count` numbers times `factor` to bfloat16, to the nearest, halfway to even.
void heed_narrow_bfloat16(const float *source, uint16_t *target, size_t count, float factor);

/// What one row of a map comes to.
typedef struct {
  /// The sum of −p ln p, in nats; weights of zero add nothing.
  double entropy;
  /// The sum of the weights.
  double total;
  /// The sum of weight times |query − key|.
  double distance;
  /// The largest weight, and the first key that has it.
  float maximum;
  size_t strongest;
} heed_row_summary;

/// Summarises one row of `count` weights, and adds them to `by_key[key]` and `by_offset[key]`; `query` is
/// counted from the first key. An `entropy` that is known is not worked out again; NaN for one that is not.
void heed_summarise_row(
    const float *weights, size_t count, long query, double entropy, double *by_key,
    double *by_offset, heed_row_summary *summary);

/// Takes one row of `count` scores into a softmax under way: those from `first` up to `end` become
/// `exp(score − maximum)` and are added to `total`, the others zero; `output`'s `width` numbers and `total`
/// are scaled when the maximum rises.
void heed_softmax_add(
    float *row, size_t count, size_t first, size_t end, float *maximum, float *total, float *output,
    size_t width);

/// Scores from `first` up to `end` become `exp(score − maximum) / total`, the others zero; returns the sum of
/// −p ln p over them.
float heed_softmax_weigh(
    float *row, size_t count, size_t first, size_t end, float maximum, float total);

/// Raises `maxima[(offset + i) / pool]` to number `i`, and adds it to `sums` there.
void heed_pool_row(
    const float *row, size_t count, size_t offset, size_t pool, float *maxima, float *sums);

/// A number that `rank` of `count` > 0 numbers reach, more only where several are equal to it, with
/// 0 < `rank` <= `count`.
double heed_ranked(const double *x, size_t count, size_t rank);

/// Keeps the `rank` largest of `count` numbers, none of them negative, divided by their sum, and puts zero for the
/// others; of equal ones the first are kept. Nothing changes where the sum is not positive.
void heed_keep_largest(double *x, size_t count, size_t rank);

/// ln Σ exp x of `count` > 0 numbers.
double heed_log_sum_exp(const float *x, size_t count);

/// The largest of `count` > 0 numbers.
float heed_maximum(const float *x, size_t count);

/// The Jensen–Shannon divergence of two softmaxes, whose logarithms of sums are given, in nats.
double heed_jensen_shannon(
    const float *a, const float *b, float sum_a, float sum_b, size_t count);

/// Σ |a − b| over `count` numbers.
double heed_sum_of_differences(const float *a, const float *b, size_t count);

/// The Jensen–Shannon divergence of two rows of weights, in nats; zero weights add nothing.
double heed_divergence(const float *a, const float *b, size_t count);

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
  HEED_ROW_GELU_TANH,
  HEED_ROW_QUICK_GELU
};

/// `y = activation(y + bias)` for one row; without a bias where it is null.
void heed_finish_row(
    float *y, const float *bias, size_t count, enum heed_row_activation activation);

/// The row's part of the softmax over the row and `sink`.
void heed_softmax_sink(float *row, size_t count, float sink);

/// `limit · tanh(x / limit)`.
void heed_cap(float *row, size_t count, float limit);

/// Turns neighbours by an angle each: (a, b) becomes (a·cos − b·sin, b·cos + a·sin).
void heed_rotate_pairs(float *pairs, const float *cosines, const float *sines, size_t count);

/// `gradient *= activation'(x)` for one row.
void heed_differentiate_row(
    const float *x, float *gradient, size_t count, enum heed_row_activation activation);

/// Adds the gradient of one row's norm with respect to its input: a layer norm when `is_centred`, else a
/// root-mean-square norm.
void heed_add_norm_gradient(
    const float *x, const float *gain, const float *gradient, float *result, size_t count,
    float epsilon, int is_centred);

/// `gradient = weights · (gradient − Σ weights · gradient)` for one row.
void heed_differentiate_softmax(const float *weights, float *gradient, size_t count);

/// Σ a · b.
double heed_dot(const float *a, const float *b, size_t count);

/// Turns pairs of numbers by an angle each: (a, b) becomes (a·cos − b·sin, b·cos + a·sin).
void heed_rotate_halves(
    float *first, float *second, const float *cosines, const float *sines, size_t count);

// Block formats (quantised.c). `source` may lie at any address; `blocks` counts whole blocks.

/// Widens `count` numbers of float8 E4M3 without infinities ("fn"); exact.
void heed_widen_float8_e4m3(const void *source, float *target, size_t count);

/// Widens `count` numbers of float8 E5M2; exact.
void heed_widen_float8_e5m2(const void *source, float *target, size_t count);

/// Blocks of 32 numbers in ggml's layouts.
void heed_widen_q8_0(const void *source, float *target, size_t blocks);
void heed_widen_q4_0(const void *source, float *target, size_t blocks);
void heed_widen_q4_1(const void *source, float *target, size_t blocks);
void heed_widen_q5_0(const void *source, float *target, size_t blocks);
void heed_widen_q5_1(const void *source, float *target, size_t blocks);
void heed_widen_iq4_nl(const void *source, float *target, size_t blocks);

/// Blocks of 256 numbers in ggml's layouts.
void heed_widen_q2_k(const void *source, float *target, size_t blocks);
void heed_widen_q3_k(const void *source, float *target, size_t blocks);
void heed_widen_q4_k(const void *source, float *target, size_t blocks);
void heed_widen_q5_k(const void *source, float *target, size_t blocks);
void heed_widen_q6_k(const void *source, float *target, size_t blocks);
void heed_widen_iq4_xs(const void *source, float *target, size_t blocks);

/// One expert's MXFP4 matrix, `[rows, groups, 16]` bytes and `[rows, groups]` exponents, widened and
/// transposed to `[32 · groups, rows]`.
void heed_widen_mxfp4(
    const void *blocks, const void *scales, float *target, size_t rows, size_t groups);

/// How a matrix of small integers is packed into 32-bit words.
typedef struct {
  /// Bits per number: a divisor of 32.
  uint32_t bits;
  /// Whether a word holds neighbours along the inputs (GPTQ) or along the outputs (AWQ).
  int along_inputs;
  /// Added to a stored zero point.
  uint32_t zero_offset;
  /// Where in a word the number of each output lies; NULL for in order.
  const uint8_t *order;
  /// The group of each input; NULL for groups of `group_size` in order.
  const int32_t *groups_of;
  size_t inputs, outputs, group_size;
  /// The outputs wanted: `first ..< first + count`.
  size_t first, count;
} heed_packing;

/// `(quant − zero) · scale`, written as `[count, inputs]`.
void heed_widen_packed(
    const uint32_t *words, const uint32_t *zeros, const float *scales, float *target,
    const heed_packing *packing);

/// `target[i] += factor · source[i]`.
void heed_add_scaled(float *target, const float *source, float factor, size_t count);

/// `target[i] *= factor`.
void heed_scale(float *target, float factor, size_t count);

/// `target[i] += constant`.
void heed_add_constant(float *target, float constant, size_t count);

/// Columns `first ..< first + count` of `[rows, columns]`, as `[count, rows]`.
void heed_transpose(
    const float *source, size_t rows, size_t columns, size_t first, size_t count, float *target);

/// Copies `count` elements of `size` bytes that lie `stride` bytes apart side by side.
void heed_gather(const void *source, ptrdiff_t stride, size_t size, size_t count, void *target);

// files.c: calls of Linux that Swift's Glibc module leaves out.

/// A file without a name in a folder, to read and write; -1 with `errno`.
int heed_unnamed_file(const char *folder);

/// Bytes that are free for files in a folder; -1 where none can be made or it lies in memory.
long heed_disk_space(const char *folder);

/// Gives a part of a file back to the disk; it reads as zeros then.
void heed_punch_hole(int file, size_t start, size_t count);

#endif
