// A PNG encoder for opaque pictures that runs in the page where they were drawn: 8-bit
// RGB, lossless or held within one step or two, or few colors. This file holds the steps and the
// files' chunks; `encoder.h` tells what is in the other files.
#include "encoder.h"

#define EXPORT(name) __attribute__((export_name(#name)))
// Signature, IHDR, IDAT's frame with zlib's, and IEND.
#define FRAME (8 + 25 + 12 + 2 + 4 + 12)
#define TRUECOLOR 2
#define INDEXED 3
// Bits a pixel that half as many colors save, with some to spare.
#define MOST_SAVED 1.2f

u8 *output_end;

EXPORT(output) u8 *output(void) { return output_start; }
EXPORT(output_size) u32 output_size(void) { return (u32)(output_end - output_start); }

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

static u8 *write_start(u8 *to, u8 color_type) {
  static const u8 signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  for (u32 i = 0; i < 8; i++) *to++ = signature[i];
  u8 *data = write_word(write_word(to + 8, slot->width), slot->height);
  // 8 bits, deflate, adaptive filters, not interlaced.
  const u8 kind[5] = {8, color_type, 0, 0, 0};
  for (u32 i = 0; i < 5; i++) data[i] = kind[i];
  return write_chunk(to, "IHDR", 13);
}

static u8 *write_zlib_start(u8 *to) {
  *to++ = 0x78;  // deflate, 32 KiB window, "fastest"; RFC 1950
  *to++ = 0x01;
  return to;
}

static void write_rest(u8 *idat, u8 *data, u32 adler) {
  data = write_word(data, adler);
  output_end = write_chunk(write_chunk(idat, "IDAT", (u32)(data - idat - 8)), "IEND", 0);
}

static void write_bands(const Store *store) {
  u8 *idat = write_start(output_start, TRUECOLOR);
  u8 *data = write_zlib_start(idat + 8);
  u32 adler = 1;
  for (u32 first = 0, i = 0; first < slot->height; first += BAND_ROWS, i++) {
    const Band *band = &store->bands[i];
    __builtin_memcpy(data, store->compressed + (size_t)i * store->band_room, band->size);
    data += band->size;
    adler = adler32_join(adler, band->adler,
                         MIN(BAND_ROWS, slot->height - first) * picture.stride);
  }
  write_rest(idat, data, adler);
}

// What is in the last room, lossless or with no channel off by more than `tolerance`, 1 or 2.
// Returns whether it is within `limit_bytes`; if not, there is no output.
EXPORT(encode_truecolor) bool encode_truecolor(u32 order, u32 tolerance, u32 limit_bytes) {
  if (!slot || order > BGRX || tolerance >= TOLERANCES) return false;
  take_over(order);
  if (limit_bytes < FRAME || !compress_bands(tolerance, limit_bytes - FRAME)) return false;
  write_bands(&slot->stores[tolerance]);
  return true;
}

static void encode_colors(u32 colors) {
  static Palette palette;
  choose_palette(&palette, colors);
  u8 *plte = write_start(output_start, INDEXED);
  for (u32 i = 0; i < palette.count; i++)
    for (u32 c = 0; c < 3; c++) plte[8 + 3 * i + c] = palette.rgb[i][c];
  u8 *idat = write_chunk(plte, "PLTE", 3 * palette.count);
  u32 adler;
  u8 *data = compress_indices(write_zlib_start(idat + 8), &adler);
  write_rest(idat, data, adler);
}

// With few colors: the most that fit of the numbers below. Returns that number, or 0.
EXPORT(encode_palette) u32 encode_palette(u32 order, u32 limit_bytes) {
  static const struct {
    u16 colors;
    float bits;
    // Photos mostly exceed the budget with 256, and nobody sees the difference.
  } steps[] = {{192, 7.585f}, {128, 7}, {96, 6.585f}, {64, 6},      {48, 5.585f},
               {40, 5.322f},  {32, 5},  {24, 4.585f}, {20, 4.322f}, {16, 4},
               {12, 3.585f},  {10, 3.322f}};
  if (!slot || order > BGRX) return 0;
  take_over(order);
  float bits_to_save = 0, bits = steps[0].bits;
  for (u32 i = 0; i < sizeof steps / sizeof *steps; i++) {
    // Half the colors save a bit a pixel where there is noise, and less elsewhere.
    if (MOST_SAVED * (bits - steps[i].bits) < bits_to_save) continue;
    encode_colors(steps[i].colors);
    if (output_size() <= limit_bytes) return steps[i].colors;
    bits = steps[i].bits;
    bits_to_save = 8 * (float)(output_size() - limit_bytes) / (float)(slot->width * slot->height);
  }
  return 0;
}
