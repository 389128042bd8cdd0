// A picture is compressed in bands, and those that would come out as they did for the
// picture before are not compressed again. What a band comes out as depends on its pixels,
// on the pixels of LOOK_BACK rows above, and on the context the band above leaves: nothing
// else is carried over. All of it is compared byte for byte.
#include "encoder.h"

static u32 band_count(void) { return (slot->height + BAND_ROWS - 1) / BAND_ROWS; }

static u32 band_rows(u32 band) { return MIN(BAND_ROWS, slot->height - band * BAND_ROWS); }

static bool equal(const u8 *a, const u8 *b, size_t count) {
  size_t i = 0;
  for (; i + 64 <= count; i += 64) {
    v128_t change = wasm_i32x4_splat(0);
    for (u32 part = 0; part < 64; part += 16)
      change = wasm_v128_or(
          change, wasm_v128_xor(wasm_v128_load(a + i + part), wasm_v128_load(b + i + part)));
    if (wasm_v128_any_true(change)) return false;
  }
  for (; i < count; i++)
    if (a[i] != b[i]) return false;
  return true;
}

bool replace(u8 *to, const u8 *from, size_t count) {
  if (equal(to, from, count)) return false;
  __builtin_memcpy(to, from, count);
  return true;
}

static void forget_band(u32 band) {
  if (band < band_count())
    for (u32 s = 0; s < TOLERANCES; s++) slot->stores[s].bands[band].known = false;
}

void take_over(u32 order) {
  keep_as(PNG);
  bool all = !slot->kept || slot->order != order;
  slot->order = order;
  size_t row = (size_t)4 * slot->width;
  for (u32 band = 0; band < band_count(); band++) {
    u32 rows = band_rows(band), upper = rows > LOOK_BACK ? rows - LOOK_BACK : 0;
    size_t start = (size_t)band * BAND_ROWS * row, lower = start + upper * row;
    bool changed = all, below_too = all;
    if (slot->kept) {
      changed |= replace(slot->pixels + start, incoming + start, upper * row);
      below_too |= replace(slot->pixels + lower, incoming + lower, (rows - upper) * row);
    }
    if (changed || below_too) forget_band(band);
    if (below_too) forget_band(band + 1);
  }
}

static u32 look_back(u32 tolerance) { return tolerance ? LOOK_BACK_TOLERANT : LOOK_BACK; }

// Puts what the band above left in its place: `above`, and the rows in front of the stream.
static void load_context(const Store *store, u32 band) {
  Picture *p = &picture;
  u32 row = 3 * p->width;
  if (!band) {
    p->look_back = 0;
    __builtin_memset(p->above, 0, row);
    return;
  }
  const u8 *context = store->contexts + (size_t)(band - 1) * store->context_room;
  p->look_back = MIN(look_back(p->tolerance), band_rows(band - 1));
  size_t size = (size_t)p->look_back * p->stride;
  __builtin_memcpy(p->above, context, row);
  __builtin_memcpy(p->stream - size, context + row, size);
}

// Returns whether the context is another than before.
static bool save_context(Store *store, u32 band) {
  const Picture *p = &picture;
  u8 *context = store->contexts + (size_t)band * store->context_room;
  u32 row = 3 * p->width, rows = band_rows(band), look = MIN(look_back(p->tolerance), rows);
  bool changed = replace(context, p->above, row);
  changed |= replace(context + row, p->stream + (size_t)(rows - look) * p->stride,
                     (size_t)look * p->stride);
  return changed;
}

static void compress_band(Store *store, u32 band) {
  Picture *p = &picture;
  Band *b = &store->bands[band];
  u32 first = band * BAND_ROWS, rows = band_rows(band);
  u8 *start = store->compressed + (size_t)band * store->band_room;
  load_context(store, band);
  b->known = b->alone = false;
  p->last_filter = NONE;
  forget_matches(rows * p->stride);
  deflate_begin(start, p->stream);
  for (u32 y = 0; y < rows; y++) {
    u8 *held = p->above, *guide = p->guide;
    // With a tolerance the first row's filter is judged by what the row above was before it
    // was held: if it turns out SUB, the band depends on its own pixels alone, and a change
    // further up ends here.
    if (p->tolerance && !y && band) read_row(p, first - 1, p->guide);
    else p->guide = p->above;
    u32 filter = filter_row(p, first + y, y);
    p->guide = guide;
    if (p->tolerance && !y && filter != NONE) {
      b->alone = true;
      p->look_back = 0;
    }
    match_row(p, y, filter);
    p->above = p->pixels;
    p->pixels = held;
  }
  b->size = (u32)(deflate_end(first + rows == slot->height) - start);
  b->adler = adler32(1, p->stream, rows * p->stride);
  if (save_context(store, band) && first + rows < slot->height) b[1].known = false;
  b->known = true;
}

// Marks the known bands that no band above can change any more, and returns their bytes. The
// lossless rows, and so the context they leave, do not depend on the context they had.
static u64 find_sure_bands(Store *store, u32 tolerance) {
  u64 total = 0;
  for (u32 i = 0; i < band_count(); i++) {
    Band *band = &store->bands[i], *above = band - 1;
    band->sure =
        band->known && (!i || (tolerance ? band->alone || above->sure : above->known));
    if (band->sure) total += band->size;
  }
  return total;
}

bool compress_bands(u32 tolerance, u32 limit_bytes) {
  Store *store = &slot->stores[tolerance];
  picture.tolerance = tolerance;
  picture.order = slot->order;
  picture.input = slot->pixels;
  u8 *rows[3] = {picture.pixels, picture.above, picture.guide};
  for (u32 i = 0; i < 3; i++) __builtin_memset(rows[i] - SLACK, 0, 3 * slot->width + 2 * SLACK);
  if (!slot->kept)
    for (u32 i = 0; i < band_count(); i++) forget_band(i);
  u64 total = find_sure_bands(store, tolerance);
  for (u32 i = 0; i < band_count() && total <= limit_bytes; i++) {
    Band *band = &store->bands[i];
    if (band->sure) continue;
    if (!band->known) compress_band(store, i);
    total += band->size;
  }
  return total <= limit_bytes;
}
