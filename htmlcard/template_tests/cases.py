"""The cards to draw of one template: fixtures in sizes, each with its finished document."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from htmlcard.card import DEFAULT_SIZE_NAME, Asset, Document, Size
from htmlcard.images.specimens import draw_specimen
from htmlcard.template_tests.fixtures import Fixture, list_fixtures
from htmlcard.templating.document import build_document
from htmlcard.templating.params import parse_query
from htmlcard.templating.template import Template
from htmlcard.templating.workers import WorkerPool

#: Nobody waits, and other programs may keep the machine busy.
TEMPLATE_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Case:
    """One card of the sheet. `name` is unique within its template, and fit for a file."""

    template: Template
    fixture: Fixture
    size_name: str

    @property
    def name(self) -> str:
        return f"{self.fixture.name}.{self.size_name}"

    @property
    def has_golden(self) -> bool:
        kept = self.fixture.goldens
        return kept == "every" or (kept == "usual" and self.size_name == DEFAULT_SIZE_NAME)

    @property
    def size(self) -> Size:
        return self.template.sizes[self.size_name]


def list_cases(template: Template) -> list[Case]:
    """All cards of a template: every size where layouts matter, else the usual one."""
    return [
        Case(template, fixture, size_name)
        for fixture in list_fixtures(template)
        for size_name in template.sizes
        if fixture.every_size or size_name == DEFAULT_SIZE_NAME
    ]


async def build_case(workers: WorkerPool, case: Case) -> Document:
    """The document of a case, with its pictures among the assets.

    Raises:
        RenderFailed: the template cannot be filled in.
    """
    params = parse_query(case.template, case.fixture.values.items())
    paths, pictures = _place_pictures(case.fixture)
    return await build_document(
        workers,
        case.template,
        params.with_pictures(paths),
        size_name=case.size_name,
        lang=case.fixture.lang,
        pictures=pictures,
        timeout_s=TEMPLATE_TIMEOUT_S,
    )


def _place_pictures(fixture: Fixture) -> tuple[dict[str, str], dict[str, Asset]]:
    """Paths by field, and pictures by path: what the service makes of pictures it fetched."""
    paths: dict[str, str] = {}
    pictures: dict[str, Asset] = {}
    for name, specimen in fixture.pictures.items():
        data = draw_specimen(specimen)
        digest = hashlib.sha256(data).hexdigest()
        # By content, since one origin never answers two contents under one path.
        paths[name] = f"/picture/{digest}.jpg"
        pictures[paths[name]] = Asset(data, "image/jpeg", digest)
    return paths, pictures
