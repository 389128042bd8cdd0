"""The Content-Type header, read as the MIME Sniffing standard says (section 4.4)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_BLANKS = " \t\r\n"
#: Quoted values first: what stands between double quotes may hold semicolons.
_PARAMETER = re.compile(
    r"""; [ \t\r\n]* ([^;=]*) (?: = (?: "((?:[^"\\]|\\.)*) \\? (?:"|\Z) [^;]* | ([^;]*) ) )?""",
    re.VERBOSE | re.DOTALL,
)
_PAGES = frozenset({"text/html", "application/xhtml+xml"})


@dataclass(frozen=True, slots=True)
class ContentType:
    """`essence` is lower case, empty where the header was none; `charset` is the label as sent."""

    essence: str
    charset: str | None

    @property
    def is_page(self) -> bool:
        """Whether it is HTML; a server that says nothing is taken to mean that."""
        return not self.essence or self.essence in _PAGES


def parse_content_type(header: str | None) -> ContentType:
    """The type and the first `charset` parameter. Never fails: headers are what they are."""
    essence, separator, rest = (header or "").partition(";")
    charset = None
    for name, quoted, plain in _PARAMETER.findall(separator + rest):
        value = re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL) or plain.rstrip(_BLANKS)
        if name.lower() == "charset" and value:
            charset = value
            break
    return ContentType(essence.strip(_BLANKS).lower(), charset)
