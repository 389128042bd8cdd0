"""The WebAssembly module itself: its bounds, and that the committed file is its sources."""

from __future__ import annotations

import asyncio
import base64
import shutil
import subprocess
from importlib.resources import as_file, files
from pathlib import Path

import pytest
from encoder_pictures import make_picture
from playwright.async_api import Page

FOLDER = files("htmlcard.browser.encoder")

# Encodes in a fresh instance; answers the file, the exports' names, and whether memory was
# touched outside the output: the input, and everything from the output's bound upwards.
RUN = """([wasm, pixels, width, height, step, slot]) => {
  const module = new WebAssembly.Module(Uint8Array.fromBase64(wasm));
  const {memory, room, encode_truecolor, encode_palette, encode_jpeg, output, output_size} =
    new WebAssembly.Instance(module).exports;
  const input = Uint8Array.fromBase64(pixels), start = room(slot, 1, width, height) >>> 0;
  const stride = 3 * width + 1;
  const units = (pixels) => Math.ceil(pixels / 16);
  const most = step === "jpeg" ? 1024 + units(height) * (4 + units(width) * 2496)
    : (stride + (stride >> 7) + 16) * height + 2048;
  const behind = output() + most;
  new Uint8Array(memory.buffer).set(input, start);
  new Uint8Array(memory.buffer).fill(0xa5, behind);
  if (step === "jpeg") encode_jpeg(0, 100);
  else if (step === "palette") encode_palette(0, 0xffffffff);
  else encode_truecolor(0, step, 0xffffffff);
  const now = new Uint8Array(memory.buffer);
  return {
    file: now.slice(output(), output() + output_size()).toBase64(),
    exports: WebAssembly.Module.exports(module).map((item) => item.name).sort(),
    imports: WebAssembly.Module.imports(module).length,
    input_kept: input.every((value, i) => value === now[start + i]),
    rest_kept: now.subarray(behind).every((value) => value === 0xa5),
  };
}"""


async def run(
    page: Page, wasm: bytes, kind: str, step: int | str, slot: int = 3
) -> dict[str, object]:
    pixels = base64.b64encode(make_picture(kind, 333, 150).tobytes()).decode("ascii")
    module = base64.b64encode(wasm).decode("ascii")
    result: dict[str, object] = await page.evaluate(RUN, [module, pixels, 333, 150, step, slot])
    return result


@pytest.mark.browser
@pytest.mark.parametrize("kind", ["noise", "photo", "gradient", "black_and_white"])
@pytest.mark.parametrize("step", [0, 1, 2, "palette", "jpeg"])
@pytest.mark.parametrize("slot", [0, 3])
async def test_nothing_is_written_outside_the_buffers(
    encoder_page: Page, kind: str, step: int | str, slot: int
) -> None:
    """WebAssembly traps at the end of its memory, but not at the end of a buffer; noise
    fills the output as far as it ever gets."""
    result = await run(encoder_page, (FOLDER / "png.wasm").read_bytes(), kind, step, slot)
    assert result["input_kept"]
    assert result["rest_kept"]
    assert result["imports"] == 0


@pytest.mark.browser
@pytest.mark.skipif(
    not (shutil.which("clang") and shutil.which("wasm-ld") and shutil.which("make")),
    reason="rebuilding png.wasm needs clang, wasm-ld and make",
)
async def test_the_committed_module_is_what_its_sources_say(
    encoder_page: Page, tmp_path: Path
) -> None:
    """A binary nobody can rebuild is a binary nobody can review. Compilers differ, so it is
    the output that must be the same, not the module's own bytes."""
    rebuilt = tmp_path / "png.wasm"
    with as_file(FOLDER) as folder:
        command = ["make", "-C", str(folder), f"OUT={rebuilt}", str(rebuilt)]
        build = await asyncio.create_subprocess_exec(
            *command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        _, complaint = await build.communicate()
    assert build.returncode == 0, complaint.decode()
    for kind in ("noise", "photo", "gradient", "blots"):
        for step in (0, 1, 2, "palette", "jpeg"):
            committed = await run(encoder_page, (FOLDER / "png.wasm").read_bytes(), kind, step)
            assert await run(encoder_page, rebuilt.read_bytes(), kind, step) == committed
