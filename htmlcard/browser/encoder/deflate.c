// From tokens to deflate blocks (RFC 1951): dynamic codes, or stored where those would be
// longer, so that the output is never much larger than the stream. What the tokens are is
// decided in `match.c`.
#include "encoder.h"

#define BLOCK_TOKENS 16384
#define SPLIT_TOKENS 4096
#define STORED_MOST 65535
#define END_OF_BLOCK 256

// A token: three literals; or one, marked; or a match of length << 16 | distance - 1, marked.
#define MATCH 0x80000000u
#define SINGLE 0x40000000u
static u32 tokens[BLOCK_TOKENS], token_count;
// Where the tokens to be repeated begin and end; both NOWHERE once the block they were in is
// written, even if only some of them were. The end is NOWHERE until the first repeat, too.
#define NOWHERE UINT32_MAX
static u32 mark_start, mark_end;

static const u8 *block_start, *block_end;  // the part of the stream that the tokens stand for
static u8 *out;
static u64 bits;
static u32 bit_count;

static u32 literal_frequency[286], distance_frequency[30];
static u8 literal_length[286], distance_length[30];
static u16 literal_code[286], distance_code[30];

typedef struct {
  u32 symbol, extra_count, extra;
} Part;

static inline Part distance_part(u32 less_one) {
  if (less_one < 4) return (Part){less_one, 0, 0};
  u32 top = 31 - (u32)__builtin_clz(less_one);
  u32 extra_count = top - 1;
  return (Part){2 * top + (less_one >> extra_count & 1), extra_count,
                less_one & ((1u << extra_count) - 1)};
}

static inline Part length_part(u32 length) {
  if (length == 258) return (Part){285, 0, 0};
  u32 less_three = length - 3;
  if (less_three < 8) return (Part){257 + less_three, 0, 0};
  u32 top = 31 - (u32)__builtin_clz(less_three);
  u32 extra_count = top - 2;
  return (Part){257 + 4 * (top - 1) + (less_three >> extra_count & 3), extra_count,
                less_three & ((1u << extra_count) - 1)};
}

void deflate_begin(u8 *output, const u8 *stream) {
  out = output;
  block_start = block_end = stream;
  token_count = bit_count = 0;
  mark_start = mark_end = NOWHERE;
  bits = 0;
}

static inline void add_bits(u64 value, u32 count) {
  bits |= value << bit_count;
  bit_count += count;
}

static inline void flush_bits(void) {
  __builtin_memcpy(out, &bits, 8);
  out += bit_count >> 3;
  bits >>= bit_count & ~7u;
  bit_count &= 7;
}

static inline void write_bits(u64 value, u32 count) {
  add_bits(value, count);
  flush_bits();
}

// The two trees' code lengths, run-length coded as RFC 1951 section 3.2.7 wants them:
// 16 repeats the last length 3-6 times, 17 and 18 write 3-10 and 11-138 zeros.
typedef struct {
  u8 symbol[286 + 30], extra[286 + 30], length[19];
  u16 code[19];
  u32 count, literals, distances, order_count, bit_total;
} Header;

static const u8 header_order[19] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                    11, 4,  12, 3, 13, 2, 14, 1, 15};

static inline u32 header_extra_bits(u32 symbol) {
  return symbol < 16 ? 0 : symbol == 16 ? 2 : symbol == 17 ? 3 : 7;
}

static void make_header(Header *h) {
  u8 all[286 + 30];
  u32 frequency[19] = {0};
  h->literals = 286;
  while (!literal_length[h->literals - 1]) h->literals--;
  h->distances = 30;
  while (!distance_length[h->distances - 1]) h->distances--;
  u32 total = h->literals + h->distances;
  for (u32 i = 0; i < total; i++)
    all[i] = i < h->literals ? literal_length[i] : distance_length[i - h->literals];
  h->count = 0;
  for (u32 i = 0; i < total;) {
    u32 value = all[i], run = 1;
    while (i + run < total && all[i + run] == value) run++;
    u32 symbol = value, extra = 0, used = 1;
    if (!value && run >= 3) {
      used = MIN(run, 138);
      symbol = used < 11 ? 17 : 18;
      extra = used - (used < 11 ? 3 : 11);
    } else if (i && run >= 3 && all[i - 1] == value) {
      used = MIN(run, 6);
      symbol = 16;
      extra = used - 3;
    }
    h->symbol[h->count] = (u8)symbol;
    h->extra[h->count++] = (u8)extra;
    frequency[symbol]++;
    i += used;
  }
  build_code(frequency, 19, 7, h->length, h->code);
  h->order_count = 19;
  while (!h->length[header_order[h->order_count - 1]]) h->order_count--;
  h->bit_total = 3 + 14 + 3 * h->order_count;
  for (u32 s = 0; s < 19; s++) h->bit_total += frequency[s] * (h->length[s] + header_extra_bits(s));
}

static void write_header(const Header *h) {
  write_bits((h->literals - 257) | (h->distances - 1) << 5 | (h->order_count - 4) << 10, 14);
  for (u32 i = 0; i < h->order_count; i++) write_bits(h->length[header_order[i]], 3);
  for (u32 i = 0; i < h->count; i++) {
    u32 symbol = h->symbol[i];
    add_bits(h->code[symbol], h->length[symbol]);
    write_bits(h->extra[i], header_extra_bits(symbol));
  }
}

// Returns the extra bits of all matches.
static u64 count_symbols(void) {
  u64 extra_bits = 0;
  // Three literal tables, because the same symbol often comes three times in a row and
  // each count would wait for the one before.
  static u32 second[256], third[256];
  __builtin_memset(literal_frequency, 0, sizeof literal_frequency);
  __builtin_memset(distance_frequency, 0, sizeof distance_frequency);
  __builtin_memset(second, 0, sizeof second);
  __builtin_memset(third, 0, sizeof third);
  literal_frequency[END_OF_BLOCK] = 1;
  for (u32 i = 0; i < token_count; i++) {
    u32 token = tokens[i];
    if (token & MATCH) {
      Part length = length_part(token >> 16 & 511), distance = distance_part(token & 32767);
      literal_frequency[length.symbol]++;
      distance_frequency[distance.symbol]++;
      extra_bits += length.extra_count + distance.extra_count;
    } else {
      literal_frequency[token & 255]++;
      if (token & SINGLE) continue;
      second[token >> 8 & 255]++;
      third[token >> 16 & 255]++;
    }
  }
  for (u32 i = 0; i < 256; i++) literal_frequency[i] += second[i] + third[i];
  return extra_bits;
}

static void write_tokens(void) {
  for (u32 i = 0; i < token_count; i++) {
    u32 token = tokens[i];
    if (token & MATCH) {
      Part length = length_part(token >> 16 & 511), distance = distance_part(token & 32767);
      add_bits(literal_code[length.symbol], literal_length[length.symbol]);
      add_bits(length.extra, length.extra_count);
      add_bits(distance_code[distance.symbol], distance_length[distance.symbol]);
      add_bits(distance.extra, distance.extra_count);
    } else {
      u32 first = token & 255, second = token >> 8 & 255, third = token >> 16 & 255;
      add_bits(literal_code[first], literal_length[first]);
      if (!(token & SINGLE)) {
        add_bits(literal_code[second], literal_length[second]);
        add_bits(literal_code[third], literal_length[third]);
      }
    }
    flush_bits();
  }
  write_bits(literal_code[END_OF_BLOCK], literal_length[END_OF_BLOCK]);
}

static void write_stored(bool is_last) {
  const u8 *from = block_start;
  u32 left = (u32)(block_end - block_start);
  do {
    u32 part = MIN(left, STORED_MOST);
    left -= part;
    write_bits(is_last && !left, 3);
    if (bit_count) write_bits(0, 8 - bit_count);
    write_bits(part | (u64)(~part & 0xffff) << 16, 32);
    __builtin_memcpy(out, from, part);
    out += part;
    from += part;
  } while (left);
}

// Where the next part is to begin on a whole byte, blocks end there: by zeros at the end of
// the header's first list, three bits each, and by empty blocks of ten bits behind. The
// usual way, an empty stored block, takes more than four bytes. Returns the empty blocks.
static u32 align_block(Header *header, u32 end_bits) {
  u32 fewest = UINT32_MAX, best_zeros = 0, best_blocks = 0;
  for (u32 zeros = 0; header->order_count + zeros <= 19; zeros++)
    for (u32 blocks = 0; blocks < 4; blocks++) {
      u32 cost = 3 * zeros + 10 * blocks;
      if ((end_bits + cost) % 8 || cost >= fewest) continue;
      fewest = cost;
      best_zeros = zeros;
      best_blocks = blocks;
    }
  header->order_count += best_zeros;
  return fewest == UINT32_MAX ? UINT32_MAX : best_blocks;
}

static void write_block(bool is_last, bool aligned) {
  Header header;
  u64 size_bits = count_symbols();
  build_code(literal_frequency, 286, 15, literal_length, literal_code);
  build_code(distance_frequency, 30, 15, distance_length, distance_code);
  make_header(&header);
  for (u32 s = 0; s < 286; s++) size_bits += literal_frequency[s] * literal_length[s];
  for (u32 s = 0; s < 30; s++) size_bits += distance_frequency[s] * distance_length[s];
  size_bits += header.bit_total;
  u32 raw = (u32)(block_end - block_start);
  u64 stored = raw + 5 * (raw / STORED_MOST + 1);
  if (stored <= (size_bits + 7) / 8) {
    write_stored(is_last);
  } else {
    u32 empty = aligned ? align_block(&header, (u32)(bit_count + size_bits)) : 0;
    write_bits(is_last | 2 << 1, 3);
    write_header(&header);
    write_tokens();
    if (empty == UINT32_MAX) {
      block_start = block_end;
      write_stored(false);
    } else {
      for (; empty; empty--) write_bits(1 << 1, 10);
    }
  }
  block_start = block_end;
  token_count = 0;
  mark_start = mark_end = NOWHERE;
}

static inline void put(u32 token, u32 covers) {
  if (token_count == BLOCK_TOKENS) write_block(false, false);
  tokens[token_count++] = token;
  block_end += covers;
}

void put_byte(u32 value) { put(SINGLE | value, 1); }
void put_three(u32 bytes) { put(bytes & 0xffffff, 3); }
void put_match(u32 length, u32 distance) { put(MATCH | length << 16 | (distance - 1), length); }

void deflate_mark(void) {
  mark_start = token_count;
  mark_end = NOWHERE;
}

bool deflate_repeat(u32 covers) {
  if (mark_start == NOWHERE) return false;
  if (mark_end == NOWHERE) mark_end = token_count;
  u32 count = mark_end - mark_start;
  if (token_count + count > BLOCK_TOKENS) return false;
  for (u32 i = 0; i < count; i++) tokens[token_count++] = tokens[mark_start + i];
  block_end += covers;
  return true;
}

void deflate_split(void) {
  if (token_count >= SPLIT_TOKENS) write_block(false, false);
}

u8 *deflate_end(bool is_last) {
  write_block(is_last, !is_last);
  if (bit_count) write_bits(0, 8 - bit_count);
  return out;
}
