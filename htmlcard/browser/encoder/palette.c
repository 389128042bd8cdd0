// Few colors, chosen so that brightness survives: eyes see shapes in brightness first.
// Boxes of sampled colors are split, in a YCbCr space with chroma pulled together, until
// there are enough; colors of plain areas are kept exactly. Finding each pixel's color is
// next door in `nearest.c`, writing them in `indexed.c`.
#include "palette.h"

#define SAMPLE_PIXELS 60000
#define MOST_CELLS 65535

// Plain areas are pixels like those above and left of them; one color must fill 1 part in
// PLAIN_SHARE of what was looked at. At most a fourth of the palette goes to them.
#define PLAIN_SAMPLES 32768
#define PLAIN_SHARE 333
#define PLAIN_BITS 16
#define PLAIN_MOST 60000

typedef struct {
  u32 count, sum[3];  // of the sampled pixels: RGB
  int16_t at[4];      // their mean: brightness and chroma in quarters of a step
} Cell;

typedef struct {
  u32 start, end, axis;
  double spread;  // what a split can win
  float mean[3];
} Box;

static u16 cell_number[CELLS];
static Cell cells[MOST_CELLS];
static u32 cell_count;
static u16 sorted[MOST_CELLS];

static inline u32 color_at(u32 x, u32 y) {
  u32 word;
  __builtin_memcpy(&word, slot->pixels + ((size_t)y * slot->width + x) * 4, 4);
  return word & 0xffffff;
}

static inline u32 channel(u32 color, u32 c) {
  return color >> 8 * (slot->order == BGRX ? 2 - c : c) & 255;
}

static void find_plain_colors(Palette *palette, u32 colors) {
  static u32 key[1 << PLAIN_BITS], count[1 << PLAIN_BITS];
  __builtin_memset(count, 0, sizeof count);
  u32 width = slot->width, height = slot->height, looked = 0, most = MIN(colors / 4, 16);
  u32 step = MAX(7, (u32)((u64)width * height / PLAIN_SAMPLES)), best[16] = {0};
  palette->plain_count = 0;
  // Columns differ from row to row, so that no upright line is missed or overrated.
  for (u32 y = 1, x = 1; y < height; y++, x = 1 + x % step)
    for (; x < width && looked < PLAIN_MOST; x += step, looked++) {
      u32 color = color_at(x, y);
      if (color != color_at(x - 1, y) || color != color_at(x, y - 1)) continue;
      u32 at = color * 0x9e3779b1u >> (32 - PLAIN_BITS);
      while (count[at] && key[at] != color) at = (at + 1) % (1 << PLAIN_BITS);
      key[at] = color;
      count[at]++;
    }
  for (u32 at = 0; at < 1 << PLAIN_BITS; at++) {
    if (!count[at] || count[at] * PLAIN_SHARE < looked) continue;
    u32 place = palette->plain_count;
    if (place < most) palette->plain_count++;
    else if (count[at] <= best[place - 1]) continue;
    else place--;
    for (; place && best[place - 1] < count[at]; place--) {
      best[place] = best[place - 1];
      palette->plain[place] = palette->plain[place - 1];
    }
    best[place] = count[at];
    palette->plain[place] = key[at];
  }
}

static bool is_plain(const Palette *palette, u32 color) {
  for (u32 i = 0; i < palette->plain_count; i++)
    if (palette->plain[i] == color) return true;
  return false;
}

static int16_t quarters(float value) { return (int16_t)((int)(4 * value + 2048.5f) - 2048); }

static void weigh_color(const float *rgb, float weight, int16_t *place) {
  float y = 0.299f * rgb[0] + 0.587f * rgb[1] + 0.114f * rgb[2];
  place[0] = quarters(y);
  place[1] = quarters(weight * 0.564f * (rgb[2] - y));
  place[2] = quarters(weight * 0.713f * (rgb[0] - y));
  place[3] = 0;
}

// Every so many pixels each way, sorted into cells; colors that have their entry are left out.
static void sample(const Palette *palette, float weight) {
  u32 width = slot->width, height = slot->height, step = 1;
  while ((u64)width * height > (u64)SAMPLE_PIXELS * step * step) step++;
  __builtin_memset(cell_number, 0, sizeof cell_number);
  cell_count = 0;
  for (u32 y = 0; y < height; y += step)
    for (u32 x = 0; x < width; x += step) {
      u32 color = color_at(x, y);
      if (is_plain(palette, color)) continue;
      u32 cell = (u32)wasm_i32x4_extract_lane(cells_of(wasm_u32x4_splat(color), slot->order), 0);
      if (!cell_number[cell]) {
        if (cell_count == MOST_CELLS) continue;
        cells[cell_count] = (Cell){0};
        cell_number[cell] = (u16)++cell_count;
      }
      Cell *c = &cells[cell_number[cell] - 1];
      c->count++;
      for (u32 k = 0; k < 3; k++) c->sum[k] += channel(color, k);
    }
  for (u32 i = 0; i < cell_count; i++) {
    float mean[3];
    for (u32 k = 0; k < 3; k++) mean[k] = (float)cells[i].sum[k] / (float)cells[i].count;
    weigh_color(mean, weight, cells[i].at);
    sorted[i] = (u16)i;
  }
}

static void measure(Box *box) {
  double count = 0, sum[3] = {0}, squares[3] = {0};
  for (u32 i = box->start; i < box->end; i++) {
    const Cell *c = &cells[sorted[i]];
    count += c->count;
    for (u32 k = 0; k < 3; k++) {
      double part = (double)c->count * c->at[k];
      sum[k] += part;
      squares[k] += part * c->at[k];
    }
  }
  box->spread = 0;
  for (u32 k = 0; k < 3; k++) {
    double spread = squares[k] - sum[k] * sum[k] / count;
    box->mean[k] = (float)(sum[k] / count);
    if (spread <= box->spread) continue;
    box->spread = spread;
    box->axis = k;
  }
}

// Cells up to the mean stay, the others become a box of their own; false if there are none.
static bool split(Box *box, Box *other) {
  u32 low = box->start, high = box->end;
  while (low < high) {
    u16 cell = sorted[low];
    if ((float)cells[cell].at[box->axis] <= box->mean[box->axis]) {
      low++;
    } else {
      sorted[low] = sorted[--high];
      sorted[high] = cell;
    }
  }
  if (low == box->start || low == box->end) return false;
  *other = (Box){.start = low, .end = box->end};
  box->end = low;
  measure(box);
  measure(other);
  return true;
}

static u32 split_boxes(Box *boxes, u32 most) {
  if (!cell_count) return 0;
  u32 count = 1;
  boxes[0] = (Box){.start = 0, .end = cell_count};
  measure(&boxes[0]);
  while (count < most) {
    Box *widest = boxes;
    for (u32 i = 1; i < count; i++)
      if (boxes[i].spread > widest->spread) widest = &boxes[i];
    if (widest->spread <= 0) break;
    if (split(widest, &boxes[count])) count++;
    else widest->spread = 0;
  }
  return count;
}

// Each box's entry is the mean of the cells that are nearer to it than to any other box.
static void add_mean_colors(Palette *palette, const Box *boxes, u32 count) {
  static int16_t places[256][4];
  static u32 sums[256][4];
  __builtin_memset(sums, 0, sizeof sums);
  for (u32 i = 0; i < count; i++)
    for (u32 k = 0; k < 3; k++)
      places[i][k] = (int16_t)((int)(boxes[i].mean[k] + 2048.5f) - 2048);
  set_entries(places, count);
  for (u32 i = 0; i < cell_count; i++) {
    u32 *sum = sums[find_nearest(cells[i].at)];
    for (u32 k = 0; k < 3; k++) sum[k] += cells[i].sum[k];
    sum[3] += cells[i].count;
  }
  for (u32 i = 0; i < count; i++) {
    if (!sums[i][3]) continue;
    for (u32 k = 0; k < 3; k++)
      palette->rgb[palette->count][k] = (u8)((sums[i][k] + sums[i][3] / 2) / sums[i][3]);
    palette->count++;
  }
}

static u32 brightness(const u8 *rgb) { return 299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2]; }

// Dark to bright: neighbors differ little, which filters make use of.
static void sort_entries(Palette *palette) {
  for (u32 i = 1; i < palette->count; i++) {
    u8 entry[4];
    u32 at = i, bright;
    __builtin_memcpy(entry, palette->rgb[i], 4);
    bright = brightness(entry);
    for (; at && brightness(palette->rgb[at - 1]) > bright; at--)
      __builtin_memcpy(palette->rgb[at], palette->rgb[at - 1], 4);
    __builtin_memcpy(palette->rgb[at], entry, 4);
  }
}

void choose_palette(Palette *palette, u32 colors) {
  static Box boxes[256];
  // The fewer the colors, the less may go to chroma.
  float weight = colors >= 96 ? 0.3f : colors >= 48 ? 0.2f : 0.15f;
  palette->count = 0;
  find_plain_colors(palette, colors);
  sample(palette, weight);
  add_mean_colors(palette, boxes, split_boxes(boxes, colors - palette->plain_count));
  for (u32 i = 0; i < palette->plain_count; i++) {
    u8 *rgb = palette->rgb[palette->count++];
    for (u32 k = 0; k < 3; k++) rgb[k] = (u8)channel(palette->plain[i], k);
  }
  sort_entries(palette);
  for (u32 i = 0; i < palette->plain_count; i++)
    for (u32 e = 0; e < palette->count; e++) {
      bool same = true;
      for (u32 k = 0; k < 3; k++) same &= palette->rgb[e][k] == channel(palette->plain[i], k);
      if (same) palette->plain_at[i] = (u8)e;
    }
  static int16_t places[256][4];
  for (u32 e = 0; e < palette->count; e++) {
    float rgb[3] = {palette->rgb[e][0], palette->rgb[e][1], palette->rgb[e][2]};
    weigh_color(rgb, weight, places[e]);
  }
  set_entries(places, palette->count);
  map_pixels(palette, weight);
}
