"""The virtual origin a stage lives under: documents load from memory, or not at all.

Blink keeps what it loaded by URL. So that an edited file is never drawn from
that memory, one origin never answers two contents under one path: when it
would have to, the lane moves on to the next origin.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from htmlcard.browser.stage import scripted_html, stage_html
from htmlcard.card import Asset, Document

STAGE_PATH = "/stage"
BLANK_PATH = "/blank"
SCRIPTED_PATH = "/scripted"

#: Documents run no scripts and reach nothing but their own files. (The sandbox of their frame
#: and the interception say so, too; this is the third to say it.)
_DOCUMENT_POLICY = (
    "default-src 'self' data: 'unsafe-inline'; script-src 'none'; connect-src 'none'; "
    "worker-src 'none'; object-src 'none'; form-action 'none'"
)


@dataclass(frozen=True, slots=True)
class Reply:
    """What an intercepted request is answered with."""

    status: int
    content_type: str
    body: bytes
    policy: str | None = None

    def to_cdp(self, request_id: str) -> dict[str, Any]:
        """Parameters of CDP's `Fetch.fulfillRequest`."""
        headers = {
            "content-type": self.content_type,
            "cache-control": "public, max-age=31536000, immutable",
            "access-control-allow-origin": "*",
        }
        if self.policy:
            headers["content-security-policy"] = self.policy
        return {
            "requestId": request_id,
            "responseCode": self.status,
            "responseHeaders": [{"name": k, "value": v} for k, v in headers.items()],
            "body": base64.b64encode(self.body).decode("ascii"),
        }


TEMPLATES_PATH = "/template/"
#: Other names are written in many ways, with escapes, entities and quotes.
_PLAIN_NAME = re.compile(r"[\w.-]+", re.ASCII)
#: In place of a digest: Blink remembers that there was nothing, too.
_MISSING = ""

NOT_FOUND = Reply(404, "text/plain", b"")


class VirtualOrigin:
    """One origin: what it has answered so far, and the document it answers for now."""

    def __init__(self, number: int, prefix: str = "s") -> None:
        self.host = f"{prefix}{number}.card.invalid"
        self._served: dict[str, str] = {}
        self._gone: dict[tuple[str, int], tuple[str, ...]] = {}
        self._document: Document | None = None

    @property
    def base(self) -> str:
        return f"https://{self.host}"

    def admits(self, document: Document) -> bool:
        """Whether this origin can answer for a document without contradicting itself."""
        if any(path in self._served for path in document.pictures):
            return False  # asked for, and missing, before it was there
        key = (document.fingerprint, len(self._served))
        gone = self._gone.get(key)
        if gone is None:
            gone = self._find_gone(document)
            if gone is None:
                return False
            self._gone[key] = gone
        # The template's files have been looked through; what is written into it is each card's own.
        html = document.html.encode() if gone else b""
        return not any(_names(html, path) for path in gone)

    def _find_gone(self, document: Document) -> tuple[str, ...] | None:
        """What was served and is no file of this document; None where one of its files differs.

        Blink may still have it. That matters to who asks for it: for a template's own files that
        is plain, and no business of others; a shared file is asked for by a name that stands there.
        """
        gone = []
        for path, sha256 in self._served.items():
            asset = document.assets.get(path)
            if asset is not None or sha256 == _MISSING:
                if sha256 != (asset.sha256 if asset else _MISSING):
                    return None
            elif not path.startswith(TEMPLATES_PATH):
                gone.append(path)
            elif path.startswith(document.base_path):
                return None
        texts = [asset.data for asset in document.assets.values() if _is_text(asset)]
        if any(_names(text, path) for text in texts for path in gone):
            return None
        return tuple(gone)

    def enter(self, document: Document) -> None:
        """Answer for this document from now on."""
        self._document = document

    def reply(self, url: str) -> Reply | None:
        """The answer to a request; None for anything outside this origin."""
        parts = urlsplit(url)
        if parts.scheme != "https" or parts.netloc != self.host:
            return None
        path = unquote(parts.path)
        if path == STAGE_PATH:
            return Reply(200, "text/html; charset=utf-8", stage_html().encode())
        if path == BLANK_PATH:
            return Reply(200, "text/html; charset=utf-8", b"<!doctype html>", _DOCUMENT_POLICY)
        if self._document is None:
            return NOT_FOUND
        if path == SCRIPTED_PATH:
            return Reply(200, "text/html; charset=utf-8", scripted_html(self._document).encode())
        if path == self._document.base_path and self._document.scripts:
            return Reply(200, "text/html; charset=utf-8", self._document.html.encode())
        if picture := self._document.pictures.get(path):
            # Its path is made of its content: no other document can mean another by it.
            return Reply(200, picture.content_type, picture.data)
        asset = self._document.assets.get(path)
        if asset is None:
            self._served[path] = _MISSING
            return NOT_FOUND
        self._served[path] = asset.sha256
        return Reply(200, asset.content_type, asset.data)

    def field_picture_urls(self) -> list[str]:
        """URLs of the pictures in the current document's image fields."""
        return [self.base + path for path in self._document.pictures] if self._document else []

    def picture_urls(self) -> list[str]:
        """URLs of all pictures the current document's template may show."""
        if self._document is None:
            return []
        return [
            self.base + path for path, asset in self._document.assets.items() if _is_picture(asset)
        ]


def _names(text: bytes, path: str) -> bool:
    """Whether a text may ask for a file: its name stands there, and not in another folder's.

    Families of fonts call their files alike. A folder is another one only if it is written in
    plain letters, as escapes can spell any name.
    """
    *_, folder, name = path.rsplit("/", 2)
    if not (_PLAIN_NAME.fullmatch(name) and _PLAIN_NAME.fullmatch(folder)):
        return True
    if name.encode() not in text:
        return False
    elsewhere = rb"""(?<=["'(/])(?!%s/)[\w-]+/""" % re.escape(folder.encode())
    asked = re.sub(elsewhere + re.escape(name.encode()), b"", text)
    return name.encode() in asked


def _is_text(asset: Asset) -> bool:
    return asset.content_type.startswith(("text/", "image/svg"))


def _is_picture(asset: Asset) -> bool:
    return asset.content_type.startswith("image/")
