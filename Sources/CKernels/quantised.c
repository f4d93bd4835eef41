#include "CKernels.h"
#include "cloned.h"

#include <math.h>
#include <string.h>

// Every loop below widens whole blocks of one layout. A block's fields are read by their offset, since
// blocks are packed and lie at any address. Products are rounded in the order of ggml's reference
// (scale times quant, then minus the minimum), so that both agree to the last bit.
#pragma STDC FP_CONTRACT OFF

static inline float half_at(const uint8_t *bytes) {
  uint16_t half;
  memcpy(&half, bytes, 2);
  uint32_t sign = (uint32_t)(half & 0x8000u) << 16;
  uint32_t magnitude = (uint32_t)(half & 0x7fffu) << 13;
  float scaled;
  memcpy(&scaled, &magnitude, sizeof scaled);
  scaled *= 0x1p112f;
  uint32_t bits;
  memcpy(&bits, &scaled, sizeof bits);
  if (magnitude >= 0x0f800000u) bits = magnitude | 0x7f800000u;
  bits |= sign;
  float result;
  memcpy(&result, &bits, sizeof result);
  return result;
}

// 1 sign, 4 exponent, 3 fraction bits, bias 7, no infinities: only S.1111.111 is NaN.
CLONED void heed_widen_float8_e4m3(const void *source, float *target, size_t count) {
  const uint8_t *bytes = source;
  for (size_t i = 0; i < count; i++) {
    uint32_t magnitude = (uint32_t)(bytes[i] & 0x7fu) << 20;
    float scaled;
    memcpy(&scaled, &magnitude, sizeof scaled);
    scaled *= 0x1p120f;
    uint32_t bits;
    memcpy(&bits, &scaled, sizeof bits);
    bits = magnitude == 0x07f00000u ? 0x7fc00000u : bits;
    bits |= (uint32_t)(bytes[i] & 0x80u) << 24;
    memcpy(target + i, &bits, 4);
  }
}

// 1 sign, 5 exponent, 2 fraction bits: the upper half of an IEEE half.
CLONED void heed_widen_float8_e5m2(const void *source, float *target, size_t count) {
  const uint8_t *bytes = source;
  for (size_t i = 0; i < count; i++) {
    uint32_t magnitude = (uint32_t)(bytes[i] & 0x7fu) << 21;
    float scaled;
    memcpy(&scaled, &magnitude, sizeof scaled);
    scaled *= 0x1p112f;
    uint32_t bits;
    memcpy(&bits, &scaled, sizeof bits);
    bits = magnitude >= 0x0f800000u ? magnitude | 0x7f800000u : bits;
    bits |= (uint32_t)(bytes[i] & 0x80u) << 24;
    memcpy(target + i, &bits, 4);
  }
}

CLONED void heed_widen_q8_0(const void *source, float *target, size_t blocks) {
  const uint8_t *block = source;
  for (size_t b = 0; b < blocks; b++, block += 34, target += 32) {
    float d = half_at(block);
    for (int i = 0; i < 32; i++) target[i] = (float)(int8_t)block[2 + i] * d;
  }
}

CLONED void heed_widen_q4_0(const void *source, float *target, size_t blocks) {
  const uint8_t *block = source;
  for (size_t b = 0; b < blocks; b++, block += 18, target += 32) {
    float d = half_at(block);
    for (int i = 0; i < 16; i++) {
      target[i] = d * (float)((block[2 + i] & 15) - 8);
      target[i + 16] = d * (float)((block[2 + i] >> 4) - 8);
    }
  }
}

CLONED void heed_widen_q4_1(const void *source, float *target, size_t blocks) {
  const uint8_t *block = source;
  for (size_t b = 0; b < blocks; b++, block += 20, target += 32) {
    float d = half_at(block), m = half_at(block + 2);
    for (int i = 0; i < 16; i++) {
      target[i] = d * (float)(block[4 + i] & 15) + m;
      target[i + 16] = d * (float)(block[4 + i] >> 4) + m;
    }
  }
}

// The fifth bits of a block, least significant first.
static inline uint32_t word_at(const uint8_t *bytes) {
  uint32_t word;
  memcpy(&word, bytes, 4);
  return word;
}

CLONED void heed_widen_q5_0(const void *source, float *target, size_t blocks) {
  const uint8_t *block = source;
  for (size_t b = 0; b < blocks; b++, block += 22, target += 32) {
    float d = half_at(block);
    uint32_t high = word_at(block + 2);
    for (int i = 0; i < 16; i++) {
      int low = (block[6 + i] & 15) | (int)((high >> i & 1) << 4);
      int upper = (block[6 + i] >> 4) | (int)((high >> (i + 16) & 1) << 4);
      target[i] = d * (float)(low - 16);
      target[i + 16] = d * (float)(upper - 16);
    }
  }
}

CLONED void heed_widen_q5_1(const void *source, float *target, size_t blocks) {
  const uint8_t *block = source;
  for (size_t b = 0; b < blocks; b++, block += 24, target += 32) {
    float d = half_at(block), m = half_at(block + 2);
    uint32_t high = word_at(block + 4);
    for (int i = 0; i < 16; i++) {
      int low = (block[8 + i] & 15) | (int)((high >> i & 1) << 4);
      int upper = (block[8 + i] >> 4) | (int)((high >> (i + 16) & 1) << 4);
      target[i] = d * (float)low + m;
      target[i + 16] = d * (float)upper + m;
    }
  }
}

// 256 numbers of 2 bits; 16 scales and minima of 4 bits each.
CLONED void heed_widen_q2_k(const void *source, float *target, size_t blocks) {
  const uint8_t *block = source;
  for (size_t b = 0; b < blocks; b++, block += 84, target += 256) {
    float d = half_at(block + 80), dmin = half_at(block + 82);
    for (int part = 0; part < 16; part++) {
      const uint8_t *quants = block + 16 + 32 * (part / 8) + 16 * (part % 2);
      int shift = 2 * (part / 2 % 4);
      float scale = d * (float)(block[part] & 15), minimum = dmin * (float)(block[part] >> 4);
      float *out = target + 16 * part;
      for (int i = 0; i < 16; i++) out[i] = scale * (float)(quants[i] >> shift & 3) - minimum;
    }
  }
}

// 256 numbers of 2 + 1 bits; 16 signed scales of 6 bits, their upper two bits in the last four bytes.
CLONED void heed_widen_q3_k(const void *source, float *target, size_t blocks) {
  const uint8_t *block = source;
  for (size_t b = 0; b < blocks; b++, block += 110, target += 256) {
    const uint8_t *high = block, *scales = block + 96;
    float d = half_at(block + 108);
    for (int part = 0; part < 16; part++) {
      int low = scales[part % 8] >> 4 * (part / 8) & 15;
      int upper = scales[8 + part % 4] >> 2 * (part / 4) & 3;
      float scale = d * (float)((low | upper << 4) - 32);
      const uint8_t *quants = block + 32 + 32 * (part / 8) + 16 * (part % 2);
      const uint8_t *mask = high + 16 * (part % 2);
      int shift = 2 * (part / 2 % 4), bit = part / 2;
      float *out = target + 16 * part;
      for (int i = 0; i < 16; i++) {
        // A set bit means that four is not taken away.
        int quant = (quants[i] >> shift & 3) - ((mask[i] >> bit & 1) ? 0 : 4);
        out[i] = scale * (float)quant;
      }
    }
  }
}

// The eight 6-bit scales and minima that Q4_K and Q5_K pack into twelve bytes.
static inline void scale_and_minimum(const uint8_t *packed, int part, int *scale, int *minimum) {
  if (part < 4) {
    *scale = packed[part] & 63;
    *minimum = packed[part + 4] & 63;
  } else {
    *scale = (packed[part + 4] & 15) | (packed[part - 4] >> 2 & 48);
    *minimum = (packed[part + 4] >> 4) | (packed[part] >> 2 & 48);
  }
}

CLONED void heed_widen_q4_k(const void *source, float *target, size_t blocks) {
  const uint8_t *block = source;
  for (size_t b = 0; b < blocks; b++, block += 144, target += 256) {
    float d = half_at(block), dmin = half_at(block + 2);
    for (int part = 0; part < 8; part++) {
      int scale, minimum;
      scale_and_minimum(block + 4, part, &scale, &minimum);
      float factor = d * (float)scale, offset = dmin * (float)minimum;
      const uint8_t *quants = block + 16 + 32 * (part / 2);
      int shift = 4 * (part % 2);
      float *out = target + 32 * part;
      for (int i = 0; i < 32; i++) out[i] = factor * (float)(quants[i] >> shift & 15) - offset;
    }
  }
}

CLONED void heed_widen_q5_k(const void *source, float *target, size_t blocks) {
  const uint8_t *block = source;
  for (size_t b = 0; b < blocks; b++, block += 176, target += 256) {
    float d = half_at(block), dmin = half_at(block + 2);
    for (int part = 0; part < 8; part++) {
      int scale, minimum;
      scale_and_minimum(block + 4, part, &scale, &minimum);
      float factor = d * (float)scale, offset = dmin * (float)minimum;
      const uint8_t *high = block + 16, *quants = block + 48 + 32 * (part / 2);
      int shift = 4 * (part % 2);
      float *out = target + 32 * part;
      for (int i = 0; i < 32; i++) {
        int quant = (quants[i] >> shift & 15) | (high[i] >> part & 1) << 4;
        out[i] = factor * (float)quant - offset;
      }
    }
  }
}

CLONED void heed_widen_q6_k(const void *source, float *target, size_t blocks) {
  const uint8_t *block = source;
  for (size_t b = 0; b < blocks; b++, block += 210, target += 256) {
    float d = half_at(block + 208);
    for (int part = 0; part < 8; part++) {
      int half = part / 4, quarter = part % 4;
      const uint8_t *low = block + 64 * half + 32 * (quarter % 2);
      const uint8_t *high = block + 128 + 32 * half;
      int low_shift = 4 * (quarter / 2), high_shift = 2 * quarter;
      float *out = target + 32 * part;
      for (int sub = 0; sub < 2; sub++) {
        float factor = d * (float)(int8_t)block[192 + 2 * part + sub];
        for (int i = 16 * sub; i < 16 * sub + 16; i++) {
          int quant = (low[i] >> low_shift & 15) | (high[i] >> high_shift & 3) << 4;
          out[i] = factor * (float)(quant - 32);
        }
      }
    }
  }
}

// The sixteen levels of ggml's non-linear 4-bit types.
static const int8_t iq4_levels[16] = {
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

CLONED void heed_widen_iq4_nl(const void *source, float *target, size_t blocks) {
  const uint8_t *block = source;
  for (size_t b = 0; b < blocks; b++, block += 18, target += 32) {
    float d = half_at(block);
    for (int i = 0; i < 16; i++) {
      target[i] = d * (float)iq4_levels[block[2 + i] & 15];
      target[i + 16] = d * (float)iq4_levels[block[2 + i] >> 4];
    }
  }
}

CLONED void heed_widen_iq4_xs(const void *source, float *target, size_t blocks) {
  const uint8_t *block = source;
  for (size_t b = 0; b < blocks; b++, block += 136, target += 256) {
    float d = half_at(block);
    int high = block[2] | block[3] << 8;
    for (int part = 0; part < 8; part++) {
      int scale = (block[4 + part / 2] >> 4 * (part % 2) & 15) | (high >> 2 * part & 3) << 4;
      float factor = d * (float)(scale - 32);
      const uint8_t *quants = block + 8 + 16 * part;
      float *out = target + 32 * part;
      for (int i = 0; i < 16; i++) {
        out[i] = factor * (float)iq4_levels[quants[i] & 15];
        out[i + 16] = factor * (float)iq4_levels[quants[i] >> 4];
      }
    }
  }
}

// ±0, ½, 1, 1½, 2, 3, 4, 6: 1 sign, 2 exponent, 1 fraction bit.
static const float fp4_levels[16] = {
    0.0f, 0.5f, 1.0f, 1.5f, 2.0f, 3.0f, 4.0f, 6.0f, -0.0f, -0.5f, -1.0f, -1.5f, -2.0f, -3.0f, -4.0f, -6.0f};

CLONED void heed_widen_mxfp4(
    const void *blocks, const void *scales, float *target, size_t rows, size_t groups) {
  const uint8_t *block = blocks, *exponent = scales;
  for (size_t row = 0; row < rows; row++) {
    for (size_t group = 0; group < groups; group++, block += 16, exponent++) {
      float scale = ldexpf(1.0f, (int)*exponent - 127);
      // A transposed write: numbers of one row lie a row count apart.
      float *out = target + group * 32 * rows + row;
      for (size_t i = 0; i < 16; i++) {
        out[2 * i * rows] = fp4_levels[block[i] & 15] * scale;
        out[(2 * i + 1) * rows] = fp4_levels[block[i] >> 4] * scale;
      }
    }
  }
}

CLONED void heed_widen_packed(
    const uint32_t *words, const uint32_t *zeros, const float *scales, float *target,
    const heed_packing *packing) {
  const heed_packing p = *packing;
  const uint32_t mask = (1u << p.bits) - 1;
  const size_t per_word = 32 / p.bits;
  for (size_t input = 0; input < p.inputs; input++) {
    size_t group = p.groups_of ? (size_t)p.groups_of[input] : input / p.group_size;
    const uint32_t *zero_row = zeros + group * (p.outputs / per_word);
    const float *scale_row = scales + group * p.outputs;
    for (size_t output = p.first; output < p.first + p.count; output++) {
      size_t zero_place = output % per_word;
      if (p.order) zero_place = p.order[zero_place];
      uint32_t zero = zero_row[output / per_word] >> (zero_place * p.bits) & mask;
      uint32_t quant;
      if (p.along_inputs) {
        quant = words[input / per_word * p.outputs + output] >> (input % per_word * p.bits) & mask;
      } else {
        quant = words[input * (p.outputs / per_word) + output / per_word]
                >> (zero_place * p.bits) & mask;
      }
      // Zero points run from 0 to the mask; one that was stored less one wraps back.
      zero = (zero + p.zero_offset) & mask;
      target[(output - p.first) * p.inputs + input] =
          scale_row[output] * (float)((int32_t)quant - (int32_t)zero);
    }
  }
}

CLONED void heed_add_scaled(float *target, const float *source, float factor, size_t count) {
  for (size_t i = 0; i < count; i++) target[i] += factor * source[i];
}

CLONED void heed_scale(float *target, float factor, size_t count) {
  for (size_t i = 0; i < count; i++) target[i] *= factor;
}

CLONED void heed_add_constant(float *target, float constant, size_t count) {
  for (size_t i = 0; i < count; i++) target[i] += constant;
}

CLONED void heed_transpose(
    const float *source, size_t rows, size_t columns, size_t first, size_t count, float *target) {
  // Tiles, so that both sides stay in cache.
  for (size_t r = 0; r < rows; r += 16) {
    size_t rest = rows - r < 16 ? rows - r : 16;
    for (size_t c = 0; c < count; c++) {
      for (size_t i = 0; i < rest; i++) {
        target[c * rows + r + i] = source[(r + i) * columns + first + c];
      }
    }
  }
}

void heed_gather(
    const void *source, ptrdiff_t stride, size_t size, size_t count, void *target) {
  const uint8_t *from = source;
  uint8_t *to = target;
  for (size_t i = 0; i < count; i++) memcpy(to + i * size, from + (ptrdiff_t)i * stride, size);
}
