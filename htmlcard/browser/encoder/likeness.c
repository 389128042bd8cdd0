// How much of a picture a JPEG would lose, told without making one: SSIM of its blocks, which
// the transform has at hand. Noise is where that is low, at a quality that does for all else.
#include "jpeg.h"

#define EXPORT(name) __attribute__((export_name(#name)))
// One unit of so many is looked at, on a slanting lattice, where there are enough of them.
#define ONE_OF 16
#define SLANT 5
#define ENOUGH_UNITS 1024

static float unit_likeness(const u8 *corner, size_t row, u32 order) {
  static int16_t samples[BLOCKS][64];
  const u8 *rows[UNIT];
  for (u32 y = 0; y < UNIT; y++) rows[y] = corner + y * row;
  read_unit(rows, 0, order, samples);
  float sum = 0;
  for (u32 i = 0; i < 4; i++) sum += block_likeness(samples[i]);
  return sum / 4;
}

// What the picture in the last room is like as a JPEG with these quantizers (see
// `encode_jpeg`): mean SSIM of a sample, within 0.02 of the true one. 0 for other arguments.
EXPORT(estimate_likeness) float estimate_likeness(u32 order, u32 tables) {
  if (!slot || order > BGRX || !set_tables(tables)) return 0;
  u32 across = slot->width / UNIT, down = slot->height / UNIT, count = 0;
  u32 one_of = (u64)across * down < ENOUGH_UNITS ? 1 : ONE_OF;
  size_t row = (size_t)4 * slot->width;
  float sum = 0;
  for (u32 y = 0; y < down; y++)
    for (u32 x = 0; x < across; x++) {
      if ((x + SLANT * y) % one_of) continue;
      sum += unit_likeness(incoming + y * UNIT * row + (size_t)4 * UNIT * x, row, order);
      count++;
    }
  return count ? sum / (float)count : 1;
}
