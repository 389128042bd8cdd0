// Huffman codes for one picture (T.81 annex C), and writing with them.
#include "jpeg.h"

// A table as in the file: codes of each length from 1, and symbols in the order of their codes.
typedef struct {
  u8 counts[16], symbols[256];
  u32 symbol_count;
} Table;
static Table tables[2][2];  // DC and AC, by kind

// By symbol, the code with zeros where the bits that follow go << 5 | the length of it all.
static u32 codes[SYMBOLS];

static void make_table(Table *table, const u32 *counts, u32 symbols, u32 *codes) {
  u32 frequency[257] = {0};
  u8 length[257];
  u16 reversed[257];
  for (u32 s = 0; s < symbols; s++) frequency[s] = 2 * counts[s];
  // No code may be all ones. The last of the longest codes is: it goes to a symbol that does
  // not occur, the rarest and the last.
  frequency[256] = 1;
  build_code(frequency, 257, LONGEST, length, reversed);
  u32 code = 0, next = 0;
  for (u32 l = 1; l <= 16; l++, code <<= 1) {
    u32 first = next;
    for (u32 s = 0; s < symbols; s++)
      if (length[s] == l) {
        table->symbols[next++] = (u8)s;
        codes[s] = code++ << (s & 15) << 5 | (l + (s & 15));
      }
    table->counts[l - 1] = (u8)(next - first);
  }
  table->symbol_count = next;
}

void make_codes(const u32 *counts) {
  for (u32 kind = 0; kind < 2; kind++) {
    make_table(&tables[0][kind], counts + DC_SYMBOLS(kind), 16, codes + DC_SYMBOLS(kind));
    make_table(&tables[1][kind], counts + AC_SYMBOLS(kind), 256, codes + AC_SYMBOLS(kind));
  }
}

u8 *write_code_tables(u8 *to) {
  for (u32 class = 0; class < 2; class++)
    for (u32 kind = 0; kind < 2; kind++) {
      const Table *table = &tables[class][kind];
      *to++ = (u8)(class << 4 | kind);
      __builtin_memcpy(to, table->counts, 16);
      __builtin_memcpy(to + 16, table->symbols, table->symbol_count);
      to += 16 + table->symbol_count;
    }
  return to;
}

// A byte of ones must be followed by one of zeros, or it would begin a marker.
static u8 *write_stuffed(u8 *to, u64 bits, u32 count) {
  for (u32 i = 0; i < count; i++) {
    u8 byte = (u8)(bits >> (56 - 8 * i));
    *to++ = byte;
    if (byte == 0xff) *to++ = 0;
  }
  return to;
}

static inline u8 *write_eight(u8 *to, u64 bits) {
  v128_t word = wasm_i64x2_splat((int64_t)bits);
  word = wasm_i8x16_shuffle(word, word, 7, 6, 5, 4, 3, 2, 1, 0, 7, 6, 5, 4, 3, 2, 1, 0);
  if (wasm_v128_any_true(wasm_i8x16_eq(word, wasm_i8x16_splat(-1))))
    return write_stuffed(to, bits, 8);
  wasm_v128_store64_lane(to, word, 0);
  return to + 8;
}

u8 *write_tokens(u8 *to, const Strip *strip) {
  u64 bits = 0;
  u32 room = 64;  // bits to come until there are 64
  for (u32 i = 0; i < strip->token_count; i++) {
    u32 token = strip->tokens[i], code = codes[token >> 16], count = code & 31;
    u64 value = code >> 5 | (token & 0xffff);
    if (count < room) {
      bits = bits << count | value;
      room -= count;
    } else {
      u32 left = count - room;
      to = write_eight(to, bits << room | value >> left);
      bits = value;  // what was written of it gets shifted out in time
      room = 64 - left;
    }
  }
  u32 count = 64 - room;
  // Filled up with ones, T.81 F.1.2.3.
  return count ? write_stuffed(to, bits << room | ((1ull << room) - 1), (count + 7) / 8) : to;
}
