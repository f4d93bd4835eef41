#include "CKernels.h"
#include "vector.h"

#include <math.h>
#include <string.h>

// The exponent is moved by a multiplication, which also makes subnormal halves right; infinities and
// NaN keep their payload through the select. Free of branches, so that it becomes vector code.
static inline float widened_half(uint16_t half) {
  uint32_t magnitude = (uint32_t)(half & 0x7fffu) << 13;
  float scaled;
  memcpy(&scaled, &magnitude, sizeof scaled);
  scaled *= 0x1p112f;
  uint32_t bits;
  memcpy(&bits, &scaled, sizeof bits);
  bits = magnitude >= 0x0f800000u ? magnitude | 0x7f800000u : bits;
  bits |= (uint32_t)(half & 0x8000u) << 16;
  float result;
  memcpy(&result, &bits, sizeof result);
  return result;
}

CLONED void heed_widen_float16(const void *source, float *target, size_t count) {
  const uint8_t *bytes = source;
  for (size_t i = 0; i < count; i++) {
    uint16_t half;
    memcpy(&half, bytes + 2 * i, 2);
    target[i] = widened_half(half);
  }
}

CLONED void heed_widen_bfloat16(const void *source, float *target, size_t count) {
  const uint8_t *bytes = source;
  for (size_t i = 0; i < count; i++) {
    uint16_t half;
    memcpy(&half, bytes + 2 * i, 2);
    uint32_t bits = (uint32_t)half << 16;
    memcpy(target + i, &bits, 4);
  }
}

CLONED void heed_narrow_bfloat16(
    const float *source, uint16_t *target, size_t count, float factor) {
  for (size_t i = 0; i < count; i++) {
    float number = source[i] * factor;
    uint32_t bits;
    memcpy(&bits, &number, sizeof bits);
    // To the nearest, halfway to even; a NaN must not round up to infinity.
    uint32_t rounded = bits + 0x7fffu + ((bits >> 16) & 1u);
    uint32_t quiet = bits | 0x00400000u;
    target[i] = (uint16_t)((number == number ? rounded : quiet) >> 16);
  }
}

// Σ −p ln p.
INLINE double entropy_of(const float *weights, size_t count) {
#pragma clang fp reassociate(on) contract(fast)
  double entropy = 0;
  for (size_t start = 0; start < count; start += 128) {
    size_t end = start + 128 < count ? start + 128 : count;
    float block = 0;
    // Subnormal weights add less than 1e-36; they and zero are left out.
    for (size_t i = start; i < end; i++) {
      block -= weights[i] * natural_log(weights[i] > 0x1p-126f ? weights[i] : 1.0f);
    }
    entropy += block;
  }
  return entropy;
}

// A row while it is in the first-level cache: everything that a head's statistics need. Several loops, each of
// which becomes vector code: in one, the maximum alone would keep all of it scalar.
CLONED void heed_summarise_row(
    const float *weights, size_t count, long query, double entropy, double *restrict by_key,
    double *restrict by_offset, heed_row_summary *summary) {
#pragma clang fp reassociate(on) contract(fast)
  double total = 0, distance = 0;
  // Blocks bound the rounding of the single-precision sums.
  for (size_t start = 0; start < count; start += 128) {
    size_t end = start + 128 < count ? start + 128 : count;
    float block_total = 0, block_distance = 0;
    for (size_t i = start; i < end; i++) {
      block_total += weights[i];
      block_distance += weights[i] * fabsf((float)((int32_t)query - (int32_t)i));
    }
    total += block_total;
    distance += block_distance;
  }
  if (entropy != entropy) entropy = entropy_of(weights, count);
  for (size_t i = 0; i < count; i++) {
    double weight = weights[i];
    by_key[i] += weight;
    by_offset[i] += weight;
  }
  float maximum = count > 0 ? largest_of(weights, count) : 0;
  maximum = maximum > 0 ? maximum : 0;
  size_t strongest = 0;
  for (size_t start = 0; start < count; start += 64) {
    size_t end = start + 64 < count ? start + 64 : count;
    int found = 0;
    for (size_t i = start; i < end; i++) found |= weights[i] == maximum;
    if (!found) continue;
    for (strongest = start; weights[strongest] != maximum;) strongest++;
    break;
  }
  *summary = (heed_row_summary){entropy, total, distance, maximum, strongest};
}

// p ln(p/m) + q ln(q/m) with m the mean: the terms are close to zero one by one, so that nothing large
// cancels at the end.
CLONED double heed_divergence(const float *a, const float *b, size_t count) {
#pragma clang fp reassociate(on) contract(fast)
  double total = 0;
  for (size_t start = 0; start < count; start += 64) {
    size_t end = start + 64 < count ? start + 64 : count;
    float sum = 0;
    for (size_t i = start; i < end; i++) {
      float p = a[i], q = b[i], middle = 0.5f * (p + q);
      float lowest = 0x1p-126f;
      float log_middle = natural_log(middle > lowest ? middle : 1.0f);
      sum += p * (natural_log(p > lowest ? p : 1.0f) - log_middle);
      sum += q * (natural_log(q > lowest ? q : 1.0f) - log_middle);
    }
    total += sum;
  }
  return total / 2;
}

CLONED int heed_all_finite(const float *numbers, size_t count) {
  uint32_t worst = 0;
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, numbers + i, sizeof bits);
    bits &= 0x7f800000u;
    worst = bits > worst ? bits : worst;
  }
  return worst != 0x7f800000u;
}

CLONED void heed_rms_norm(
    const float *x, const float *gain, float *y, size_t count, float epsilon) {
#pragma clang fp reassociate(on) contract(fast)
  float sum = 0;
  for (size_t i = 0; i < count; i++) sum += x[i] * x[i];
  float scale = 1.0f / sqrtf(sum / (float)count + epsilon);
  for (size_t i = 0; i < count; i++) y[i] = x[i] * scale * gain[i];
}

CLONED void heed_multiply(float *gate, const float *up, size_t count) {
  for (size_t i = 0; i < count; i++) gate[i] *= up[i];
}

CLONED void heed_rotate_halves(
    float *first, float *second, const float *cosines, const float *sines, size_t count) {
  for (size_t i = 0; i < count; i++) {
    float a = first[i], b = second[i];
    first[i] = a * cosines[i] - b * sines[i];
    second[i] = b * cosines[i] + a * sines[i];
  }
}

CLONED void heed_rotate_pairs(
    float *pairs, const float *cosines, const float *sines, size_t count) {
  for (size_t i = 0; i < count; i++) {
    float a = pairs[2 * i], b = pairs[2 * i + 1];
    pairs[2 * i] = a * cosines[i] - b * sines[i];
    pairs[2 * i + 1] = b * cosines[i] + a * sines[i];
  }
}

CLONED double heed_sum_of_differences(const float *a, const float *b, size_t count) {
#pragma clang fp reassociate(on)
  double total = 0;
  // Blocks bound the rounding of the single-precision sums.
  for (size_t start = 0; start < count; start += 512) {
    size_t end = start + 512 < count ? start + 512 : count;
    float sum = 0;
    for (size_t i = start; i < end; i++) sum += fabsf(a[i] - b[i]);
    total += sum;
  }
  return total;
}

// Doubles in the order of whole numbers.
INLINE int64_t ordered(double x) {
  int64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits ^ ((bits >> 63) & INT64_MAX);
}

// A search over the range of bits, which grow with the logarithm of a number: free of branches inside, so that it
// becomes vector code; a quickselect guesses wrong at every other number. By turns it halves the range and goes
// where the numbers would lie if they were spread evenly over it: for weights of attention in rows of 300 to 1000 keys
// 8 steps where halving alone takes 18 (rank 256), or 9 where it takes 14 (rank 8).
CLONED double heed_ranked(const double *x, size_t count, size_t rank) {
  int64_t low = INT64_MAX, high = INT64_MIN, low_positive = INT64_MAX;
  size_t positive = 0;
  for (size_t i = 0; i < count; i++) {
    int64_t key = ordered(x[i]);
    low = key < low ? key : low;
    high = key > high ? key : high;
    low_positive = key > 0 && key < low_positive ? key : low_positive;
    positive += key > 0;
  }
  // At least `rank` numbers reach `low`, which are `reach_low`; fewer reach one more than `high`.
  size_t reach_low = count, reach_high = 0;
  if (positive >= rank) {
    low = low_positive;
    reach_low = positive;
  } else {
    high = high > 0 ? 0 : high;
    reach_high = positive;
  }
  for (int halves = 0; low < high; halves = !halves) {
    const uint64_t range = (uint64_t)high - (uint64_t)low;
    const double share =
        halves ? 0.5 : (double)(reach_low - rank) / (double)(reach_low - reach_high);
    uint64_t step = (uint64_t)((double)range * share);
    step = step < 1 ? 1 : step > range ? range : step;
    const int64_t middle = (int64_t)((uint64_t)low + step);
    size_t reached = 0;
    for (size_t i = 0; i < count; i++) reached += ordered(x[i]) >= middle;
    if (reached >= rank) {
      low = middle;
      reach_low = reached;
    }
    if (reached <= rank) high = reached == rank ? middle : middle - 1;
    if (reached < rank) reach_high = reached;
  }
  int64_t bits = low ^ ((low >> 63) & INT64_MAX);
  double bound;
  memcpy(&bound, &bits, sizeof bound);
  return bound;
}

CLONED void heed_keep_largest(double *x, size_t count, size_t rank) {
#pragma clang fp reassociate(on)
  const double bound = heed_ranked(x, count, rank);
  size_t above = 0, equal = 0;
  double sum = 0;
  for (size_t i = 0; i < count; i++) {
    above += x[i] > bound;
    equal += x[i] == bound;
    sum += x[i] > bound ? x[i] : 0;
  }
  size_t ties = rank - above;
  sum += (double)ties * bound;
  if (!(sum > 0)) return;
  if (ties < equal) {
    // The last of the equal ones go.
    for (size_t i = 0; i < count; i++) {
      if (x[i] != bound) continue;
      if (ties > 0) ties--; else x[i] = 0;
    }
  }
  for (size_t i = 0; i < count; i++) x[i] = x[i] >= bound ? x[i] / sum : 0;
}
