"""Pictures of how cards are meant to look, kept as WebP files and compared with today's.

Pictures that WebP cannot hold losslessly in little space are kept lossy; today's goes
the same lossy way before the two are compared, so that the loss is on both sides.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

from htmlcard.errors import BadShot, InvalidRequest
from htmlcard.images.decode import decode
from htmlcard.images.perceptual import Difference, find_difference
from htmlcard.template_tests.cases import Case
from htmlcard.template_tests.results import Verdict

_MAX_LOSSLESS_BYTES = 30_000
_QUALITY = 70
_LOSSY_CHUNK = b"VP8 "


def encode(picture: bytes, *, lossy: bool = False) -> bytes:
    """A picture as WebP: lossless where that is small, unless `lossy`. Takes about 50 ms."""
    pixels = decode(picture)
    out = io.BytesIO()
    if not lossy:
        pixels.save(out, "WEBP", lossless=True, quality=50, method=2)
        if out.tell() <= _MAX_LOSSLESS_BYTES:
            return out.getvalue()
        out = io.BytesIO()
    pixels.save(out, "WEBP", quality=_QUALITY, method=4)
    return out.getvalue()


def encode_to_show(picture: bytes) -> bytes:
    """A picture as WebP for a report: quick, and good enough to look at."""
    out = io.BytesIO()
    decode(picture).save(out, "WEBP", quality=80, method=2)
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class Comparison:
    """A card beside its golden; `golden` is empty where there is none."""

    verdict: Verdict
    golden: bytes = b""
    difference: Difference | None = None


@dataclass(frozen=True, slots=True)
class Goldens:
    """The goldens of one template in `folder`, which need not exist.

    Cards may differ from them by `tolerance`, a share of their pixels. With `update`
    those that differ are written anew; the others stay byte for byte.
    """

    folder: Path
    tolerance: float
    update: bool = False

    def path(self, case: Case) -> Path:
        return self.folder / f"{case.name}.webp"

    def judge(self, case: Case, picture: bytes) -> Comparison:
        """Compares a card with its golden; `picture` is lossless.

        Raises:
            BadShot: the golden is no picture.
            InvalidRequest: a golden cannot be read or written.
        """
        if not case.has_golden:
            return Comparison(Verdict.UNCOMPARED)
        path = self.path(case)
        try:
            golden = path.read_bytes() if path.is_file() else b""
            difference = self._compare(golden, picture) if golden else None
            same = difference is not None and difference.share <= self.tolerance
            if same:
                return Comparison(Verdict.SAME, golden, difference)
            if self.update:
                self.folder.mkdir(parents=True, exist_ok=True)
                path.write_bytes(encode(picture))
                return Comparison(Verdict.WRITTEN, golden, difference)
        except OSError as error:
            message = f"golden {path} cannot be read or written: {error.strerror}"
            raise InvalidRequest(message) from error
        if difference is None:
            return Comparison(Verdict.NEW)
        return Comparison(Verdict.DIFFERENT, golden, difference)

    def _compare(self, golden: bytes, picture: bytes) -> Difference | None:
        lossy = golden[12:16] == _LOSSY_CHUNK
        try:
            return find_difference(golden, encode(picture, lossy=True) if lossy else picture)
        except BadShot:
            if self.update:
                return None  # it is about to be replaced
            raise

    def find_stale(self, cases: list[Case]) -> list[Path]:
        """Golden files that belong to none of the template's cases; gone after an `update`."""
        known = {self.path(case) for case in cases if case.has_golden}
        stale = [path for path in sorted(self.folder.glob("*.webp")) if path not in known]
        if self.update:
            for path in stale:
                path.unlink()
            return []
        return stale
