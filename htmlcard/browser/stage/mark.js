// Puts a row of squares into the top left corner of the page, for one screenshot; without colors
// takes them away. A screenshot that shows them shows this very frame, and not one before.
globalThis.markPage = (squarePx, colors) => {
  document.getElementById("mark")?.remove();
  if (colors.length === 0) return;
  const mark = document.createElement("div");
  mark.id = "mark";
  mark.style.cssText = "position:fixed;left:0;top:0;z-index:2147483647;display:flex";
  for (const color of colors) {
    const square = document.createElement("div");
    const hex = color.toString(16).padStart(6, "0");
    square.style.cssText = `width:${squarePx}px;height:${squarePx}px;background:#${hex}`;
    mark.append(square);
  }
  document.body.append(mark);
};
