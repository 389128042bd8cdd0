// A baseline JPEG encoder (ITU-T T.81, JFIF 1.01) for the pictures the PNG encoder next door
// gets: 4:2:0, codes made for the picture. Each row of units is a restart interval. So what is
// to be written of one depends on its own pixels alone, and is kept as tokens for the next
// picture; only the codes that stand for tokens depend on the whole picture.
#include "jpeg.h"

#define EXPORT(name) __attribute__((export_name(#name)))

// T.81 table B.1.
enum {
  SOF0 = 0xc0,
  DHT = 0xc4,
  RST0 = 0xd0,
  SOI = 0xd8,
  EOI = 0xd9,
  SOS = 0xda,
  DQT = 0xdb,
  DRI = 0xdd,
  APP0 = 0xe0
};

static u8 *write_two(u8 *to, u32 value) {
  *to++ = (u8)(value >> 8);
  *to++ = (u8)value;
  return to;
}

static u8 *write_marker(u8 *to, u32 marker) { return write_two(to, 0xff00 | marker); }

// A segment whose data is already in its place, four bytes behind `start`.
static u8 *write_segment(u8 *start, u32 marker, u8 *end) {
  write_two(write_marker(start, marker), (u32)(end - start) - 2);
  return end;
}

static u8 *write_bytes(u8 *to, const u8 *bytes, u32 count) {
  __builtin_memcpy(to, bytes, count);
  return to + count;
}

static u8 *write_quantizers(u8 *to) {
  for (u32 kind = 0; kind < 2; kind++) {
    *to++ = (u8)kind;
    to = write_bytes(to, quantizers[kind], 64);
  }
  return to;
}

static u8 *write_frame(u8 *to) {
  // Number, sampling factors and quantizers of brightness and the two chroma channels.
  static const u8 components[10] = {3, 1, 0x22, LUMA, 2, 0x11, CHROMA, 3, 0x11, CHROMA};
  *to++ = 8;
  to = write_two(write_two(to, slot->height), slot->width);
  return write_bytes(to, components, sizeof components);
}

static u8 *write_start(u8 *to) {
  static const u8 jfif[14] = {'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0};
  // The codes of each component, DC and AC; then all 64 frequencies at full precision.
  static const u8 scan[10] = {3, 1, 0x11 * LUMA, 2, 0x11 * CHROMA, 3, 0x11 * CHROMA, 0, 63, 0};
  to = write_marker(to, SOI);
  to = write_segment(to, APP0, write_bytes(to + 4, jfif, sizeof jfif));
  to = write_segment(to, DQT, write_quantizers(to + 4));
  to = write_segment(to, SOF0, write_frame(to + 4));
  to = write_segment(to, DHT, write_code_tables(to + 4));
  to = write_segment(to, DRI, write_two(to + 4, UNITS(slot->width)));
  return write_segment(to, SOS, write_bytes(to + 4, scan, sizeof scan));
}

static u32 strip_count(void) { return UNITS(slot->height); }

// Takes over what was put into the room, and brings the strips it changes up to date.
static void update_strips(u32 order, u32 tables) {
  bool all = !slot->kept || slot->order != order || slot->tables != tables;
  slot->order = order;
  slot->tables = tables;
  size_t row = (size_t)4 * slot->width;
  for (u32 i = 0; i < strip_count(); i++) {
    Strip *strip = &slot->strips[i];
    u32 rows = MIN(UNIT, slot->height - i * UNIT);
    u8 *pixels = slot->pixels + i * UNIT * row;
    if (slot->kept && replace(pixels, incoming + i * UNIT * row, rows * row)) strip->known = false;
    if (strip->known && !all) continue;
    strip->tokens = slot->tokens + (size_t)i * UNITS(slot->width) * UNIT_TOKENS;
    make_tokens(strip, pixels, slot->width, rows, order);
    strip->known = true;
  }
}

static void make_codes_of_strips(void) {
  static u32 counts[SYMBOLS];
  __builtin_memset(counts, 0, sizeof counts);
  for (u32 i = 0; i < strip_count(); i++)
    for (u32 s = 0; s < SYMBOLS; s++) counts[s] += slot->strips[i].counts[s];
  make_codes(counts);
}

bool set_tables(u32 tables) {
  if (tables > EVEN && tables <= EVEN + 255) set_even(tables - EVEN);
  else if (tables && tables <= 100) set_quality(tables);
  else return false;
  return true;
}

// What is in the last room, with the quantizers of `tables`: a quality of 1 to 100 as in
// libjpeg, or EVEN and a step. Returns whether it can be done: a JPEG's sides are at most 65535.
EXPORT(encode_jpeg) bool encode_jpeg(u32 order, u32 tables) {
  if (!slot || order > BGRX || !can_be_jpeg(slot->width, slot->height)) return false;
  if (!set_tables(tables)) return false;
  keep_as(JPEG);
  prepare_tokens();
  update_strips(order, tables);
  make_codes_of_strips();
  u8 *to = write_start(output_start);
  for (u32 i = 0; i < strip_count(); i++) {
    if (i) to = write_marker(to, RST0 + (i - 1) % 8);
    to = write_tokens(to, &slot->strips[i]);
  }
  output_end = write_marker(to, EOI);
  return true;
}
