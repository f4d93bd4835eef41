#include "CImages.h"
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
// After stdio.h, whose types its header uses.
#include <jpeglib.h>

typedef struct {
  struct jpeg_error_mgr base;
  jmp_buf place;
  char *message;
  size_t room;
} errors;

static void fail(j_common_ptr info) {
  errors *errors_ = (errors *)info->err;
  char text[JMSG_LENGTH_MAX];
  info->err->format_message(info, text);
  snprintf(errors_->message, errors_->room, "%s", text);
  longjmp(errors_->place, 1);
}

static void ignore(j_common_ptr info, int level) {
  // Damaged data is only a warning to the library; the pixels would be made up.
  if (level < 0) fail(info);
}

int heed_jpeg_decode(const uint8_t *bytes, size_t count, heed_image *image, char *message, size_t room) {
  struct jpeg_decompress_struct info;
  errors handler = {.message = message, .room = room};
  memset(image, 0, sizeof *image);
  memset(&info, 0, sizeof info);
  uint8_t *volatile pixels = NULL;
  info.err = jpeg_std_error(&handler.base);
  handler.base.error_exit = fail;
  handler.base.emit_message = ignore;
  if (setjmp(handler.place)) {
    free(pixels);
    jpeg_destroy_decompress(&info);
    return -1;
  }
  jpeg_create_decompress(&info);
  jpeg_mem_src(&info, bytes, count);
  jpeg_read_header(&info, TRUE);
  info.out_color_space = info.num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
  // An 8x8 block takes at least a bit or so; far beyond that the header lies.
  if ((size_t)info.image_width * info.image_height / 1024 > count) {
    snprintf(message, room, "more pixels than its bytes can hold");
    longjmp(handler.place, 1);
  }
  jpeg_start_decompress(&info);
  size_t width = info.output_width, height = info.output_height, channels = info.output_components;
  pixels = malloc(width * height * channels);
  if (!pixels) {
    snprintf(message, room, "no memory for its pixels");
    longjmp(handler.place, 1);
  }
  while (info.output_scanline < info.output_height) {
    JSAMPROW row = pixels + (size_t)info.output_scanline * width * channels;
    jpeg_read_scanlines(&info, &row, 1);
  }
  jpeg_finish_decompress(&info);
  jpeg_destroy_decompress(&info);
  *image = (heed_image){pixels, width, height, channels};
  return 0;
}
