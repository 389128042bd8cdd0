// What the parts of the PNG encoder share; `slots.c` (the memory) and `huffman.c` serve the
// JPEG encoder as well, which `jpeg.h` tells about. `png.c` holds the exports and writes files.
// A truecolor picture goes through `bands.c`, `rows.c` (filters) and `match.c` (finding
// repeats); one of few colors through `palette.c` (which colors), `nearest.c` (which color for
// a pixel) and `indexed.c` (its rows); `smooth.c` tells which pictures that would spoil. Both
// end in `deflate.c` (bits), which stands on `huffman.c`. Freestanding: there is no libc below.
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

// Two 16-bit numbers, four times.
static inline v128_t pair(int16_t low, int16_t high) {
  return wasm_i32x4_splat((int32_t)((u32)(u16)low | (u32)(u16)high << 16));
}

// Every buffer has this many spare bytes on both sides, so that 16-byte loads and stores
// may run over a row's end.
#define SLACK 64

// Rows that are compressed together, and rows before them that matches may reach back to:
// eight for the dithering of gradients, and one since it may be shifted. With a tolerance
// one is enough, and the fewer they are the sooner a change has no more consequences.
#define BAND_ROWS 16
#define LOOK_BACK 9
#define LOOK_BACK_TOLERANT 1
// Tolerances there are: 0 (lossless), 1 and 2.
#define TOLERANCES 3

// PNG filter types, PNG specification section 9.2.
enum { NONE = 0, SUB = 1, UP = 2, AVERAGE = 3, PAETH = 4 };

// Where red, green and blue stand in a pixel of the input; the fourth byte is ignored.
enum { RGBX = 0, BGRX = 1 };

// A band as it was compressed last. `known`: it would come out the same today.
typedef struct {
  u32 size, adler;
  bool known;
  bool alone;  // what is above the band has no influence on it
  bool sure;   // `known`, and certain to stay so in the present run
} Band;

// The bands of one tolerance. A band's context is what the next one may look at: the last
// row as a decoder sees it, then the last rows of the stream.
typedef struct {
  Band *bands;
  u8 *compressed, *contexts;
  u32 band_room, context_room;
} Store;

// What the picture of a slot was encoded as last.
enum { PNG = 0, JPEG = 1 };

// A picture and what is known of its bands: of a series of pictures, the latest. `stores`
// (PNG) and `strips` (JPEG) share their memory, so one of them is empty.
typedef struct {
  u32 width, height, order, format;
  u8 *pixels;
  Store stores[TOLERANCES];  // by tolerance; one and the same where nothing is kept
  struct Strip *strips;
  u32 *tokens;  // of the strips
  u32 tables;  // and which quantizers they were made with
  bool kept;
} Slot;

// The row being written, and what it is written from.
typedef struct {
  u32 width, tolerance, order;
  u32 stride;         // 3 * width + 1
  const u8 *input;    // the whole picture, 4 bytes a pixel
  u8 *stream;         // what deflate compresses: the band's rows, a filter byte and 3 bytes a pixel
  u32 look_back;      // rows that lie in front of `stream`
  u8 *pixels;         // the row, RGB as in the picture
  u8 *above;          // the row above as a decoder will see it (zeros for the first one)
  u8 *guide;          // what stands in for `above` when a filter is chosen
  u8 *filtered[5];    // the row under each filter, by filter type
  u32 last_filter;
  u64 *same[4];       // per 16 pixels: which are like a neighbor, bit 3 k for the k-th
  bool same_known;    // `same` is of the present row, which is lossless
  bool settled;       // `pixels` holds what was written above, so the tolerance is used up
  bool dithered;      // the row may repeat itself or others eight pixels on
  float literal_bits; // what a byte of the present row may cost on its own
} Picture;

// Neighbors in `same`: the pixel before, above, and above to either side.
enum { SAME_LEFT, SAME_ABOVE, SAME_ABOVE_LEFT, SAME_ABOVE_RIGHT };
#define EVERY_PIXEL 0x249249249249ull

// slots.c
extern Slot *slot;      // of the last room
extern u8 *incoming;    // where the caller puts the picture
extern u8 *output_start;
extern u8 *index_start;   // a byte a pixel, for few colors
extern u8 *index_stream;  // the same as deflate gets it
extern Picture picture;
// From now on the slot keeps bands of that format, beginning with none if it was the other.
void keep_as(u32 format);


// png.c
extern u8 *output_end;

// bands.c
// Copy what differs, if anything does; returns whether.
bool replace(u8 *to, const u8 *from, size_t count);
// Take over what was put into the room, and forget the bands it changes.
void take_over(u32 order);
// Have all bands compressed; false if the file would exceed `limit_bytes`, without having
// done more than it takes to know.
bool compress_bands(u32 tolerance, u32 limit_bytes);

// rows.c: choose the filter of row `y` of the picture, row `in_band` of its band; unless it
// is NONE, also write its bytes to the stream and leave in `pixels` what a decoder will see.
u32 filter_row(Picture *picture, u32 y, u32 in_band);
void read_row(const Picture *picture, u32 y, u8 *rgb);

// match.c
void forget_matches(u32 band_bytes);
// Compress row `y` of the stream. A NONE row is taken from `pixels` and written to the
// stream here, because with a tolerance it is the matches that decide what it holds.
void match_row(Picture *picture, u32 in_band, u32 filter);

// deflate.c: tokens in, compressed bytes out.
void deflate_begin(u8 *output, const u8 *stream);
void put_byte(u32 value);
void put_three(u32 bytes);  // three literals, the first in the low byte
void put_match(u32 length, u32 distance);
// Put what was put since the mark once more, right after it or after its repeats; false if
// that is no longer at hand.
void deflate_mark(void);
bool deflate_repeat(u32 covers);
void deflate_split(void);        // what follows is of another kind: a new block may pay
u8 *deflate_end(bool is_last);  // where the output ends: on a whole byte, the last block marked

// palette.c
typedef struct {
  u32 count, plain_count;
  u8 rgb[256][4];
  u32 plain[16];    // packed as in the input: these very colors have an entry of their own
  u8 plain_at[16];  // which
} Palette;

// Choose at most `colors` for the picture, dark to bright, and leave each pixel's at
// index_start.
void choose_palette(Palette *palette, u32 colors);

// indexed.c: compress the indices to `output`; returns its end.
u8 *compress_indices(u8 *output, u32 *adler);

// huffman.c: code lengths (0 = unused) and bit-reversed codes for `count` <= 286 symbols.
// At least two symbols get a code: some decoders refuse a tree of one.
void build_code(const u32 *frequency, u32 count, u32 max_length, u8 *length, u16 *code);

// checksums.c
u32 adler32(u32 adler, const u8 *data, u32 count);
// Of two parts one after the other, each begun with 1; the second has `count` bytes.
u32 adler32_join(u32 first, u32 second, u32 count);
u32 crc32(const u8 *data, u32 count);
