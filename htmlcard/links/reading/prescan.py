"""The charset a page declares in its first bytes: the prescan of the HTML standard.

Follows section 13.2.3.2, "prescan a byte stream to determine its encoding", step by step, with
"get an attribute", "get an XML encoding" and "extract a character encoding from a meta element"
(2.5.3). Whatever runs off the window (an IndexError inside) ends the search.
"""

from __future__ import annotations

import re

from htmlcard.links.reading.charset_names import find_charset_name

WINDOW_BYTES = 1024

_SPACES = frozenset(b"\t\n\x0c\r ")
_SLASH, _END, _EQUALS = b"/>="
_QUOTES = frozenset(b"\"'")
_META = re.compile(rb"<meta(?=[\t\n\x0c\r /])", re.IGNORECASE)
_TAG = re.compile(rb"</?[a-z]", re.IGNORECASE)
_TAG_NAME_END = re.compile(rb"[\t\n\x0c\r >]")
_XML_VALUE = re.compile(rb"encoding[\x00-\x20]*=[\x00-\x20]*([\"'])([^\x00-\x20]*?)\1")
_CHARSET = re.compile(
    r"""charset [\t\n\f\r ]* = [\t\n\f\r ]*
        (?: "([^"]*)" | '([^']*)' | ([^"'\t\n\f\r ;][^\t\n\f\r ;]*) )?""",
    re.IGNORECASE | re.VERBOSE,
)


def find_declared_charset(page: bytes) -> str | None:
    """The lower-case name of the charset that the first 1,024 bytes declare."""
    head = page[:WINDOW_BYTES]
    if head.startswith(b"<\x00?\x00x\x00"):
        return "utf-16le"
    if head.startswith(b"\x00<\x00?\x00x"):
        return "utf-16be"
    try:
        return _find_in_metas(head)
    except IndexError:
        return _find_in_xml_declaration(head)


def _find_in_metas(head: bytes) -> str:
    """Raises IndexError where no meta has a say."""
    at = 0
    while True:
        at = _index(head, b"<", at)
        if head.startswith(b"<!--", at):
            # The dashes of `<!-->` may be those of its start.
            at = _index(head, b"-->", at + 2) + 2
        elif _META.match(head, at):
            charset, at = _read_meta(head, at + 5)
            if charset:
                return charset
        elif _TAG.match(head, at):
            name_end = _TAG_NAME_END.search(head, at)
            if name_end is None:
                raise IndexError
            at = name_end.start()
            name: str | None = ""
            while name is not None:
                name, _, at = _read_attribute(head, at)
        elif head[at + 1] in b"!/?":
            at = _index(head, b">", at)
        at += 1


def _read_meta(head: bytes, at: int) -> tuple[str | None, int]:
    """The charset that the attributes from `at` declare, and where they end."""
    seen: set[str] = set()
    got_pragma, need_pragma, charset = False, None, None
    while True:
        name, value, at = _read_attribute(head, at)
        if name is None:
            break
        if name in seen:
            continue
        seen.add(name)
        if name == "http-equiv":
            got_pragma = value == "content-type"
        elif name == "content" and charset is None and need_pragma is None:
            charset = _find_in_content(value)
            need_pragma = True if charset else None
        elif name == "charset":
            charset, need_pragma = find_charset_name(value), False
    if need_pragma is None or (need_pragma and not got_pragma):
        return None, at
    return _as_declared(charset), at


def _read_attribute(head: bytes, at: int) -> tuple[str | None, str, int]:
    """Name and value in lower case and where to go on; the name is None at the tag's end."""
    while head[at] in _SPACES or head[at] == _SLASH:
        at += 1
    if head[at] == _END:
        return None, "", at
    start = at
    while not (head[at] == _EQUALS and at > start) and head[at] not in _SPACES:
        if head[at] in (_SLASH, _END):
            return _text(head[start:at]), "", at
        at += 1
    name = _text(head[start:at])
    at = _skip_spaces(head, at)
    if head[at] != _EQUALS:
        return name, "", at
    at = _skip_spaces(head, at + 1)
    if head[at] in _QUOTES:
        end = _index(head, head[at : at + 1], at + 1)
        return name, _text(head[at + 1 : end]), end + 1
    start = at
    while head[at] not in _SPACES and head[at] != _END:
        at += 1
    return name, _text(head[start:at]), at


def _find_in_content(value: str) -> str | None:
    match = _CHARSET.search(value)
    return find_charset_name(match[1] or match[2] or match[3] or "") if match else None


def _find_in_xml_declaration(head: bytes) -> str | None:
    if not head.startswith(b"<?xml") or b">" not in head:
        return None
    match = _XML_VALUE.match(head[head.find(b"encoding") :])
    charset = find_charset_name(match[2].decode("latin-1")) if match else None
    return "utf-8" if charset in ("utf-16le", "utf-16be") else charset


def _as_declared(charset: str | None) -> str | None:
    """What a meta can mean: it was read byte by byte, so the page is no UTF-16."""
    if charset in ("utf-16le", "utf-16be"):
        return "utf-8"
    return "windows-1252" if charset == "x-user-defined" else charset


def _skip_spaces(head: bytes, at: int) -> int:
    while head[at] in _SPACES:
        at += 1
    return at


def _index(head: bytes, mark: bytes, at: int) -> int:
    found = head.find(mark, at)
    if found < 0:
        raise IndexError
    return found


def _text(raw: bytes) -> str:
    # Only ASCII letters are lowered, which bytes do and strings do not.
    return raw.lower().decode("latin-1")
