"""Only what is new fails a build; what is known is kept in a file people can read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from htmlcard.errors import InvalidRequest
from htmlcard.links.audits.baseline import Baseline, load_baseline
from htmlcard.links.report import Finding, Mend, Report, Severity

HOME, ABOUT, GONE = (f"https://example.com/{path}" for path in ("", "about", "gone"))
IMAGE, TITLE, ALT = "missing-og-image", "title-too-long", "missing-image-alt"


def finding(rule: str, severity: Severity, evidence: str = "", platform: str = "x") -> Finding:
    mend = Mend("server", "mend it")
    return Finding(rule, severity, (platform,), "It is wrong.", evidence, "a test", "O", mend)


def report(url: str, *findings: Finding) -> Report:
    return Report(url, url, (), findings)


def new_in(baseline: Baseline, *reports: Report) -> list[tuple[str, str, str]]:
    return [
        (each.url, item.rule, item.severity)
        for each in baseline.compare(reports).new
        for item in each.findings
    ]


def test_a_finding_is_known_by_page_and_rule() -> None:
    """Evidence has byte counts and seconds in it, which differ at every audit."""
    baseline = Baseline({}).update([report(HOME, finding(IMAGE, "error", "yesterday"))])
    today = finding(IMAGE, "error", "today", "facebook")
    assert new_in(baseline, report(HOME, today)) == []
    assert new_in(baseline, report(ABOUT, today)) == [(ABOUT, IMAGE, "error")]
    assert new_in(baseline, report(HOME, finding(TITLE, "error"))) == [(HOME, TITLE, "error")]


def test_what_became_worse_is_new_and_what_became_better_is_not() -> None:
    """A warning that turns into an error breaks previews; the other way round is progress."""
    flawed = Baseline({HOME: {IMAGE: "warning"}})
    broken = Baseline({HOME: {IMAGE: "error"}})
    as_error, as_warning = (report(HOME, finding(IMAGE, each)) for each in ("error", "warning"))
    assert new_in(flawed, as_error) == [(HOME, IMAGE, "error")]
    assert new_in(broken, as_warning) == []
    assert broken.compare([as_warning]).mended == ((HOME, IMAGE),)
    assert flawed.compare([as_error]).mended == ()


def test_of_a_rule_that_is_known_as_a_warning_only_the_error_is_new() -> None:
    """One rule may find both on one page, for different platforms."""
    baseline = Baseline({HOME: {IMAGE: "warning"}})
    both = report(HOME, finding(IMAGE, "error"), finding(IMAGE, "warning"))
    assert new_in(baseline, both) == [(HOME, IMAGE, "error")]
    assert baseline.update([both]).pages == {HOME: {IMAGE: "error"}}


def test_hints_are_not_kept() -> None:
    """They fail nothing, and would drown the file's differences."""
    baseline = Baseline({}).update([report(HOME, finding(ALT, "hint"))])
    assert json.loads(baseline.dump())["pages"] == {}


def test_what_is_mended_is_named_so_that_the_file_can_shrink() -> None:
    """Else it would allow the same mistake for ever."""
    baseline = Baseline({page: {IMAGE: "error", TITLE: "warning"} for page in (HOME, ABOUT, GONE)})
    comparison = baseline.compare([report(HOME, finding(IMAGE, "error"))], gone=[GONE])
    assert comparison.mended == ((HOME, TITLE), (GONE, IMAGE), (GONE, TITLE))


def test_pages_that_were_not_looked_at_keep_what_is_known() -> None:
    """After `--limit 10` or Ctrl-C, or while a page does not answer."""
    baseline = Baseline({HOME: {IMAGE: "error"}, ABOUT: {TITLE: "warning"}, GONE: {IMAGE: "error"}})
    updated = baseline.update([report(HOME)], gone=[GONE])
    assert json.loads(updated.dump())["pages"] == {ABOUT: {TITLE: "warning"}}


def test_the_file_reads_well_in_a_diff(tmp_path: Path) -> None:
    """It is reviewed by people: one rule a line, always in the same order."""
    baseline = Baseline({ABOUT: {TITLE: "warning", IMAGE: "error"}, HOME: {IMAGE: "error"}})
    text = baseline.dump()
    assert text == (
        '{\n "version": 1,\n "pages": {\n'
        f'  "{HOME}": {{\n   "{IMAGE}": "error"\n  }},\n'
        f'  "{ABOUT}": {{\n   "{IMAGE}": "error",\n   "{TITLE}": "warning"\n  }}\n }}\n}}\n'
    )
    path = tmp_path / "baseline.json"
    path.write_text(text)
    assert load_baseline(path).dump() == text


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "`--update-baseline` writes the first one"),
        ("", "cannot be used"),
        ("[]", "cannot be used"),
        ('{"version": 2, "pages": {}}', "version"),
        ('{"version": 1, "pages": {"https://example.com/": {"a": "bad"}}}', "example.com"),
        ('{"version": 1, "pages": {}, "more": 1}', "more"),
        ("\ufeff<html>", "cannot be used"),
    ],
)
def test_a_file_that_is_none_says_why(tmp_path: Path, content: str | None, reason: str) -> None:
    """An unreadable baseline must not pass for an empty one, nor for one that knows all."""
    path = tmp_path / "baseline.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InvalidRequest, match=reason):
        load_baseline(path)
