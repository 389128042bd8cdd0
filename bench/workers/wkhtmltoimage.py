"""wkhtmltoimage, a command without a browser's pool: one process for every card."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.workers.pages import CORPUS, build_page
from bench.workers.wire import serve

#: More at once than cores only take the cores from each other.
_at_once = asyncio.Semaphore(os.cpu_count() or 1)


async def draw(card: str, fields: Mapping[str, Any], format: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "card.html")
        html = build_page(card, fields, CORPUS.as_uri())
        await asyncio.to_thread(page.write_text, html, encoding="utf-8")
        async with _at_once:
            process = await asyncio.create_subprocess_exec(
                *("wkhtmltoimage", "--quiet", "--enable-local-file-access"),
                *("--width", "1200", "--height", "630", "--disable-smart-width"),
                # Its default leaves PNGs uncompressed, 3 MB each; this is zlib's usual level.
                *("--quality", "90" if format == "jpeg" else "39"),
                *("--format", "jpg" if format == "jpeg" else format, str(page), "-"),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
            )
            picture, complaint = await process.communicate()
    if process.returncode:
        raise RuntimeError(complaint.decode(errors="replace")[-300:])
    return picture


if __name__ == "__main__":
    sys.exit(asyncio.run(serve(draw)))
