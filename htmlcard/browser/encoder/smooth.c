// Whether a picture is smooth, as gradients are. Few colors would show as bands in it, and a
// larger tolerance makes it small; with a photo, that is tried in vain.
#include "filters.h"

#define EXPORT(name) __attribute__((export_name(#name)))
#define ROWS_APART 13
// A pixel is a surprise if it is further than this from the ones before and above.
#define STEP 2
// A picture is smooth with at most one surprise in so many pixels. Gradients have one in 25 with
// large letters on them; a photo, even beside a gradient, has one in 10.
#define SMOOTH_SHARE 16

// Lanes of the pixels of which a channel is further off than STEP.
static inline v128_t far_pixels(v128_t pixels, v128_t guess) {
  v128_t far = wasm_u8x16_gt(difference(pixels, guess), wasm_i8x16_splat(STEP));
  return wasm_i32x4_ne(wasm_v128_and(far, wasm_i32x4_splat(0x00ffffff)), wasm_i32x4_splat(0));
}

// Of the picture that was encoded last as a PNG.
EXPORT(is_smooth) bool is_smooth(void) {
  if (!slot) return false;
  u32 looked = 0, surprises = 0;
  size_t row = (size_t)4 * slot->width;
  for (u32 y = 1; y < slot->height; y += ROWS_APART) {
    const u8 *pixels = slot->pixels + y * row;
    for (u32 x = 1; x + 4 <= slot->width; x += 4, looked += 4) {
      const u8 *at = pixels + (size_t)4 * x;
      v128_t here = wasm_v128_load(at), left = wasm_v128_load(at - 4);
      v128_t above = wasm_v128_load(at - row);
      v128_t far = wasm_v128_and(far_pixels(here, left), far_pixels(here, above));
      surprises += (u32)__builtin_popcount(wasm_i32x4_bitmask(far));
    }
  }
  return surprises * (u64)SMOOTH_SHARE <= looked;
}
