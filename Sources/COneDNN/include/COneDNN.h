// oneDNN in the few calls heed makes of it. The C API spells primitive descriptors differently in
// 2.x and 3.x; only shim.c knows.
#ifndef HEED_CONEDNN_H
#define HEED_CONEDNN_H

#include <stddef.h>
#include <stdint.h>

/// 0 means done; anything else is oneDNN's own status.
typedef int heed_status;

/// `c = alpha · a · b + beta · c`, row-major; with `transpose_b`, `b` lies as `[n, k]`.
heed_status heed_sgemm(
    int transpose_b, long m, long n, long k, float alpha, const float *a, long lda, const float *b,
    long ldb, float beta, float *c, long ldc);

/// `c = aᵀ · b + beta · c`, row-major; `a` lies as `[k, m]`.
heed_status heed_sgemm_transposed(
    long m, long n, long k, const float *a, long lda, const float *b, long ldb, float beta, float *c,
    long ldc);

/// Softmax of every row, in place; rows lie back to back.
heed_status heed_softmax(float *data, long rows, long columns);

/// Layer normalisation of every row; rows lie back to back.
heed_status heed_layer_norm(
    const float *x, const float *gain, const float *bias, float *y, long rows, long columns,
    float epsilon);

/// Whether the processor multiplies bfloat16 numbers itself, and oneDNN may use that.
int heed_has_bfloat16(void);

/// `c = a · b`, or `c += a · b` when `adding`, row-major: bfloat16 numbers, products and sums in single
/// precision. With `transpose_b`, `b` lies as `[n, k]`. Refused where the processor has no such product.
heed_status heed_bfloat16_product(
    int transpose_b, long m, long n, long k, const uint16_t *a, long lda, const uint16_t *b,
    long ldb, int adding, float *c, long ldc);

/// The version of the library that is loaded: 10000 · major + 100 · minor + patch.
int heed_onednn_version(void);

/// Calls `body(context, worker)` once on each of `workers` threads, of the same pool that oneDNN's
/// products run on: two pools would fight for the cores. oneDNN runs single-threaded inside.
void heed_parallel(int workers, void (*body)(void *context, int worker), void *context);

/// The number of threads that products use when called from this thread: 1 inside `heed_parallel`.
int heed_thread_count(void);

/// Sets the number of threads for calls from this thread.
void heed_set_thread_count(int count);

#endif
