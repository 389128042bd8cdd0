// A PNG encoder for opaque pictures that runs in the page where they were drawn: 8-bit
// RGB out of RGBA, lossless or within a tolerance. This file holds the exports, the
// memory and the chunks; `encoder.h` tells what is in the other files.
#include "encoder.h"

#define EXPORT(name) __attribute__((export_name(#name)))
#define PAGE 65536
#define MOST_PIXELS (1u << 26)
#define MOST_TOLERANCE 32

extern u8 __heap_base;
static u32 reserved_width, reserved_height;
static u8 *input_start, *output_start;
static Picture picture;

static u8 *take(u8 **next, size_t size) {
  u8 *start = *next + SLACK;
  *next = (u8 *)(((size_t)start + size + SLACK + 15) & ~(size_t)15);
  return start;
}

// Makes room for a picture; growing memory detaches earlier views of it. Returns where
// its RGBA goes, or 0: a side is 0, more than 2^26 pixels, or out of memory.
EXPORT(reserve) u8 *reserve(u32 width, u32 height) {
  if (!width || !height || (u64)width * height > MOST_PIXELS) return NULL;
  size_t row = (size_t)3 * width, stream = (row + 1) * height;
  u8 *next = (u8 *)(((size_t)&__heap_base + 15) & ~(size_t)15);
  input_start = take(&next, (size_t)4 * width * height);
  picture.stream = take(&next, stream);
  picture.pixels = take(&next, row);
  picture.above = take(&next, row);
  for (u32 f = SUB; f <= PAETH; f++) picture.filtered[f] = take(&next, row);
  // Blocks hold at least 4096 bytes and are never more than 16 longer than stored ones.
  output_start = take(&next, stream + stream / 128 + 1024);
  size_t pages = ((size_t)next + PAGE - 1) / PAGE, have = __builtin_wasm_memory_size(0);
  reserved_width = reserved_height = 0;
  if (pages > have && __builtin_wasm_memory_grow(0, pages - have) == (size_t)-1) return NULL;
  reserved_width = width;
  reserved_height = height;
  return input_start;
}

EXPORT(output) u8 *output(void) { return output_start; }

static u8 *write_word(u8 *to, u32 value) {
  for (u32 i = 0; i < 4; i++) *to++ = (u8)(value >> (24 - 8 * i));
  return to;
}

// A chunk whose data is already in its place, eight bytes behind `start`; returns its end.
static u8 *write_chunk(u8 *start, const char *type, u32 size) {
  u8 *to = write_word(start, size);
  for (u32 i = 0; i < 4; i++) *to++ = (u8)type[i];
  return write_word(to + size, crc32(start + 4, size + 4));
}

static u8 *write_start(u8 *to) {
  static const u8 signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  for (u32 i = 0; i < 8; i++) *to++ = signature[i];
  u8 *data = write_word(write_word(to + 8, picture.width), picture.height);
  const u8 kind[5] = {8, 2, 0, 0, 0};  // 8 bits, RGB, deflate, adaptive filters, not interlaced
  for (u32 i = 0; i < 5; i++) data[i] = kind[i];
  return write_chunk(to, "IHDR", 13);
}

// Compresses what lies at reserve()'s address, which must have been the last size reserved.
// Every channel of the result is within `tolerance` (0 to 32) of the input; alpha is
// ignored. Returns the length of the PNG at output(), or 0: longer than `limit_bytes`
// (noticed early), or wrong arguments.
EXPORT(encode) u32 encode(u32 width, u32 height, u32 tolerance, u32 limit_bytes) {
  if (!width || width != reserved_width || height != reserved_height) return 0;
  if (tolerance > MOST_TOLERANCE) return 0;
  picture.width = width;
  picture.height = height;
  picture.tolerance = tolerance;
  picture.rgba = input_start;
  picture.stride = 3 * width + 1;
  picture.last_filter = NONE;
  __builtin_memset(picture.pixels - SLACK, 0, 3 * width + 2 * SLACK);
  __builtin_memset(picture.above - SLACK, 0, 3 * width + 2 * SLACK);

  u8 *idat = write_start(output_start);
  u8 *data = idat + 8;
  *data++ = 0x78;  // zlib: deflate, 32 KiB window, "fastest"; RFC 1950
  *data++ = 0x01;
  forget_matches();
  deflate_begin(data, picture.stream, limit_bytes);
  u32 adler = 1;
  for (u32 y = 0; y < height; y++) {
    match_row(&picture, y, filter_row(&picture, y));
    if (deflate_failed()) return 0;
    adler = adler32(adler, picture.stream + (size_t)y * picture.stride, picture.stride);
    u8 *above = picture.above;
    picture.above = picture.pixels;
    picture.pixels = above;
  }
  data = write_word(deflate_end(), adler);
  if (deflate_failed()) return 0;
  u8 *end = write_chunk(write_chunk(idat, "IDAT", (u32)(data - idat - 8)), "IEND", 0);
  u32 size = (u32)(end - output_start);
  return size <= limit_bytes ? size : 0;
}
