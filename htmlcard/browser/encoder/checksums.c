// The two checksums of a PNG: Adler-32 over what was compressed (RFC 1950), CRC-32 over
// each chunk (PNG specification, annex D). Both are a real share of a flat card's time.
#include "encoder.h"

#define ADLER_MODULUS 65521
// Largest count for which 32 bits cannot overflow (RFC 1950 implementations' NMAX), in 16s.
#define ADLER_RUN 5536

u32 adler32(u32 adler, const u8 *data, u32 count) {
  u32 a = adler & 0xffff, b = adler >> 16;
  const v128_t falling = wasm_i8x16_make(16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1);
  const v128_t weight_low = wasm_u16x8_extend_low_u8x16(falling);
  const v128_t weight_high = wasm_u16x8_extend_high_u8x16(falling);
  while (count) {
    u32 run = MIN(count, ADLER_RUN), wide = run & ~15u;
    v128_t sums = wasm_i32x4_splat(0), prefixes = sums, weighted = sums;
    for (u32 i = 0; i < wide; i += 16) {
      v128_t bytes = wasm_v128_load(data + i);
      prefixes = wasm_i32x4_add(prefixes, sums);
      sums = wasm_i32x4_add(
          sums, wasm_u32x4_extadd_pairwise_u16x8(wasm_u16x8_extadd_pairwise_u8x16(bytes)));
      weighted = wasm_i32x4_add(
          weighted, wasm_i32x4_dot_i16x8(wasm_u16x8_extend_low_u8x16(bytes), weight_low));
      weighted = wasm_i32x4_add(
          weighted, wasm_i32x4_dot_i16x8(wasm_u16x8_extend_high_u8x16(bytes), weight_high));
    }
    u32 s[4], p[4], w[4];
    wasm_v128_store(s, sums);
    wasm_v128_store(p, prefixes);
    wasm_v128_store(w, weighted);
    b = (b + a * wide + 16 * (p[0] + p[1] + p[2] + p[3]) + w[0] + w[1] + w[2] + w[3]) %
        ADLER_MODULUS;
    a += s[0] + s[1] + s[2] + s[3];
    for (u32 i = wide; i < run; i++) {
      a += data[i];
      b += a;
    }
    a %= ADLER_MODULUS;
    b %= ADLER_MODULUS;
    data += run;
    count -= run;
  }
  return b << 16 | a;
}

u32 adler32_join(u32 first, u32 second, u32 count) {
  u32 a = first & 0xffff, b = first >> 16;
  u32 before = (a + ADLER_MODULUS - 1) % ADLER_MODULUS;
  b = (u32)((b + (second >> 16) + (u64)before * (count % ADLER_MODULUS)) % ADLER_MODULUS);
  return b << 16 | (before + (second & 0xffff)) % ADLER_MODULUS;
}

static u32 crc_table[8][256];

static void fill_crc_table(void) {
  for (u32 byte = 0; byte < 256; byte++) {
    u32 value = byte;
    for (u32 bit = 0; bit < 8; bit++) value = value & 1 ? value >> 1 ^ 0xedb88320u : value >> 1;
    crc_table[0][byte] = value;
  }
  for (u32 step = 1; step < 8; step++)
    for (u32 byte = 0; byte < 256; byte++) {
      u32 before = crc_table[step - 1][byte];
      crc_table[step][byte] = before >> 8 ^ crc_table[0][before & 255];
    }
}

u32 crc32(const u8 *data, u32 count) {
  if (!crc_table[0][1]) fill_crc_table();
  u32 crc = 0xffffffffu;
  for (; count >= 8; count -= 8, data += 8) {
    u64 eight;
    __builtin_memcpy(&eight, data, 8);
    eight ^= crc;
    crc = 0;
    for (u32 i = 0; i < 8; i++) crc ^= crc_table[7 - i][eight >> 8 * i & 255];
  }
  for (; count; count--, data++) crc = crc >> 8 ^ crc_table[0][(crc ^ *data) & 255];
  return ~crc;
}
