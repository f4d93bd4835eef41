// zlib for Swift, which cannot import its macros: checksums, and inflate.
#ifndef HEED_CZLIB_H
#define HEED_CZLIB_H

#include <stddef.h>
#include <stdint.h>

/// CRC-32 of `count` more bytes, going on from `before`, which is 0 at the start.
uint32_t heed_crc32(uint32_t before, const uint8_t *bytes, size_t count);

/// Unpacks a whole raw deflate stream into exactly `room` bytes.
///
/// Returns 0, or -1 when the stream is damaged or makes fewer or more bytes.
int heed_inflate(const uint8_t *bytes, size_t count, uint8_t *target, size_t room);

#endif
