// The rows of a picture of few colors: a filter for each, then runs and what repeats the row
// above. Photos gain by filters, since the palette is sorted; plain areas stay unfiltered.
#include "filters.h"

#define LONGEST 258
#define WINDOW 32768
// Shorter ones are worth less than the literals they replace, whose codes are short.
#define SHORTEST_RUN 5
#define SHORTEST_REPEAT 6
// An unfiltered pixel that nothing tells.
#define PLAIN_BITS 8

// What a filter leaves of a row: zeros, and the sum of the others' magnitudes.
typedef struct {
  v128_t sums, zeros;
  u32 sum, zero;
} Rest;

static void add_up(Rest *rest) {
  v128_t wide = wasm_u32x4_extadd_pairwise_u16x8(rest->sums);
  for (u32 lane = 0; lane < 4; lane++) {
    rest->sum += (u32)wasm_i32x4_extract_lane(wide, 0);
    wide = wasm_i32x4_shuffle(wide, wide, 1, 2, 3, 0);
  }
  rest->zero += sum_bytes(rest->zeros);
  rest->sums = rest->zeros = wasm_i32x4_splat(0);
}

// Fills the rows of all filters and returns the one that promises to be smallest. Both rows
// have a zero in front.
static u32 choose_filter(const Picture *p, u32 last) {
  u32 width = p->width, padded = (width + 15) & ~15u, best = NONE;
  Rest rests[5] = {0};
  for (u32 x = 0; x < width; x += 16) {
    v128_t here = wasm_v128_load(p->pixels + x), left = wasm_v128_load(p->pixels + x - 1);
    v128_t above = wasm_v128_load(p->above + x), corner = wasm_v128_load(p->above + x - 1);
    v128_t real = first_lanes(width - x);
    for (u32 f = SUB; f <= PAETH; f++) {
      Rest *r = &rests[f];
      v128_t rest =
          wasm_v128_and(wasm_i8x16_sub(here, guess_of(f, left, above, corner)), real);
      wasm_v128_store(p->filtered[f] + x, rest);
      r->sums = wasm_i16x8_add(r->sums, wasm_u16x8_extadd_pairwise_u8x16(wasm_i8x16_abs(rest)));
      r->zeros = wasm_i8x16_sub(r->zeros, wasm_i8x16_eq(rest, wasm_i8x16_splat(0)));
      // 16-bit sums hold 255 steps of 2 * 128, the 8-bit counts 255 of 1.
      if (x % (16 * 240) == 16 * 239 || x + 16 >= width) add_up(r);
    }
  }
  // Unfiltered, a pixel that is like the one before or above costs next to nothing, unless
  // it is where a repeat ends.
  u32 likely = padded - MAX(rests[SUB].zero, rests[UP].zero);
  float fewest = PLAIN_BITS * (float)likely * (last == NONE ? 1.0f : 1.1f);
  for (u32 f = SUB; f <= PAETH; f++) {
    u32 nonzero = padded - rests[f].zero;
    float bits = estimate_bits(width, nonzero, MAX(rests[f].sum, nonzero));
    if (f != last) bits *= 1.03f;
    if (bits >= fewest) continue;
    fewest = bits;
    best = f;
  }
  return best;
}

static u32 equal_bytes(v128_t a, v128_t b) { return (u32)wasm_i8x16_bitmask(wasm_i8x16_eq(a, b)); }

static u32 repeat_length(const u8 *at, u32 distance, u32 most) {
  u32 length = 0, same = 0xffff;
  for (; length < most && same == 0xffff; length += (u32)__builtin_ctz(~same))
    same = equal_bytes(wasm_v128_load(at + length), wasm_v128_load(at + length - distance));
  return MIN(length, most);
}

static void put_bytes(const u8 *bytes, u32 count) {
  for (; count >= 3; count -= 3, bytes += 3) put_three(bytes[0] | bytes[1] << 8 | bytes[2] << 16);
  for (; count; count--) put_byte(*bytes++);
}

// Bit k: `mask` is set from bit k on for `count` bits, as far as it goes.
static inline u32 long_ones(u32 mask, u32 count) {
  mask |= 0xffff0000;
  for (u32 done = 1; done < count; done++) mask &= (u32)((int32_t)mask >> 1);
  return mask & 0xffff;
}

static void match_bytes(const u8 *row, u32 stride, bool plain) {
  u32 i = 1, done = 0;
  while (i < stride) {
    const u8 *at = row + i;
    u32 hopeful = long_ones(equal_bytes(wasm_v128_load(at), wasm_v128_load(at - 1)), SHORTEST_RUN);
    if (plain)
      hopeful |= long_ones(equal_bytes(wasm_v128_load(at), wasm_v128_load(at - stride)),
                           SHORTEST_REPEAT);
    if (!hopeful) {
      i += 16;
      continue;
    }
    i += (u32)__builtin_ctz(hopeful);
    if (i >= stride) break;
    u32 most = MIN(stride - i, LONGEST), distance = 1, length = repeat_length(row + i, 1, most);
    if (plain) {
      u32 repeat = repeat_length(row + i, stride, most);
      if (repeat > length + 3) {
        length = repeat;
        distance = stride;
      }
    }
    if (length < (distance == 1 ? SHORTEST_RUN : SHORTEST_REPEAT)) {
      i++;
      continue;
    }
    put_bytes(row + done, i - done);
    put_match(length, distance);
    done = i += length;
  }
  put_bytes(row + done, stride - done);
}

u8 *compress_indices(u8 *output, u32 *adler) {
  Picture *p = &picture;
  u32 width = slot->width, stride = width + 1, last = NONE;
  u8 *rows[2] = {p->pixels, p->above}, *row = index_stream;
  for (u32 i = 0; i < 2; i++) __builtin_memset(rows[i] - SLACK, 0, width + 2 * SLACK);
  deflate_begin(output, index_stream);
  for (u32 y = 0; y < slot->height; y++, row += stride) {
    __builtin_memcpy(p->pixels, index_start + (size_t)y * width, width);
    u32 filter = choose_filter(p, last);
    row[0] = (u8)filter;
    __builtin_memcpy(row + 1, filter == NONE ? p->pixels : p->filtered[filter], width);
    if ((filter == NONE) != (last == NONE)) deflate_split();
    match_bytes(row, stride, y && filter == NONE && stride <= WINDOW);
    last = filter;
    u8 *above = p->above;
    p->above = p->pixels;
    p->pixels = above;
  }
  *adler = adler32(1, index_stream, stride * slot->height);
  return deflate_end(true);
}
