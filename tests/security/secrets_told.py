"""Eight secrets around a service, each of which may be told to nobody.

Two sets of them, of different lengths: a picture that shows one differs between the two.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote


@dataclass(frozen=True)
class Secrets:
    """The secrets of one run; `mark` makes them this run's own."""

    mark: str

    def value(self, name: str) -> str:
        return f"canary-{name}-secret-{self.mark}"

    @property
    def all(self) -> list[str]:
        names = ("admin", "api", "signing", "oldkey", "redis", "proxy", "aws", "folder", "home")
        return [self.value(name) for name in names]

    def plant(self, folder: Path, home: Path) -> dict[str, str]:
        """Write those that lie in files; the environment with all others."""
        home.mkdir(exist_ok=True)
        (home / ".netrc").write_text(f"machine x password {self.value('home')}\n")
        (folder / ".env").write_text(f"PASSWORD={self.value('folder')}\n")
        proxy = f"http://user:{self.value('proxy')}@127.0.0.1:9"
        return {
            "HOME": str(home),
            "HTMLCARD_ADMIN_TOKEN": self.value("admin"),
            "HTMLCARD_API_TOKEN": self.value("api"),
            "HTMLCARD_SIGNING_KEYS": f"{self.value('signing')},{self.value('oldkey')}",
            "REDIS_URL": f"redis://:{self.value('redis')}@127.0.0.1:9/0",
            "HTTP_PROXY": proxy,
            "HTTPS_PROXY": proxy,
            "http_proxy": proxy,
            "AWS_SECRET_ACCESS_KEY": self.value("aws"),
        }

    def found_in(self, data: bytes) -> Iterator[str]:
        """The secrets that stand in there, plainly or in the usual disguises."""
        for secret in self.all:
            plain = secret.encode()
            # Of three spellings, for what stands before it decides where groups begin.
            base64s = [base64.b64encode(b"x" * more + plain)[4:-4] for more in range(3)]
            disguises = (plain, quote(secret).encode(), plain.hex().encode(), plain[::-1], *base64s)
            if any(each in data for each in disguises):
                yield secret
