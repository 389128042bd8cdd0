"""What a template is tried with: about twenty fixtures made from its own fields.

A fixture holds query text, as strangers would send it, and is read by the same
rules. Those that would change nothing for a template are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from htmlcard.images.specimens import Specimen
from htmlcard.template_tests.words import (
    CONTROLS,
    HOSTILE,
    LONGEST_WORD,
    PROSE,
    SCRIPTS,
    Words,
)
from htmlcard.templating.fields import Field, FieldType, format_value
from htmlcard.templating.schema import sample_params
from htmlcard.templating.template import Template

#: A sample this long tells that the field holds sentences.
_SENTENCE_LENGTH = 45
_Kept = Literal["none", "usual", "every"]
_COLORS = {"white": "#ffffff", "black": "#000000", "neon": "#ccff00"}


@dataclass(frozen=True, slots=True)
class Fixture:
    """One way to fill in a template.

    With `every_size` it is drawn in all of them, as layouts differ, else in the usual one.
    `goldens` tells of which sizes the look is kept and compared. The rest is for the lint
    alone, so that an edit on purpose means ten new goldens a template, and not sixty.
    """

    name: str
    about: str
    values: Mapping[str, str] = field(default_factory=dict)
    pictures: Mapping[str, Specimen] = field(default_factory=dict)
    lang: str | None = None
    every_size: bool = False
    goldens: _Kept = "none"


def list_fixtures(template: Template) -> list[Fixture]:
    """All fixtures of a template, those that show it as it is meant first."""
    sample = {
        name: format_value(value)
        for name, value in sample_params(template).items()
        if not isinstance(value, bool) or value
    }
    maker = _Maker(template, sample)
    return [*maker.usual(), *maker.choices(), *maker.texts(), *maker.scripts(), *maker.values()]


class _Maker:
    def __init__(self, template: Template, sample: dict[str, str]) -> None:
        self._sample = sample
        self._fields = template.fields
        self._texts = self._of(FieldType.TEXT)
        self._title = _find_title(self._texts)

    def _of(self, kind: FieldType) -> list[Field]:
        return [item for item in self._fields.values() if item.type is kind]

    def usual(self) -> Iterator[Fixture]:
        """As its author means it, and with as little as can be."""
        about = "Its own samples."
        yield Fixture("sample", about, self._sample, every_size=True, goldens="every")
        if self._title is not None:
            name = self._title.name
            only = {name: self._sample[name]}
            yield Fixture("title-only", "The title and nothing else.", only, every_size=True)
        yield Fixture("empty", "No value at all.", every_size=True)

    def choices(self) -> Iterator[Fixture]:
        """Every choice and switch that the samples do not show."""
        for item in self._of(FieldType.CHOICE):
            for choice in item.choices:
                if choice != self._shown(item):
                    values = {**self._sample, item.name: choice}
                    # Light and dark are two designs, and each must hold in every layout.
                    both = item.name == "theme"
                    kept: _Kept = "every" if both else "none"
                    name, about = f"{item.name}-{choice}", f"{item.name} is {choice}."
                    yield Fixture(name, about, values, every_size=both, goldens=kept)
        for item in self._of(FieldType.BOOLEAN):
            other = "false" if self._shown(item) == "true" else "true"
            values = {**self._sample, item.name: other}
            yield Fixture(f"{item.name}-{other}", f"{item.name} is {other}.", values)

    def _shown(self, item: Field) -> str:
        return self._sample.get(item.name, format_value(item.default))

    def texts(self) -> Iterator[Fixture]:
        """Texts at their limits, and texts made to break things."""
        if not self._texts:
            return
        long = {item.name: _fill_up(item) for item in self._texts}
        about = "Every text as long as it may be."
        yield Fixture("long", about, {**self._sample, **long}, every_size=True, goldens="usual")
        about = "A word of 80 letters in every text."
        yield Fixture("one-word", about, self._fill(LONGEST_WORD), every_size=True)
        yield Fixture("one-letter", "A single letter in every text.", self._fill("g"))
        yield Fixture("hostile", "Markup, quotes, template syntax.", self._fill(HOSTILE))
        yield Fixture("controls", "Control characters, stacked marks.", self._fill(CONTROLS))

    def scripts(self) -> Iterator[Fixture]:
        """The scripts of the world, with the language named."""
        if not self._texts:
            return
        for name, words in SCRIPTS.items():
            texts = {item.name: self._pick(item, words) for item in self._texts}
            # One that runs from right to left and one without spaces stand for the others.
            yield Fixture(
                name,
                words.about,
                {**self._sample, **texts},
                lang=words.lang,
                every_size=name in ("arabic", "japanese"),
                goldens="usual" if name == "arabic" else "none",
            )

    def values(self) -> Iterator[Fixture]:
        """Pictures, colors, numbers and dates at the edge of what is allowed."""
        if images := self._of(FieldType.IMAGE):
            for specimen in Specimen:
                pictures = {item.name: specimen for item in images}
                name = f"picture-{specimen.value}"
                every_size = specimen is Specimen.WIDE
                yield Fixture(name, specimen.about, self._sample, pictures, every_size=every_size)
        yield from self._colors()
        if numbers := self._of(FieldType.NUMBER):
            for name, about, bound in (("low", "least", "min"), ("high", "most", "max")):
                given = {item.name: getattr(item, bound) for item in numbers}
                extreme = "-1" if bound == "min" else "9876543210.5"
                texts = {key: extreme if at is None else f"{at:g}" for key, at in given.items()}
                about = f"Every number at its {about}."
                yield Fixture(f"numbers-{name}", about, {**self._sample, **texts})
        if dates := self._of(FieldType.DATE):
            texts = {item.name: "2026-09-30T23:59:59" for item in dates}
            about = "A date with a long name: Wednesday, 30 September."
            yield Fixture("dates", about, {**self._sample, **texts})

    def _colors(self) -> Iterator[Fixture]:
        """Extreme colors, in light and in dark: the paper may have the color of the accent."""
        colors = self._of(FieldType.COLOR)
        themes = [item for item in self._of(FieldType.CHOICE) if item.name == "theme"]
        choices = [(item.name, choice) for item in themes for choice in item.choices]
        for name, color in _COLORS.items() if colors else ():
            texts = {**self._sample, **{item.name: color for item in colors}}
            for theme, choice in choices or [("", "")]:
                label = f"{name}-{choice}" if choice else name
                values = {**texts, theme: choice} if choice else texts
                yield Fixture(f"color-{label}", f"Every color is {name}.", values)

    def _fill(self, text: str) -> dict[str, str]:
        return {**self._sample, **{item.name: text for item in self._texts}}

    def _pick(self, item: Field, words: Words) -> str:
        if item is self._title:
            return words.headline
        long = len(str(item.sample or "")) >= _SENTENCE_LENGTH
        return words.sentence if long else words.word


def _find_title(texts: list[Field]) -> Field | None:
    by_name = [item for item in texts if item.name == "title"]
    required = [item for item in texts if item.required]
    return next(iter([*by_name, *required, *texts]), None)


def _fill_up(item: Field) -> str:
    return (PROSE * (item.max_length // len(PROSE) + 1))[: item.max_length].strip()
