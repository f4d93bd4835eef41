#include "CImages.h"
#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Where reading is, and where to say what went wrong.
typedef struct {
  const uint8_t *bytes;
  size_t count, position;
  char *message;
  size_t room;
} source;

static void fail(png_structp png, png_const_charp text) {
  source *from = png_get_error_ptr(png);
  snprintf(from->message, from->room, "%s", text);
  longjmp(png_jmpbuf(png), 1);
}

static void ignore(png_structp png, png_const_charp text) { (void)png, (void)text; }

static void read_bytes(png_structp png, png_bytep target, png_size_t count) {
  source *from = png_get_io_ptr(png);
  if (count > from->count - from->position) png_error(png, "it ends too early");
  memcpy(target, from->bytes + from->position, count);
  from->position += count;
}

int heed_png_decode(const uint8_t *bytes, size_t count, heed_image *image, char *message, size_t room) {
  source from = {bytes, count, 0, message, room};
  memset(image, 0, sizeof *image);
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &from, fail, ignore);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  // Both change after setjmp.
  uint8_t *volatile pixels = NULL;
  png_bytep *volatile rows = NULL;
  if (!info || setjmp(png_jmpbuf(png))) {
    free(pixels);
    free(rows);
    png_destroy_read_struct(&png, &info, NULL);
    return -1;
  }
  png_set_read_fn(png, &from, read_bytes);
  png_read_info(png, info);
  png_set_expand(png);
  png_set_strip_16(png);
  png_set_strip_alpha(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  size_t width = png_get_image_width(png, info), height = png_get_image_height(png, info);
  size_t channels = png_get_channels(png, info);
  if (channels != 1 && channels != 3) png_error(png, "an unknown kind of pixel");
  // Deflate makes at most 1032 bytes of one.
  if (!width || !height || width > (size_t)1 << 24 || height > (size_t)1 << 24 ||
      width * height / 8 > count * 1100)
    png_error(png, "more pixels than its bytes can hold");
  pixels = malloc(width * height * channels);
  rows = malloc(height * sizeof *rows);
  if (!pixels || !rows) png_error(png, "no memory for its pixels");
  for (size_t y = 0; y < height; y++) rows[y] = pixels + y * width * channels;
  png_read_image(png, rows);
  png_destroy_read_struct(&png, &info, NULL);
  free(rows);
  *image = (heed_image){pixels, width, height, channels};
  return 0;
}

void heed_image_free(heed_image *image) {
  free(image->pixels);
  image->pixels = NULL;
}
