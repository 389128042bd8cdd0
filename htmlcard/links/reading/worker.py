"""The child that reads a page: bytes in, JSON out. `reading` is the parent's side.

A request is the length of a JSON object, that object (`content_type`, and `url` where metadata
are asked for) and the page. The answer is `P` and JSON, or `E` where reading it failed.
"""

from __future__ import annotations

import json
import signal
import struct

from pydantic import TypeAdapter

from htmlcard.children.service import serve
from htmlcard.links.reading.metadata import Metadata, read_metadata
from htmlcard.links.reading.parsing import parse_page
from htmlcard.links.reading.parts import PageParts
from htmlcard.links.reading.trimming import trim

FOUND, ERROR = b"P", b"E"
MAX_ANSWER_BYTES = 20_000_000
LENGTH = struct.Struct(">I")
_MAX_MEMORY_BYTES = 1024 * 1024 * 1024
#: Of computing, for one page; those of 10 MB take one.
_MAX_CPU_S = 3.0

_PARTS = TypeAdapter(PageParts)
_METADATA = TypeAdapter(Metadata)


def main() -> None:
    """Answers requests until the parent closes the pipe."""
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    serve(_answer, _MAX_MEMORY_BYTES)


def _answer(request: bytes) -> tuple[bytes, bytes]:
    (length,) = LENGTH.unpack_from(request)
    asked = json.loads(request[LENGTH.size : LENGTH.size + length])
    page = request[LENGTH.size + length :]
    # The signal ends the process: no library's loop can hold it up.
    signal.setitimer(signal.ITIMER_PROF, _MAX_CPU_S)
    try:
        parts = trim(parse_page(page, asked["content_type"]))
        if asked["url"] is None:
            return FOUND, _PARTS.dump_json(parts)
        return FOUND, _METADATA.dump_json(read_metadata(parts, asked["url"]))
    except MemoryError:
        raise
    # Whatever a stranger's bytes bring up: the parent says so, and the next page is read.
    except Exception:
        return ERROR, b""
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


if __name__ == "__main__":
    main()
