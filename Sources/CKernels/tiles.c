// Loops over a row of a tile of a map.
//
// Goals, in this order: the softmax's numbers, with no larger error than one over the whole row; one pass
// over what lies in a core's cache.
#include "CKernels.h"
#include "vector.h"

#include <math.h>

// e^(x − highest), and nothing where the exponential would stop at e^-87; NaN stays NaN.
INLINE float weight(float x, float highest) {
  float difference = x - highest;
  return difference < -87.0f ? 0 : exponential(difference);
}

CLONED void heed_softmax_add(
    float *row, size_t count, size_t first, size_t end, float *maximum, float *total, float *output,
    size_t width) {
#pragma clang fp reassociate(on) contract(fast)
  for (size_t i = 0; i < first; i++) row[i] = 0;
  for (size_t i = end; i < count; i++) row[i] = 0;
  if (first == end) return;
  float before = *maximum, largest = largest_of(row + first, end - first);
  float highest = largest > before ? largest : before;
  if (highest == -INFINITY) {
    // Nothing but −∞, or a NaN, which must show.
    for (size_t i = first; i < end; i++) row[i] = 0;
    if (largest != largest) *total = largest;
    return;
  }
  float sum = 0;
  for (size_t i = first; i < end; i++) {
    row[i] = weight(row[i], highest);
    sum += row[i];
  }
  if (highest > before) {
    float factor = weight(before, highest);
    *maximum = highest;
    *total *= factor;
    for (size_t i = 0; i < width; i++) output[i] *= factor;
  }
  *total += sum;
}

// With p = e^d / t, d = x − m, the entropy is Σ p (ln t − d): no logarithm of any weight, and no term below zero
// but where one weight is all there is.
CLONED float heed_softmax_weigh(
    float *row, size_t count, size_t first, size_t end, float maximum, float total) {
#pragma clang fp reassociate(on) contract(fast)
  float scale = total == 0 ? 0 : 1.0f / total;
  for (size_t i = 0; i < first; i++) row[i] = 0;
  for (size_t i = end; i < count; i++) row[i] = 0;
  double weights = 0, products = 0;
  // Blocks bound the rounding of the single-precision sums.
  for (size_t start = first; start < end; start += 128) {
    size_t stop = start + 128 < end ? start + 128 : end;
    float block_weights = 0, block_products = 0;
    for (size_t i = start; i < stop; i++) {
      float difference = row[i] - maximum;
      float power = difference < -87.0f ? 0 : exponential(difference);
      // Not zero times −∞, which is no number.
      block_products += power * (difference < -87.0f ? 0 : difference);
      block_weights += power;
      row[i] = power * scale;
    }
    weights += block_weights;
    products += block_products;
  }
  return scale == 0 ? 0 : (float)((log((double)total) * weights - products) * scale);
}

CLONED void heed_pool_row(
    const float *row, size_t count, size_t offset, size_t pool, float *maxima, float *sums) {
#pragma clang fp reassociate(on)
  for (size_t start = 0; start < count;) {
    size_t block = (offset + start) / pool, end = (block + 1) * pool - offset;
    if (end > count) end = count;
    float sum = 0, largest = largest_of(row + start, end - start);
    for (size_t i = start; i < end; i++) sum += row[i];
    maxima[block] = maxima[block] >= largest ? maxima[block] : largest;
    sums[block] += sum;
    start = end;
  }
}
