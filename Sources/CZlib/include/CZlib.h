// zlib's checksum for Swift.
#ifndef HEED_CZLIB_H
#define HEED_CZLIB_H

#include <stddef.h>
#include <stdint.h>

/// CRC-32 of `count` more bytes, going on from `before`, which is 0 at the start.
uint32_t heed_crc32(uint32_t before, const uint8_t *bytes, size_t count);

#endif
