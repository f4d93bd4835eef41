// PNG and JPEG through libpng and libjpeg, which report errors by jumping: not from Swift.
#ifndef HEED_CIMAGES_H
#define HEED_CIMAGES_H

#include <stddef.h>
#include <stdint.h>

/// A decoded image: rows of pixels, each of `channels` bytes, without padding.
typedef struct {
  uint8_t *pixels;
  size_t width, height, channels;
} heed_image;

/// Decodes a PNG file to 1 (grey) or 3 (RGB) channels of 8 bits; palettes are looked up, alpha is
/// dropped, of 16 bits the upper 8 are kept.
///
/// Returns 0, or -1 with the library's reason in `message`. More pixels than the file's compressed
/// bytes could hold are refused before anything is allocated.
int heed_png_decode(const uint8_t *bytes, size_t count, heed_image *image, char *message, size_t room);

/// Decodes a JPEG file to 1 (grey) or 3 (RGB) channels of 8 bits.
int heed_jpeg_decode(const uint8_t *bytes, size_t count, heed_image *image, char *message, size_t room);

void heed_image_free(heed_image *image);

#endif
