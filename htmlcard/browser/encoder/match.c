// Finding repeats, a row at a time and in whole pixels. With a tolerance a repeat may be
// off by that much, which is what takes the dithering out of gradients: a match writes the
// bytes it copies, so errors never add up. Filters are next door in `rows.c`.
#include "encoder.h"

#define WINDOW 32768
#define LONGEST 258
#define HASH_BITS 14

// Where six bytes were seen last, and the time before. Positions count on from band to
// band, so that the bands before need not be cleared away: theirs are below `origin`.
static u32 seen[1 << HASH_BITS][2], origin, origin_next;

void forget_matches(u32 band_bytes) {
  if (origin_next > UINT32_MAX - band_bytes) {
    __builtin_memset(seen, 0, sizeof seen);
    origin_next = 0;
  }
  origin = origin_next;
  origin_next += band_bytes;
}

static inline u32 hash_of(const u8 *pixels) {
  u64 word;
  __builtin_memcpy(&word, pixels, 8);
  return (u32)((word << 16) * 0x9e3779b97f4a7c15ull >> (64 - HASH_BITS));
}

static inline void remember(const u8 *stream, const u8 *at) {
  u32 *bucket = seen[hash_of(at)], position = origin + (u32)(at - stream);
  if (bucket[0] == position) return;
  bucket[1] = bucket[0];
  bucket[0] = position;
}

static inline u32 agreeing_bytes(v128_t a, v128_t b, v128_t allowed) {
  v128_t apart = wasm_v128_or(wasm_u8x16_sub_sat(a, b), wasm_u8x16_sub_sat(b, a));
  u32 wrong = wasm_i8x16_bitmask(wasm_u8x16_gt(apart, allowed));
  return (u32)__builtin_ctz(wrong | 0x10000);
}

static inline u32 match_length(const u8 *wanted, const u8 *there, u32 most, v128_t allowed) {
  u32 length = 0;
  while (length < most) {
    u32 step = agreeing_bytes(wasm_v128_load(wanted + length), wasm_v128_load(there + length),
                              allowed);
    length += step;
    if (step < 16) break;
  }
  return MIN(length, most);
}

// As match_length, where `there` is the one pixel before, over and over.
static inline u32 run_length(const u8 *wanted, const u8 *pixel, u32 most, v128_t allowed) {
  v128_t color = wasm_v128_load32_zero(pixel);
  const v128_t phase[3] = {
      wasm_i8x16_swizzle(color, wasm_i8x16_make(0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0)),
      wasm_i8x16_swizzle(color, wasm_i8x16_make(1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1)),
      wasm_i8x16_swizzle(color, wasm_i8x16_make(2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2))};
  u32 length = 0;
  for (u32 turn = 0; length < most; turn = turn == 2 ? 0 : turn + 1) {
    u32 step = agreeing_bytes(wasm_v128_load(wanted + length), phase[turn], allowed);
    length += step;
    if (step < 16) break;
  }
  return MIN(length, most);
}

typedef struct {
  u32 length, distance, bits;
} Match;

static inline u32 bits_of(u32 distance) {
  return 8 + (distance < 4 ? 0 : 30 - (u32)__builtin_clz(distance));
}

// Fewest bits per pixel wins.
static inline void consider(Match *best, u32 length, u32 distance, u32 shortest) {
  length -= length % 3;
  u32 bits = bits_of(distance);
  if (length < (distance == 3 ? 3 : shortest) || length * best->bits <= best->length * bits) return;
  *best = (Match){length, distance, bits};
}

typedef struct {
  const Picture *picture;
  u8 *row;           // in the stream
  const u8 *wanted;  // what the row should hold, within the tolerance
  u32 reach;         // bytes before the row that may be copied, at most WINDOW
  v128_t allowed;
  bool lossy, filtered;
  bool plain_above;  // the row above is in reach and unfiltered
  u32 last[2];       // distances of late
  u32 shortest;      // length from which a match from afar may pay
} Search;

// What most attempts come to, told at once: the first six bytes are not the same.
static inline bool differs_at_once(const u8 *wanted, const u8 *there) {
  u64 a, b;
  __builtin_memcpy(&a, wanted, 8);
  __builtin_memcpy(&b, there, 8);
  return (a ^ b) << 16;
}

static inline void try_distance(const Search *s, Match *best, u32 i, u32 distance, u32 most) {
  if (distance > MIN(s->reach + i, WINDOW) || !distance) return;
  if (!s->lossy && differs_at_once(s->wanted + i, s->row + i - distance)) return;
  // A tolerant match copies bytes that are written already, never its own.
  if (s->lossy) most = MIN(most, distance);
  u32 length = match_length(s->wanted + i, s->row + i - distance, most, s->allowed);
  consider(best, length, distance, s->shortest);
}

static inline bool is_new_color(const u8 *wanted, const u8 *before) {
  u32 a, b;
  __builtin_memcpy(&a, wanted, 4);
  __builtin_memcpy(&b, before, 4);
  return (a ^ b) << 8;
}

// As match_length, told by what is known of the row's pixels from byte `i` on.
static inline u32 known_length(const u64 *same, u32 i, u32 most) {
  u32 x = i / 3, at = x % 16, pixels = 16 - at;
  u64 gaps = (~same[x / 16] & EVERY_PIXEL) >> 3 * at;
  if (gaps) return MIN((u32)__builtin_ctzll(gaps), most);
  for (x = x / 16 + 1; 3 * pixels < most; x++, pixels += 16) {
    gaps = ~same[x] & EVERY_PIXEL;
    if (gaps) return MIN(3 * pixels + (u32)__builtin_ctzll(gaps), most);
  }
  return most;
}

static inline u32 run_from(const Search *s, u32 i, u32 most) {
  if (s->picture->same_known) return known_length(s->picture->same[SAME_LEFT], i, most);
  if (!s->lossy && is_new_color(s->wanted + i, s->row + i - 3)) return 0;
  return run_length(s->wanted + i, s->row + i - 3, most, s->allowed);
}

static inline void try_above(const Search *s, Match *best, u32 i, u32 most) {
  const Picture *p = s->picture;
  u32 stride = p->stride;
  if (p->same_known && s->plain_above) {
    consider(best, known_length(p->same[SAME_ABOVE], i, most), stride, s->shortest);
    consider(best, known_length(p->same[SAME_ABOVE_RIGHT], i, most), stride - 3, s->shortest);
    consider(best, known_length(p->same[SAME_ABOVE_LEFT], i, most), stride + 3, s->shortest);
  } else {
    try_distance(s, best, i, stride, most);
    try_distance(s, best, i, stride - 3, most);
    try_distance(s, best, i, stride + 3, most);
  }
}

static Match find_match(const Search *s, u32 i, u32 most) {
  Match best = {0, 0, 1};
  const u8 *wanted = s->wanted + i;
  if (i >= 4) consider(&best, run_from(s, i, most), 3, s->shortest);
  if (best.length >= most - 2) return best;
  u32 stride = s->picture->stride;
  if (!s->filtered) {
    try_distance(s, &best, i, s->last[0], most);
    if (best.length >= most - 2) return best;
    try_distance(s, &best, i, s->last[1], most);
    try_above(s, &best, i, most);
    try_distance(s, &best, i, stride - 6, most);
    if (s->picture->dithered) {  // the dithering of gradients repeats every 8 pixels
      try_distance(s, &best, i, 24, most);
      try_distance(s, &best, i, 8 * stride, most);
      try_distance(s, &best, i, 8 * stride - 24, most);
      try_distance(s, &best, i, 8 * stride + 24, most);
    }
  }
  // In photos, six equal residuals are few and worth little beside the time to find them.
  if (most >= 6 && !(s->filtered && s->picture->literal_bits > 3.0f)) {
    const u32 *bucket = seen[hash_of(wanted)];
    u32 here = origin + (u32)(s->row + i - s->picture->stream);
    for (u32 k = 0; k < 2; k++)
      if (bucket[k] > origin && here - bucket[k] != 3)
        try_distance(s, &best, i, here - bucket[k], most);
  }
  return best;
}

// A pixel that nothing matches. With a tolerance, a small step away from the pixel before
// goes only as far as it must, so that the new value lasts longer in a gradient.
static inline void use_literal(Search *s, u32 i) {
  const u8 *wanted = s->wanted + i;
  u32 t = s->picture->tolerance, rgb = 0;
  for (u32 c = 0; c < 3; c++) {
    u32 value = wanted[c];
    if (s->lossy && i >= 4) {
      u32 before = s->row[i - 3 + c];
      if (value > before && value - before <= 2 * t)
        value = value - before <= t ? before : value - t;
      else if (before > value && before - value <= 2 * t)
        value = before - value <= t ? before : value + t;
    }
    rgb |= value << 8 * c;
    if (s->lossy) s->row[i + c] = (u8)value;
  }
  put_three(rgb);
}

static inline void use_match(Search *s, u32 i, Match m) {
  put_match(m.length, m.distance);
  u8 *to = s->row + i;
  if (s->lossy)
    for (u32 k = 0; k < m.length; k++) to[k] = to[(int)k - (int)m.distance];
  if (m.distance != 3 && m.distance != s->last[0]) {
    s->last[1] = s->last[0];
    s->last[0] = m.distance;
  }
}

// What was put for a row does for the next one if both are like the row above, all three in
// this band, and nothing was copied from further up. `farthest`: the row's largest distance.
static u32 farthest;

static bool repeat_settled(const Picture *p, u8 *row, u32 in_band) {
  static bool settled_before;
  bool repeats = p->settled && settled_before && in_band > 1 && farthest <= p->stride;
  settled_before = p->settled;
  if (repeats) {
    row[0] = NONE;
    if (deflate_repeat(p->stride)) return true;
  }
  deflate_mark();
  farthest = 0;
  return false;
}

void match_row(Picture *p, u32 in_band, u32 filter) {
  static u32 last[2];
  if (!in_band) last[0] = last[1] = 0;
  size_t start = (size_t)in_band * p->stride, behind = start + (size_t)p->look_back * p->stride;
  Search s = {.picture = p,
              .row = p->stream + start,
              .reach = (u32)MIN(behind, WINDOW),
              .filtered = filter != NONE,
              .lossy = filter == NONE && p->tolerance && !p->settled,
              .last = {last[0], last[1]},
              .shortest = (u32)MAX(6.0f, 8.0f / p->literal_bits)};
  s.allowed = wasm_i8x16_splat(s.lossy ? (int8_t)p->tolerance : 0);
  s.wanted = s.lossy ? p->pixels - 1 : s.row;
  s.plain_above = !s.filtered && behind && !s.row[-(int)p->stride] && p->stride + 3 <= WINDOW;
  if (filter == NONE && !s.lossy) __builtin_memcpy(s.row + 1, p->pixels, 3 * p->width);
  if (repeat_settled(p, s.row, in_band)) return;

  u32 i = 1, misses = 0, same = 0;
  if (s.plain_above)
    same = match_length(s.wanted + 1, s.row + 1 - p->stride, MIN(p->stride - 1, LONGEST - 3),
                        s.allowed);
  same -= same % 3;
  if (same >= 3) {
    put_match(same + 1, p->stride);
    if (s.lossy) __builtin_memcpy(s.row + 1, s.row + 1 - p->stride, same);
    i += same;
  } else {
    put_byte(filter);
  }
  while (i < p->stride) {
    u32 most = MIN(p->stride - i, LONGEST);
    Match m = find_match(&s, i, most);
    if (m.length) {
      farthest = MAX(farthest, m.distance);
      use_match(&s, i, m);
      misses = 0;
    } else {
      use_literal(&s, i);
      m.length = 3;
      misses = MIN(misses + 1, 64);
    }
    if (i >= 4) remember(p->stream, s.row + i - 3);
    if (m.length >= 6) remember(p->stream, s.row + i);
    i += m.length;
    if (m.length > 6) remember(p->stream, s.row + i - 6);
    // In noise a search is wasted: after many misses, skip some.
    for (u32 skip = misses / 16; skip && i < p->stride; skip--, i += 3) use_literal(&s, i);
  }
  last[0] = s.last[0];
  last[1] = s.last[1];
  if (s.lossy) __builtin_memcpy(p->pixels, s.row + 1, 3 * p->width);
}
