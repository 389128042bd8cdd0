// Where everything lies: one slot for each series of pictures that is kept, then what the
// present picture needs. Nothing is ever given back; a slot has room for the largest
// picture worth keeping, but memory that was never touched takes none.
#include "jpeg.h"

#define EXPORT(name) __attribute__((export_name(#name)))
#define PAGE 65536
#define SLOTS 3
#define MOST_PIXELS (1u << 26)
#define MOST_KEPT_PIXELS (3u << 19)
#define MOST_KEPT_SIDE 4096
// A kept picture: 4 bytes a pixel as it came; up to 3 compressed and their contexts, which
// add 10/16 of that (lossless) or 2/16 (tolerant, twice), or 6 of tokens; the rest is for what
// each row and each band adds.
#define SLOT_BYTES ((size_t)16 * MOST_KEPT_PIXELS + (2u << 20))

extern u8 __heap_base;
static Slot slots[SLOTS + 1];

Slot *slot;
u8 *incoming, *output_start, *index_start, *index_stream;
Picture picture;

static u8 *take(u8 **next, size_t size) {
  u8 *start = *next + SLACK;
  *next = (u8 *)(((size_t)start + size + SLACK + 15) & ~(size_t)15);
  return start;
}

static u8 *lay_out_store(Store *store, u8 *next, u32 width, u32 height, u32 look_back) {
  u32 bands = (height + BAND_ROWS - 1) / BAND_ROWS, rows = MIN(height, BAND_ROWS);
  size_t stride = (size_t)3 * width + 1, stream = stride * rows;
  // Blocks hold at least 4096 tokens and are never more than 16 bytes longer than stored ones.
  store->band_room = (u32)((stream + stream / 128 + 192 + 15) & ~(size_t)15);
  store->context_room = (u32)((stride * (1 + MIN(rows, look_back)) + 2 * SLACK) & ~(size_t)15);
  store->bands = (Band *)take(&next, bands * sizeof(Band));
  store->compressed = take(&next, (size_t)bands * store->band_room);
  store->contexts = take(&next, (size_t)bands * store->context_room);
  return next;
}

static u8 *lay_out_strips(u8 *next, u32 width, u32 height) {
  if (!can_be_jpeg(width, height)) return next;
  slot->strips = (Strip *)take(&next, UNITS(height) * sizeof(Strip));
  slot->tokens =
      (u32 *)take(&next, (size_t)UNITS(width) * UNITS(height) * UNIT_TOKENS * sizeof(u32));
  return next;
}

static u8 *lay_out_slot(u8 *next, u32 width, u32 height) {
  slot->width = width;
  slot->height = height;
  slot->pixels = take(&next, (size_t)4 * width * height);
  u8 *behind_strips = lay_out_strips(next, width, height);
  next = lay_out_store(&slot->stores[0], next, width, height, LOOK_BACK);
  for (u32 s = 1; s < TOLERANCES; s++)
    if (slot->kept)
      next = lay_out_store(&slot->stores[s], next, width, height, LOOK_BACK_TOLERANT);
    else
      slot->stores[s] = slot->stores[0];
  return MAX(next, behind_strips);
}

static void forget_slot(void) {
  u32 bands = (slot->height + BAND_ROWS - 1) / BAND_ROWS, strips = UNITS(slot->height);
  if (slot->format == JPEG)
    __builtin_memset(slot->strips, 0, strips * sizeof(Strip));
  else
    for (u32 s = 0; s < TOLERANCES; s++)
      __builtin_memset(slot->stores[s].bands, 0, bands * sizeof(Band));
}

void keep_as(u32 format) {
  if (slot->format == format) return;
  slot->format = format;
  forget_slot();
}

static u8 *lay_out_picture(u8 *next, u32 width, u32 height) {
  size_t row = (size_t)3 * width, stride = row + 1, pixels = (size_t)width * height;
  picture.width = width;
  picture.stride = (u32)stride;
  u32 rows = MIN(height, BAND_ROWS) + LOOK_BACK;
  picture.stream = take(&next, stride * rows) + stride * LOOK_BACK;
  picture.pixels = take(&next, row);
  picture.above = take(&next, row);
  picture.guide = take(&next, row);
  for (u32 g = 0; g < 4; g++) picture.same[g] = (u64 *)take(&next, 8 * (width / 16 + 2));
  for (u32 f = SUB; f <= PAETH; f++) picture.filtered[f] = take(&next, row);
  incoming = slot->kept ? take(&next, 4 * pixels) : slot->pixels;
  index_start = take(&next, pixels);
  index_stream = take(&next, pixels + height);
  size_t png_bytes = (stride + stride / 128 + 16) * height + 2048;
  size_t jpeg_bytes = HEADER_BYTES + UNITS(height) * (4 + UNITS(width) * UNIT_BYTES);
  output_start = take(&next, can_be_jpeg(width, height) ? MAX(png_bytes, jpeg_bytes) : png_bytes);
  return next;
}

// Makes room for a picture of series `number`, of which `fresh` tells that it begins anew;
// growing memory detaches earlier views of it. Returns where the pixels go, or 0: a side is
// 0, more than 2^26 pixels, or out of memory.
EXPORT(room) u8 *room(u32 number, bool fresh, u32 width, u32 height) {
  slot = NULL;
  if (!width || !height || (u64)width * height > MOST_PIXELS) return NULL;
  bool kept = number < SLOTS && width * height <= MOST_KEPT_PIXELS &&
              MAX(width, height) <= MOST_KEPT_SIDE;
  u8 *base = (u8 *)(((size_t)&__heap_base + 15) & ~(size_t)15);
  u8 *start = base + SLOT_BYTES * (kept ? number : SLOTS);
  slot = &slots[kept ? number : SLOTS];
  bool changed = fresh || !kept || width != slot->width || height != slot->height;
  slot->kept = kept;
  u8 *behind = lay_out_slot(start, width, height);
  u8 *next = lay_out_picture(kept ? base + SLOT_BYTES * SLOTS : behind, width, height);
  size_t pages = ((size_t)next + PAGE - 1) / PAGE, have = __builtin_wasm_memory_size(0);
  if (pages > have && __builtin_wasm_memory_grow(0, pages - have) == (size_t)-1) {
    slot->width = 0;
    slot = NULL;
    return NULL;
  }
  if (changed) forget_slot();
  return incoming;
}
