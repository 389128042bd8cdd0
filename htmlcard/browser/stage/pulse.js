// A tiny true draw: one pixel of a color that nobody could guess, painted and read back; and a spot
// in the page, so that the frame which comes with it has something to show. Leaves no trace.
globalThis.pulse = (color) => {
  const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  context.fillStyle = `#${color.toString(16).padStart(6, "0")}`;
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
  markPage(1, [color]);
  return (red << 16) | (green << 8) | blue;
};
