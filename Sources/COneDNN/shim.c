#define _GNU_SOURCE
#include "COneDNN.h"

#include <dlfcn.h>
#include <oneapi/dnnl/dnnl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

// One engine for the process and one stream per thread: executing on separate streams is thread-safe.
static dnnl_engine_t engine;
static dnnl_status_t engine_status;
static pthread_once_t engine_once = PTHREAD_ONCE_INIT;
static _Thread_local dnnl_stream_t stream;

static void make_engine(void) {
  dnnl_set_primitive_cache_capacity(1024);
  engine_status = dnnl_engine_create(&engine, dnnl_cpu, 0);
}

static dnnl_status_t prepare(void) {
  pthread_once(&engine_once, make_engine);
  if (engine_status != dnnl_success) return engine_status;
  return stream ? dnnl_success : dnnl_stream_create(&stream, engine, dnnl_stream_default_flags);
}

#define TRY(call)                                 \
  do {                                            \
    dnnl_status_t status_ = (call);               \
    if (status_ != dnnl_success) return status_;  \
  } while (0)

heed_status heed_sgemm(
    int transpose_b, long m, long n, long k, float alpha, const float *a, long lda, const float *b,
    long ldb, float beta, float *c, long ldc) {
  return dnnl_sgemm('N', transpose_b ? 'T' : 'N', m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

heed_status heed_sgemm_transposed(
    long m, long n, long k, const float *a, long lda, const float *b, long ldb, float beta, float *c,
    long ldc) {
  return dnnl_sgemm('T', 'N', m, n, k, 1, a, lda, b, ldb, beta, c, ldc);
}

int heed_onednn_version(void) {
  const dnnl_version_t *v = dnnl_version();
  return 10000 * v->major + 100 * v->minor + v->patch;
}

// Primitives. A primitive is made for one shape, and making it can mean compiling it; each thread
// keeps the last few it used, so that a loop over equal tiles makes it once.

enum kind { SOFTMAX, LAYER_NORM, BFLOAT16_PRODUCT };
struct key {
  enum kind kind;
  long rows, columns;
  float epsilon;
  // Of products: the inner size, elements from row to row, and how.
  long inner, stride_a, stride_b, stride_c;
  int transpose_b, adding, threads;
};
struct entry {
  struct key key;
  dnnl_primitive_t primitive;
  unsigned long used;
};
enum { ENTRIES = 64 };
static _Thread_local struct entry entries[ENTRIES];
static _Thread_local unsigned long clock_;

typedef dnnl_memory_desc_t desc;
#if DNNL_VERSION_MAJOR >= 3
static dnnl_status_t describe(desc *d, int dims, const long *sizes, dnnl_format_tag_t tag) {
  dnnl_dims_t s = {0};
  for (int i = 0; i < dims; i++) s[i] = sizes[i];
  return dnnl_memory_desc_create_with_tag(d, dims, s, dnnl_f32, tag);
}
static dnnl_status_t describe_strided(
    desc *d, dnnl_data_type_t type, long rows, long columns, long row_stride, long column_stride) {
  dnnl_dims_t sizes = {rows, columns}, strides = {row_stride, column_stride};
  return dnnl_memory_desc_create_with_strides(d, 2, sizes, type, strides);
}
static void forget(desc *d) { dnnl_memory_desc_destroy(*d); }
#else
static dnnl_status_t describe(desc *d, int dims, const long *sizes, dnnl_format_tag_t tag) {
  dnnl_dims_t s = {0};
  for (int i = 0; i < dims; i++) s[i] = sizes[i];
  return dnnl_memory_desc_init_by_tag(d, dims, s, dnnl_f32, tag);
}
static dnnl_status_t describe_strided(
    desc *d, dnnl_data_type_t type, long rows, long columns, long row_stride, long column_stride) {
  dnnl_dims_t sizes = {rows, columns}, strides = {row_stride, column_stride};
  return dnnl_memory_desc_init_by_strides(d, 2, sizes, type, strides);
}
static void forget(desc *d) { (void)d; }
#endif

// The operands of a product: a, b, c.
static dnnl_status_t describe_product(const struct key *key, desc d[3]) {
  const int t = key->transpose_b;
  TRY(describe_strided(&d[0], dnnl_bf16, key->rows, key->inner, key->stride_a, 1));
  TRY(describe_strided(
      &d[1], dnnl_bf16, key->inner, key->columns, t ? 1 : key->stride_b, t ? key->stride_b : 1));
  return describe_strided(&d[2], dnnl_f32, key->rows, key->columns, key->stride_c, 1);
}

static dnnl_status_t make_product_desc(const struct key *key, dnnl_primitive_desc_t *pd) {
  desc d[3];
  TRY(describe_product(key, d));
  dnnl_primitive_attr_t attributes = NULL;
  dnnl_post_ops_t sum = NULL;
  dnnl_status_t status = dnnl_primitive_attr_create(&attributes);
  if (status == dnnl_success && key->adding) {
    status = dnnl_post_ops_create(&sum);
#if DNNL_VERSION_MAJOR >= 3
    if (status == dnnl_success) status = dnnl_post_ops_append_sum(sum, 1, 0, dnnl_data_type_undef);
#else
    if (status == dnnl_success) status = dnnl_post_ops_append_sum(sum, 1);
#endif
    if (status == dnnl_success) status = dnnl_primitive_attr_set_post_ops(attributes, sum);
  }
#if DNNL_VERSION_MAJOR >= 3
  if (status == dnnl_success) {
    status = dnnl_matmul_primitive_desc_create(pd, engine, d[0], d[1], NULL, d[2], attributes);
  }
#else
  dnnl_matmul_desc_t op;
  if (status == dnnl_success) status = dnnl_matmul_desc_init(&op, &d[0], &d[1], NULL, &d[2]);
  if (status == dnnl_success) status = dnnl_primitive_desc_create(pd, &op, attributes, engine, NULL);
#endif
  if (sum) dnnl_post_ops_destroy(sum);
  if (attributes) dnnl_primitive_attr_destroy(attributes);
  for (int i = 0; i < 3; i++) forget(&d[i]);
  return status;
}

// Of the primitives that read and write rows of one shape.
static dnnl_status_t make_row_desc(const struct key *key, desc *d, dnnl_primitive_desc_t *pd) {
  const unsigned scale_shift = dnnl_use_scale | dnnl_use_shift;
#if DNNL_VERSION_MAJOR >= 3
  switch (key->kind) {
    case SOFTMAX:
      return dnnl_softmax_forward_primitive_desc_create(
          pd, engine, dnnl_forward_inference, dnnl_softmax_accurate, *d, *d, 1, NULL);
    case LAYER_NORM:
      return dnnl_layer_normalization_forward_primitive_desc_create(
          pd, engine, dnnl_forward_inference, *d, *d, NULL, key->epsilon, scale_shift, NULL);
    case BFLOAT16_PRODUCT: break;
  }
#else
  switch (key->kind) {
    case SOFTMAX: {
      dnnl_softmax_desc_t op;
      TRY(dnnl_softmax_forward_desc_init(&op, dnnl_forward_inference, d, 1));
      return dnnl_primitive_desc_create(pd, &op, NULL, engine, NULL);
    }
    case LAYER_NORM: {
      dnnl_layer_normalization_desc_t op;
      TRY(dnnl_layer_normalization_forward_desc_init(
          &op, dnnl_forward_inference, d, NULL, key->epsilon, scale_shift));
      return dnnl_primitive_desc_create(pd, &op, NULL, engine, NULL);
    }
    case BFLOAT16_PRODUCT: break;
  }
#endif
  return dnnl_invalid_arguments;
}

static dnnl_status_t describe_key(const struct key *key, desc *d) {
  const long sizes[2] = {key->rows, key->columns};
  return describe(d, 2, sizes, dnnl_ab);
}

static dnnl_status_t make_primitive_desc(const struct key *key, dnnl_primitive_desc_t *pd) {
  if (key->kind == BFLOAT16_PRODUCT) return make_product_desc(key, pd);
  desc d;
  TRY(describe_key(key, &d));
  dnnl_status_t status = make_row_desc(key, &d, pd);
  forget(&d);
  return status;
}

static int equal(const struct key *a, const struct key *b) {
  return a->kind == b->kind && a->rows == b->rows && a->columns == b->columns &&
         a->epsilon == b->epsilon && a->inner == b->inner && a->stride_a == b->stride_a &&
         a->stride_b == b->stride_b && a->stride_c == b->stride_c &&
         a->transpose_b == b->transpose_b && a->adding == b->adding && a->threads == b->threads;
}

static dnnl_status_t find(struct key key, dnnl_primitive_t *primitive) {
  struct entry *oldest = &entries[0];
  // A primitive is made for as many threads as there are when it is made.
  key.threads = heed_thread_count();
  for (int i = 0; i < ENTRIES; i++) {
    struct entry *e = &entries[i];
    if (e->primitive && equal(&e->key, &key)) {
      e->used = ++clock_;
      *primitive = e->primitive;
      return dnnl_success;
    }
    if (e->used < oldest->used) oldest = e;
  }
  dnnl_primitive_desc_t pd = NULL;
  TRY(make_primitive_desc(&key, &pd));
  dnnl_primitive_t made = NULL;
  dnnl_status_t status = dnnl_primitive_create(&made, pd);
  dnnl_primitive_desc_destroy(pd);
  TRY(status);
  if (oldest->primitive) dnnl_primitive_destroy(oldest->primitive);
  *oldest = (struct entry){key, made, ++clock_};
  *primitive = made;
  return dnnl_success;
}

static dnnl_status_t wrap(desc *d, const void *data, dnnl_memory_t *memory) {
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_memory_create(memory, *d, engine, (void *)data);
#else
  return dnnl_memory_create(memory, d, engine, (void *)data);
#endif
}

// Runs the primitive of `key` on x → y, with gain and bias where given.
static dnnl_status_t execute(
    struct key key, const float *x, float *y, const float *gain, const float *bias) {
  TRY(prepare());
  dnnl_primitive_t primitive;
  TRY(find(key, &primitive));
  desc d, row;
  TRY(describe_key(&key, &d));
  TRY(describe(&row, 1, &key.columns, dnnl_a));
  dnnl_memory_t memory[4] = {0};
  dnnl_exec_arg_t arguments[4];
  const int names[4] = {DNNL_ARG_SRC, DNNL_ARG_DST, DNNL_ARG_SCALE, DNNL_ARG_SHIFT};
  const float *data[4] = {x, y, gain, bias};
  int count = gain ? 4 : 2;
  dnnl_status_t status = dnnl_success;
  for (int i = 0; i < count && status == dnnl_success; i++) {
    status = wrap(i < 2 ? &d : &row, data[i], &memory[i]);
    arguments[i] = (dnnl_exec_arg_t){names[i], memory[i]};
  }
  if (status == dnnl_success) status = dnnl_primitive_execute(primitive, stream, count, arguments);
  if (status == dnnl_success) status = dnnl_stream_wait(stream);
  for (int i = 0; i < count; i++) {
    if (memory[i]) dnnl_memory_destroy(memory[i]);
  }
  forget(&d);
  forget(&row);
  return status;
}

heed_status heed_softmax(float *data, long rows, long columns) {
  const struct key key = {.kind = SOFTMAX, .rows = rows, .columns = columns};
  return execute(key, data, data, NULL, NULL);
}

heed_status heed_layer_norm(
    const float *x, const float *gain, const float *bias, float *y, long rows, long columns,
    float epsilon) {
  const struct key key = {
      .kind = LAYER_NORM, .rows = rows, .columns = columns, .epsilon = epsilon};
  return execute(key, x, y, gain, bias);
}

int heed_has_bfloat16(void) {
  const int needed = dnnl_cpu_isa_avx512_core_bf16;
  return (dnnl_get_effective_cpu_isa() & needed) == needed;
}

heed_status heed_bfloat16_product(
    int transpose_b, long m, long n, long k, const uint16_t *a, long lda, const uint16_t *b,
    long ldb, int adding, float *c, long ldc) {
  if (!heed_has_bfloat16()) return dnnl_unimplemented;
  TRY(prepare());
  const struct key key = {
      .kind = BFLOAT16_PRODUCT, .rows = m, .columns = n, .inner = k, .stride_a = lda,
      .stride_b = ldb, .stride_c = ldc, .transpose_b = transpose_b, .adding = adding};
  dnnl_primitive_t primitive;
  TRY(find(key, &primitive));
  desc d[3];
  TRY(describe_product(&key, d));
  dnnl_memory_t memory[3] = {0};
  dnnl_exec_arg_t arguments[3];
  const int names[3] = {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST};
  const void *data[3] = {a, b, c};
  dnnl_status_t status = dnnl_success;
  for (int i = 0; i < 3 && status == dnnl_success; i++) {
    status = wrap(&d[i], data[i], &memory[i]);
    arguments[i] = (dnnl_exec_arg_t){names[i], memory[i]};
  }
  if (status == dnnl_success) status = dnnl_primitive_execute(primitive, stream, 3, arguments);
  if (status == dnnl_success) status = dnnl_stream_wait(stream);
  for (int i = 0; i < 3; i++) {
    if (memory[i]) dnnl_memory_destroy(memory[i]);
    forget(&d[i]);
  }
  return status;
}

// Threads. Debian's oneDNN runs on libgomp, which it has already loaded; its entry points are looked
// up instead of linked, because another build of oneDNN may bring another runtime.

static struct {
  void (*parallel)(void (*)(void *), void *, unsigned, unsigned);
  int (*thread_number)(void);
  int (*max_threads)(void);
  int (*in_parallel)(void);
  void (*set_threads)(int);
} openmp;
static pthread_once_t openmp_once = PTHREAD_ONCE_INIT;

static void find_openmp(void) {
  openmp.parallel = dlsym(RTLD_DEFAULT, "GOMP_parallel");
  openmp.thread_number = dlsym(RTLD_DEFAULT, "omp_get_thread_num");
  openmp.max_threads = dlsym(RTLD_DEFAULT, "omp_get_max_threads");
  openmp.in_parallel = dlsym(RTLD_DEFAULT, "omp_in_parallel");
  openmp.set_threads = dlsym(RTLD_DEFAULT, "omp_set_num_threads");
}

// The thread sanitizer cannot see that the pool's threads start after the caller's writes and are done before
// it goes on: it is told so.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#include <sanitizer/tsan_interface.h>
#define HAND_OVER(where) __tsan_release(where)
#define TAKE_OVER(where) __tsan_acquire(where)
#endif
#endif
#ifndef HAND_OVER
#define HAND_OVER(where)
#define TAKE_OVER(where)
#endif

struct job {
  void (*body)(void *, int);
  void *context;
};

static void run_job(void *data) {
  struct job *job = data;
  TAKE_OVER(job);
  job->body(job->context, openmp.thread_number());
  HAND_OVER(job);
}

void heed_parallel(int workers, void (*body)(void *, int), void *context) {
  pthread_once(&openmp_once, find_openmp);
  if (workers <= 1 || !openmp.parallel || !openmp.thread_number) {
    for (int i = 0; i < workers; i++) body(context, i);
    return;
  }
  struct job job = {body, context};
  HAND_OVER(&job);
  openmp.parallel(run_job, &job, (unsigned)workers, 0);
  TAKE_OVER(&job);
}

int heed_thread_count(void) {
  pthread_once(&openmp_once, find_openmp);
  if (openmp.in_parallel && openmp.in_parallel()) return 1;
  return openmp.max_threads ? openmp.max_threads() : 1;
}

void heed_set_thread_count(int count) {
  pthread_once(&openmp_once, find_openmp);
  if (openmp.set_threads) openmp.set_threads(count < 1 ? 1 : count);
}
