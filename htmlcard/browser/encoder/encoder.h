// What the parts of the PNG encoder share. `png.c` calls `rows.c` (filters), `match.c`
// (finding repeats) and `deflate.c` (bits), which stands on `huffman.c`; `checksums.c`
// is used at both ends. Freestanding: there is no libc below this.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wasm_simd128.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

// Every buffer has this many spare bytes on both sides, so that 16-byte loads and stores
// may run over a row's end.
#define SLACK 64

// PNG filter types, PNG specification section 9.2.
enum { NONE = 0, SUB = 1, UP = 2, AVERAGE = 3, PAETH = 4 };

typedef struct {
  u32 width, height, tolerance;
  const u8 *rgba;
  u8 *stream;       // what deflate compresses: per row a filter byte and 3 bytes a pixel
  u32 stride;       // 3 * width + 1
  u8 *pixels;       // the row being written, RGB as in the picture
  u8 *above;        // the row above as a decoder will see it (zeros for the first one)
  u8 *filtered[5];  // the row under each filter, by filter type
  u32 last_filter;
  bool settled;  // `pixels` holds what was written above, so the tolerance is used up
  float literal_bits;  // what a byte of the present row may cost on its own
} Picture;

// rows.c: choose row `y`'s filter; unless it is NONE, also write its bytes to the stream
// and leave in `pixels` what a decoder will see.
u32 filter_row(Picture *picture, u32 y);

// match.c
void forget_matches(void);
// Compress row `y` of the stream. A NONE row is taken from `pixels` and written to the
// stream here, because with a tolerance it is the matches that decide what it holds.
void match_row(Picture *picture, u32 y, u32 filter);

// deflate.c: tokens in, compressed bytes out.
void deflate_begin(u8 *output, const u8 *stream, u32 limit_bytes);
void put_byte(u32 value);
void put_pixel(u32 rgb);  // three literals, the first in the low byte
void put_match(u32 length, u32 distance);
void deflate_split(void);  // the statistics change here: a new block may pay
bool deflate_failed(void);  // the limit is broken
u8 *deflate_end(void);  // where the output ends

// huffman.c: code lengths (0 = unused) and bit-reversed codes for `count` <= 286 symbols.
// At least two symbols get a code: some decoders refuse a tree of one.
void build_code(const u32 *frequency, u32 count, u32 max_length, u8 *length, u16 *code);

// checksums.c
u32 adler32(u32 adler, const u8 *data, u32 count);
u32 crc32(const u8 *data, u32 count);
