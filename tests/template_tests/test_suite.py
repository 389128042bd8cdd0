"""Seeded defects are found in real cards, and cards that are right are left in peace."""

from __future__ import annotations

from pathlib import Path

import pytest

from htmlcard.errors import InvalidRequest, UnknownTemplate
from htmlcard.template_tests.results import CaseResult, Verdict
from htmlcard.template_tests.suite import SuiteResult

from .conftest import GOOD, STYLE, Try, Write

pytestmark = pytest.mark.browser


def the_case(result: SuiteResult, name: str) -> CaseResult:
    [template] = result.templates
    return next(case for case in template.cases if case.case.name == name)


async def test_a_good_template_passes_everything(write: Write, tried: Try) -> None:
    """A tool that cries wolf is switched off within a week."""
    write("good.html", GOOD)
    result = await tried(fixtures=("sample", "empty", "one-letter", "hostile", "arabic", "emoji"))
    assert [case.as_dict() for case in result.templates[0].cases if case.failed] == []
    assert not result.failed
    assert result.totals["cards"] == 6


DEFECTS = {
    "clipped-text": "<div style='width: 500px; height: 80px; overflow: hidden'>{{ title }}</div>",
    "low-contrast": "<p style='color: #ddd'>{{ title }}</p>",
    "small-text": "<p style='font-size: 14px'>{{ title }}</p>",
    "unescaped": "<p>{{ title | safe }}</p>",
    "blank": "<p style='opacity: 0'>{{ title }}</p>",
}


@pytest.mark.parametrize("rule", DEFECTS)
async def test_a_seeded_defect_is_found(write: Write, tried: Try, rule: str) -> None:
    """Each would go out to crawlers, who keep it for weeks."""
    write("bad.html", f"<!doctype html>{STYLE}{DEFECTS[rule]}")
    result = await tried(fixtures=("long", "hostile"))
    found = {finding.rule for case in result.templates[0].cases for finding in case.findings}
    assert rule in found
    assert result.failed


async def test_a_card_that_cannot_be_drawn_fails_alone(write: Write, tried: Try) -> None:
    """One fixture that kills a template must not hide what the others would have said."""
    write("odd.html", GOOD + "{% if title | length == 1 %}{{ 1 // 0 }}{% endif %}")
    result = await tried(fixtures=("sample", "one-letter"))
    failed = the_case(result, "one-letter.og")
    assert failed.verdict is Verdict.UNDRAWN
    assert "odd.html:1" in failed.failure
    assert the_case(result, "sample.og").verdict is Verdict.NEW


async def test_a_broken_template_is_told_with_its_lines_beside_the_others(
    write: Write, tried: Try
) -> None:
    """All that is wrong in one run."""
    write("broken.html", "<p>\n{{ title | shout }}</p>")
    write("good.html", GOOD)
    broken, good = (await tried(fixtures=("sample",))).templates
    assert broken.broken
    assert broken.problems[0].startswith("broken.html:2: there is no filter 'shout'")
    assert not good.failed


async def test_goldens_make_the_round(write: Write, tried: Try, tmp_path: Path) -> None:
    """Missing is no failure, kept is compared, changed is found, and updating mends it."""
    write("good.html", GOOD)
    only = {"fixtures": ("sample",)}
    folder = tmp_path / "templates" / "goldens" / "good"
    first = the_case(await tried(**only), "sample.og")
    assert (first.verdict, first.failed, folder.exists()) == (Verdict.NEW, False, False)
    written = await tried(**only, update=True)
    assert written.totals["written"] == 1
    golden = folder / "sample.og.webp"
    kept = golden.read_bytes()
    assert len(kept) < 30_000
    same = the_case(await tried(**only, update=True), "sample.og")
    assert same.verdict is Verdict.SAME
    assert golden.read_bytes() == kept

    write("good.html", GOOD.replace("120px 300px", "124px 300px"))
    moved = the_case(await tried(**only), "sample.og")
    assert (moved.verdict, moved.failed) == (Verdict.DIFFERENT, True)
    assert moved.difference is not None
    assert 100 < moved.difference.pixels < 20_000
    assert (await tried(**only, tolerance=0.05)).totals["different"] == 0
    assert (await tried(**only, update=True)).totals["written"] == 1
    assert not (await tried(**only)).failed


async def test_antialiasing_is_no_difference(write: Write, tried: Try) -> None:
    """Another Chromium on the machine of a colleague must not turn a build red."""
    write("good.html", GOOD)
    first = the_case(await tried(fixtures=("sample",), update=True), "sample.og")
    shifted = "font: inherit; transform: translate(.25px, .25px)"
    write("good.html", GOOD.replace("font: inherit", shifted))
    moved = the_case(await tried(fixtures=("sample",)), "sample.og")
    assert moved.verdict is Verdict.SAME
    assert moved.picture != first.picture


async def test_goldens_of_photos_are_kept_lossy_and_still_compared(
    write: Write, tried: Try, tmp_path: Path
) -> None:
    """A folder of megabytes would never be committed."""
    noise = """<svg width="1200" height="630" style="position: absolute; inset: 0; z-index: -1">
    <filter id="f"><feTurbulence type="fractalNoise" baseFrequency="0.05" numOctaves="4" seed="1"/>
    </filter><rect width="1200" height="630" filter="url(#f)" opacity="0.3"/></svg>"""
    write("photo.html", GOOD + noise)
    await tried(fixtures=("sample",), update=True)
    path = tmp_path / "templates" / "goldens" / "photo" / "sample.og.webp"
    assert path.stat().st_size < 120_000
    same = await tried(fixtures=("sample",))
    assert the_case(same, "sample.og").verdict is Verdict.SAME
    write("photo.html", GOOD + noise.replace('opacity="0.3"', 'opacity="0.36"'))
    other = await tried(fixtures=("sample",))
    assert the_case(other, "sample.og").verdict is Verdict.DIFFERENT


async def test_goldens_are_no_part_of_the_template(write: Write, tried: Try) -> None:
    """Otherwise every update would redraw every card of a running service."""
    write("folder/card.html", GOOD)
    before = await tried(fixtures=("sample",), update=True)
    after = await tried(fixtures=("sample",))
    one, other = (the_case(each, "sample.og").case.template for each in (before, after))
    assert one.fingerprint == other.fingerprint
    assert not any("goldens" in path for path in other.assets)


async def test_goldens_of_fixtures_that_are_gone_are_told_and_removed(
    write: Write, tried: Try, tmp_path: Path
) -> None:
    """They would stay in the repository for ever, compared with nothing."""
    write("good.html", GOOD)
    folder = tmp_path / "elsewhere"
    await tried(fixtures=("sample",), folder=folder, update=True)
    stale = folder / "good" / "theme-dark.og.webp"
    stale.write_bytes(b"old")
    told = await tried(fixtures=("sample",), folder=folder)
    assert told.templates[0].stale_goldens == ("theme-dark.og.webp",)
    assert not told.failed
    await tried(fixtures=("sample",), folder=folder, update=True)
    assert [path.name for path in folder.glob("good/*")] == ["sample.og.webp"]


async def test_a_golden_that_is_no_picture_fails_with_the_mend(
    write: Write, tried: Try, tmp_path: Path
) -> None:
    """A checkout without its large files leaves text where pictures were."""
    write("good.html", GOOD)
    folder = tmp_path / "goldens"
    (folder / "good").mkdir(parents=True)
    (folder / "good" / "sample.og.webp").write_text("version https://git-lfs.example/spec/v1")
    failed = the_case(await tried(fixtures=("sample",), folder=folder), "sample.og")
    assert failed.failed
    assert "sample.og.webp is no picture; mend it by --update" in failed.failure
    await tried(fixtures=("sample",), folder=folder, update=True)
    assert not (await tried(fixtures=("sample",), folder=folder)).failed


async def test_a_selection_of_nothing_says_what_there_is(write: Write, tried: Try) -> None:
    """A misspelled fixture must not pass as a build without failures."""
    write("good.html", GOOD)
    with pytest.raises(InvalidRequest, match="fixtures: sample, title-only, empty, long"):
        await tried(fixtures=("smaple",))
    with pytest.raises(UnknownTemplate):
        await tried("nosuch")
