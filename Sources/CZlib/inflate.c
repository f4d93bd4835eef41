#include "CZlib.h"
#include <limits.h>
#include <string.h>
#include <zlib.h>

int heed_inflate(const uint8_t *bytes, size_t count, uint8_t *target, size_t room) {
  z_stream stream;
  memset(&stream, 0, sizeof stream);
  // Negative: neither zlib's nor gzip's header.
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return -1;
  int status = Z_OK;
  size_t read = 0, written = 0;
  // Its counters have 32 bits.
  while (status == Z_OK) {
    size_t in = count - read, out = room - written;
    stream.next_in = (Bytef *)bytes + read;
    stream.avail_in = in > UINT_MAX ? UINT_MAX : (uInt)in;
    stream.next_out = target + written;
    stream.avail_out = out > UINT_MAX ? UINT_MAX : (uInt)out;
    uInt in_before = stream.avail_in, out_before = stream.avail_out;
    status = inflate(&stream, Z_NO_FLUSH);
    read += in_before - stream.avail_in;
    written += out_before - stream.avail_out;
  }
  inflateEnd(&stream);
  return status == Z_STREAM_END && written == room ? 0 : -1;
}
