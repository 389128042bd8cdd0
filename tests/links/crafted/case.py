"""One crafted site with the verdicts it must get, as its TOML file says; `RULES.md` has the format.

`site` serves it, `picture` draws what is in it.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from .picture import Picture

Severity = Literal["hint", "warning", "error"]
Verdict = Literal["ok", "warning", "error"]

FOLDER = Path(__file__).parent
PLATFORMS = (
    "facebook",
    "threads",
    "whatsapp",
    "linkedin",
    "x",
    "slack",
    "discord",
    "telegram",
    "imessage",
    "bluesky",
    "mastodon",
    "signal",
    "matrix",
    "teams",
    "pinterest",
)


@dataclass(frozen=True)
class Response:
    """What the site answers on a path, to some user agents or to all."""

    path: str
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    encoding: str = "utf-8"
    pad_to_bytes: int = 0
    picture: Picture | None = None
    chunked: bool = False
    drop: bool = False
    delay_s: float = 0.0
    only_for_user_agents: tuple[str, ...] = ()

    def is_for(self, path: str, user_agent: str) -> bool:
        wanted = self.only_for_user_agents
        return path == self.path and (not wanted or any(name in user_agent for name in wanted))


@dataclass(frozen=True)
class Finding:
    rule: str
    severity: Severity
    platforms: frozenset[str]


@dataclass(frozen=True)
class Preview:
    """What a platform shows; None for nothing. `image` has the site's placeholders in it."""

    title: str | None
    description: str | None
    image: str | None


@dataclass(frozen=True)
class Case:
    """A site and what `check` must say of its `page`."""

    name: str
    why: str
    page: str
    responses: tuple[Response, ...]
    verdicts: dict[str, Verdict]
    findings: frozenset[Finding]
    previews: dict[str, Preview]


@cache
def load_cases() -> tuple[Case, ...]:
    """All cases, by number."""
    return tuple(load_case(path) for path in sorted(FOLDER.glob("[0-9]*.toml")))


def load_case(path: Path) -> Case:
    """The case of a file. Raises KeyError or TypeError where a key is missing or unknown."""
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    expected = content.pop("expected")
    return Case(
        name=path.stem,
        why=content.pop("why"),
        page=content.pop("page"),
        responses=tuple(_response(**item) for item in content.pop("responses")),
        verdicts=_verdicts(**{key: expected.pop(key) for key in ("errors", "warnings")}),
        findings=frozenset(_finding(**item) for item in expected.pop("findings", [])),
        previews=_previews(**expected),
        **content,
    )


def _response(
    *,
    headers: dict[str, str] | None = None,
    picture: dict[str, Any] | None = None,
    only_for_user_agents: list[str] | None = None,
    **rest: Any,
) -> Response:
    return Response(
        headers=tuple((headers or {}).items()),
        picture=Picture(**picture) if picture else None,
        only_for_user_agents=tuple(only_for_user_agents or ()),
        **rest,
    )


def _verdicts(errors: list[str], warnings: list[str]) -> dict[str, Verdict]:
    verdicts: dict[str, Verdict] = dict.fromkeys(PLATFORMS, "ok")
    verdicts.update(dict.fromkeys(warnings, "warning"))
    verdicts.update(dict.fromkeys(errors, "error"))
    return verdicts


def _finding(rule: str, severity: Severity, platforms: list[str] | str) -> Finding:
    return Finding(rule, severity, frozenset(PLATFORMS if platforms == "all" else platforms))


def _previews(
    shows: dict[str, str], differs: list[dict[str, Any]] | None = None
) -> dict[str, Preview]:
    texts = {platform: dict(shows) for platform in PLATFORMS}
    for other in differs or ():
        for platform in other["platforms"]:
            texts[platform] |= {key: text for key, text in other.items() if key != "platforms"}
    return {
        platform: Preview(**{key: value or None for key, value in text.items()})
        for platform, text in texts.items()
    }
