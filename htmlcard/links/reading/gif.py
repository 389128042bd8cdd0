"""How GIF files are laid out, as far as it takes to tell whether they move."""

from __future__ import annotations

_EXTENSION, _PICTURE = 0x21, 0x2C


def is_animated_gif(data: bytes) -> bool:
    """Whether a second picture begins, or a loop is asked for, within these bytes (GIF89a)."""
    pictures = 0
    at = 13 + _color_table_bytes(data[10:11])
    while at < len(data):
        if data[at] == _EXTENSION:
            if data[at + 3 : at + 14] == b"NETSCAPE2.0":
                return True
            at = _skip_blocks(data, at + 2)
        elif data[at] == _PICTURE:
            pictures += 1
            if pictures == 2:
                return True
            at = _skip_blocks(data, at + 11 + _color_table_bytes(data[at + 9 : at + 10]))
        else:
            break
    return False


def _color_table_bytes(flags: bytes) -> int:
    return 3 << ((flags[0] & 0x07) + 1) if flags and flags[0] & 0x80 else 0


def _skip_blocks(data: bytes, at: int) -> int:
    """The place after a row of sub-blocks, which ends with an empty one."""
    while at < len(data) and data[at]:
        at += 1 + data[at]
    return at + 1
