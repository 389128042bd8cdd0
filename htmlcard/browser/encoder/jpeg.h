// What the parts of the JPEG encoder share. `jpeg.c` holds the export, the file's segments and
// what is kept of the picture before. A row of units goes through `jpeg_units.c` (pixels to
// samples), `dct.c` (transform, quantize) and `jpeg_tokens.c` (what is to be written of it);
// `jpeg_codes.c` makes the codes and writes the bits; `likeness.c` tells beforehand what is
// lost. "T.81" is ITU-T T.81, the standard.
#pragma once
#include "encoder.h"

// A unit (T.81: MCU) is a square of 16 pixels: four blocks of brightness, then two of chroma at
// half the resolution, each 8 by 8. It takes at most 64 tokens a block.
#define UNIT 16
#define UNITS(pixels) (((pixels) + UNIT - 1) / UNIT)
#define BLOCKS 6
#define UNIT_TOKENS (64 * BLOCKS)

static inline bool can_be_jpeg(u32 width, u32 height) { return MAX(width, height) <= 65535; }

// Beyond qualities: even quantizers, from EVEN + 1 on.
#define EVEN 1000

// Blocks of brightness and of chroma have their own quantizers and codes.
enum { LUMA = 0, CHROMA = 1 };
#define KIND_OF(block) ((block) < 4 ? LUMA : CHROMA)

// Values by frequency, transposed: the horizontal one counts eightfold.
typedef struct {
  int16_t values[64];
  u64 nonzero;  // a bit for each value
} Block;

// A token is a symbol << 16 and the up to 11 bits that follow its code. The symbols of all
// tables are numbered through: AC by kind, then DC by kind.
#define AC_SYMBOLS(kind) (256 * (kind))
#define DC_SYMBOLS(kind) (512 + 16 * (kind))
#define SYMBOLS 544

// One row of units: its tokens, and how often each symbol occurs among them. `known`: they
// would come out the same today.
struct Strip {
  u32 *tokens;
  u32 token_count, counts[SYMBOLS];
  bool known;
};
typedef struct Strip Strip;

// No code is longer than LONGEST, of 16 bits that JPEG allows: the rest would save next to
// nothing. So a token takes at most LONGEST + 11 bits, and twice that if every byte is 0xff
// and needs a zero behind it. HEADER_BYTES are for all but the strips and their markers.
#define LONGEST 15
#define UNIT_BYTES (2 * UNIT_TOKENS * (LONGEST + 11) / 8)
#define HEADER_BYTES 1024

// jpeg.c
// Take the quantizers for this number, see `encode_jpeg`; false if there are none.
bool set_tables(u32 tables);

// jpeg_units.c: samples around zero, from the pixels `x` bytes along each of the 16 rows.
void read_unit(const u8 *const *rows, size_t x, u32 order, int16_t samples[BLOCKS][64]);

// dct.c
extern u8 quantizers[2][64];  // by kind, in zigzag order
extern const u8 zigzag[64];   // where the values of a block lie, by zigzag order
void set_quality(u32 quality);
// The same step for nearly all frequencies, 1 to 255: what noise looks like depends on all.
void set_even(u32 step);
void transform(const int16_t samples[64], u32 kind, Block *block);
// SSIM of a block of brightness and of what a decoder makes of it.
float block_likeness(const int16_t samples[64]);

// jpeg_tokens.c: `height` of the strip's 16 rows of pixels are real.
void prepare_tokens(void);
void make_tokens(Strip *strip, const u8 *pixels, u32 width, u32 height, u32 order);

// jpeg_codes.c
// The codes that suit these counts best.
void make_codes(const u32 *counts);
u8 *write_code_tables(u8 *output);  // as T.81 B.2.4.2 wants them, all four; returns the end
u8 *write_tokens(u8 *output, const Strip *strip);  // filled up to a whole byte
