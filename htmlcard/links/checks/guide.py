"""The rules and the crawlers as tables for people: what `docs/links.md` says of them.

`python -m htmlcard.links.checks.guide` prints them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from htmlcard.links.checks.rule import SEVERITIES, Rule, load_rules
from htmlcard.links.profiles import Cut, Profile, Sourced, load_profiles

_LETTERS = {"error": "E", "warning": "W", "hint": "H"}


def write_guide() -> str:
    """Markdown: a table of the rules, one of what platforms read, one of what they take."""
    return "\n".join((*_rules(), "", *_platforms(), "", *_limits(), ""))


def _rules() -> Iterator[str]:
    yield "| rule | strikes | when | mend |"
    yield "|---|---|---|---|"
    for rule in load_rules().values():
        mend = f"{rule.kind}: {rule.mend.removesuffix('.')}".replace("{names}", "…")
        yield _row(f"`{rule.id}`", _strikes(rule), rule.when, mend)


def _strikes(rule: Rule) -> str:
    """`E x, W linkedin teams [O, 3]`."""
    said, words = [], []
    for severity in SEVERITIES:
        platforms = rule.platforms(severity)
        if platforms:
            names = "all" if platforms == "all" else " ".join(platforms)
            said.append(f"{_LETTERS[severity]} {names}")
            words.append(rule.confidence_of(severity))
    return f"{', '.join(said)} ({', '.join(dict.fromkeys(words))})"


def _platforms() -> Iterator[str]:
    yield "| platform | user agent | reads | title | description | picture |"
    yield "|---|---|---|---|---|---|"
    for profile in load_profiles():
        reads = f"{profile.reads_bytes.value:,} bytes" if profile.reads_bytes else "all"
        yield _row(
            f"`{profile.platform}`",
            f"`{profile.user_agent.value}`",
            reads,
            ", ".join(profile.title.value),
            ", ".join(profile.description.value),
            ", ".join(profile.image.value),
        )


def _limits() -> Iterator[str]:
    yield "| platform | title, description | picture's file | picture's sides | source |"
    yield "|---|---|---|---|---|"
    for profile in load_profiles():
        yield _row(
            f"`{profile.platform}`",
            ", ".join(filter(None, map(_cut, (profile.title_cut, profile.description_cut)))) or "–",
            ", ".join(f"{_LETTERS[x.severity]} > {x.over:,} bytes" for x in profile.image_bytes)
            or "–",
            "; ".join(_sides(profile)) or "–",
            _source(profile),
        )


def _cut(cut: Cut | None) -> str:
    if cut is None:
        return ""
    return f"{cut.characters} characters" if cut.characters else f"{cut.bytes} bytes"


def _sides(profile: Profile) -> Iterator[str]:
    for small in profile.image_small:
        width, height = small.under_px
        size = f"{width} x {height}" if height else f"{width} wide"
        card = f" ({small.card} card)" if small.card else ""
        yield f"{_LETTERS[small.severity]} < {size}{card}"
    if profile.max_side_px is not None:
        yield f"E > {profile.max_side_px.value}"


def _source(profile: Profile) -> str:
    """Who says what stands in the row."""
    cuts = (profile.title_cut, profile.description_cut, profile.max_side_px)
    facts: list[Sourced | None] = [*cuts, *profile.image_bytes, *profile.image_small]
    said = (f"{fact.source} ({fact.confidence})" for fact in facts if fact is not None)
    return "; ".join(dict.fromkeys(said)) or "–"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    sys.stdout.write(write_guide())
