"""The templates we ship: as they were when looked at, in every size, long, empty, right to left."""

from __future__ import annotations

from pathlib import Path

import pytest

from htmlcard.template_tests.suite import SuiteResult
from htmlcard.templating.catalogue import Catalogue

from .conftest import Try

pytestmark = pytest.mark.browser

TEMPLATES = Path(__file__).parents[2] / "templates"
#: What they looked like when somebody looked: `htmlcard templates test --goldens … --update`.
GOLDENS = Path(__file__).parents[1] / "golden"
NAMES = Catalogue([TEMPLATES]).names()


def explain(result: SuiteResult) -> list[str]:
    return [
        f"{case.case.name}: {case.failure}{finding.rule if finding else ''} "
        f"{finding.message if finding else ''} {finding.selector if finding else ''}"
        for template in result.templates
        for case in template.cases
        if case.failed
        for finding in case.findings or (None,)
    ]


@pytest.mark.parametrize("name", NAMES)
async def test_a_shipped_template_is_sound(tried: Try, name: str) -> None:
    """Nobody trusts a tool whose own cards are clipped. `make soak` tries everything."""
    samples = await tried(name, fixtures=("sample",), folder=GOLDENS)
    assert explain(samples) == []
    assert samples.templates[0].problems == ()
    hard = ("empty", "long", "arabic", "japanese", "picture-white")
    assert explain(await tried(name, fixtures=hard, sizes=("og",))) == []


@pytest.mark.soak
@pytest.mark.parametrize("name", NAMES)
async def test_a_shipped_template_passes_everything(tried: Try, name: str) -> None:
    """About sixty cards each."""
    assert explain(await tried(name)) == []
