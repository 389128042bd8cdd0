// Huffman codes of limited length, numbered as deflate wants them (RFC 1951, section 3.2.2).
// Of the lengths `jpeg_codes.c` makes use, too.
#include "encoder.h"

#define MOST 286

// Moffat and Katajainen, "In-Place Calculation of Minimum-Redundancy Codes" (1995):
// rising weights go in, falling code lengths come out, in the same array.
static void weights_to_depths(u32 *a, int n) {
  int leaf = 0, root = 0;
  for (int next = 0; next < n - 1; next++) {
    u32 sum = 0;
    for (int side = 0; side < 2; side++) {
      if (leaf >= n || (root < next && a[root] < a[leaf])) {
        sum += a[root];
        a[root++] = (u32)next;
      } else {
        sum += a[leaf++];
      }
    }
    a[next] = sum;
  }
  a[n - 2] = 0;
  for (int next = n - 3; next >= 0; next--) a[next] = a[a[next]] + 1;
  int available = 1, used = 0, next = n - 1;
  u32 depth = 0;
  root = n - 2;
  while (available > 0) {
    while (root >= 0 && a[root] == depth) {
      used++;
      root--;
    }
    while (available > used) {
      a[next--] = depth;
      available--;
    }
    available = 2 * used;
    depth++;
    used = 0;
  }
}

static u32 sort_symbols(const u32 *frequency, u32 count, u32 *weight, u16 *symbol) {
  u32 used = 0;
  for (u32 s = 0; s < count; s++)
    if (frequency[s]) {
      weight[used] = frequency[s];
      symbol[used++] = (u16)s;
    }
  for (u32 s = 0; used < 2; s++)
    if (!frequency[s]) {
      weight[used] = 1;
      symbol[used++] = (u16)s;
    }
  for (u32 gap = 57; gap; gap = gap == 57 ? 23 : gap == 23 ? 10 : gap == 10 ? 4 : gap == 4)
    for (u32 i = gap; i < used; i++) {
      u32 w = weight[i], j = i;
      u16 s = symbol[i];
      for (; j >= gap && weight[j - gap] > w; j -= gap) {
        weight[j] = weight[j - gap];
        symbol[j] = symbol[j - gap];
      }
      weight[j] = w;
      symbol[j] = s;
    }
  return used;
}

// Put codes that are too long at the limit, then lengthen shorter ones until the tree fits.
static void limit_depths(u32 *per_length, u32 max_length) {
  u32 taken = 0;
  for (u32 l = 1; l <= max_length; l++) taken += per_length[l] << (max_length - l);
  for (; taken > 1u << max_length; taken--) {
    per_length[max_length]--;
    u32 l = max_length - 1;
    while (!per_length[l]) l--;
    per_length[l]--;
    per_length[l + 1] += 2;
  }
}

void build_code(const u32 *frequency, u32 count, u32 max_length, u8 *length, u16 *code) {
  u32 weight[MOST], per_length[16] = {0};
  u16 symbol[MOST];
  u32 used = sort_symbols(frequency, count, weight, symbol);
  weights_to_depths(weight, (int)used);
  for (u32 i = 0; i < used; i++) per_length[MIN(weight[i], max_length)]++;
  limit_depths(per_length, max_length);

  for (u32 s = 0; s < count; s++) length[s] = 0;
  u32 rank = used, next[16], first = 0;
  for (u32 l = 1; l <= max_length; l++) {
    next[l] = first;
    first = (first + per_length[l]) << 1;
    for (u32 i = 0; i < per_length[l]; i++) length[symbol[--rank]] = (u8)l;
  }
  for (u32 s = 0; s < count; s++)
    if (length[s]) {
      u32 reversed = 0, value = next[length[s]]++;
      for (u32 i = 0; i < length[s]; i++) reversed |= (value >> i & 1) << (length[s] - 1 - i);
      code[s] = (u16)reversed;
    }
}
