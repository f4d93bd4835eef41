// Inflate for Swift, which cannot import zlib's macros.
#ifndef HEED_CZLIB_H
#define HEED_CZLIB_H

#include <stddef.h>
#include <stdint.h>

/// Unpacks a whole raw deflate stream into exactly `room` bytes.
///
/// Returns 0, or -1 when the stream is damaged or makes fewer or more bytes.
int heed_inflate(const uint8_t *bytes, size_t count, uint8_t *target, size_t room);

#endif
