"""Reports for programs and for terminals: read back by real parsers, and inert."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from htmlcard.links.checks.rule import load_rules
from htmlcard.links.report import Report
from htmlcard.links.reports.json import write_json
from htmlcard.links.reports.junit import write_junit
from htmlcard.links.reports.sarif import write_sarif
from htmlcard.links.reports.terminal import print_report
from htmlcard.links.reports.visible import escape_in_json, make_visible
from htmlcard.links.reports.words import sum_up

from .crafted.case import PLATFORMS
from .sample_reports import HOSTILE_TEXTS, PAGE, PICTURE, bad_report, good_report, hostile_report

#: What steers a terminal, turns text around or is no character at all.
STEERING = "\x1b\x9b\x07\x08\r\0\u202e\u2066\u2028\ud83d"


def printed(report: Report, width: int = 80, *, terminal: bool = False) -> str:
    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=terminal, highlight=False)
    print_report(report, console)
    return file.getvalue()


def test_the_first_line_answers_whether_the_link_is_fine() -> None:
    """Most people read one line of a report."""
    assert sum_up(good_report()) == "Fine on all 15 platforms"
    assert sum_up(bad_report()) == "Broken on 3, flawed on 12 of 15 platforms"
    assert printed(good_report()).splitlines()[0] == "✓ Fine on all 15 platforms"


@pytest.mark.parametrize("width", [80, 60, 200])
def test_the_table_has_one_line_for_each_platform(width: int) -> None:
    """A table of broken lines says nothing; a window may be narrow or wide."""
    lines = printed(bad_report(), width).splitlines()
    head = next(number for number, line in enumerate(lines) if "Platform" in line)
    rows = lines[head + 1 : head + 1 + len(PLATFORMS)]
    assert [row[0] for row in rows].count("✗") == 3
    assert [row[0] for row in rows].count("!") == 12
    assert max(map(len, rows)) <= width
    telegram = next(row for row in rows if "Telegram" in row)
    assert "bot-blocked" in telegram
    assert "no card" in telegram


def test_patches_can_be_copied_whole_from_a_narrow_terminal() -> None:
    """A line break of ours inside a tag would get into somebody's page."""
    text = printed(bad_report(), width=40)
    for finding in bad_report().findings:
        assert finding.rule in text
        if finding.fix.edits:
            assert f"\n    {finding.fix.text}\n" in text
    assert f"Picture {PICTURE}\n" in text


def test_errors_come_before_warnings_and_those_before_hints() -> None:
    """The first thing to mend is the first thing told."""
    text = printed(bad_report())
    places = [text.index(f"\n{title}\n") for title in ("2 errors", "1 warning", "1 hint")]
    assert places == sorted(places)


@pytest.mark.parametrize("terminal", [True, False])
def test_hostile_titles_do_not_steer_the_terminal(terminal: bool) -> None:
    """A page's title must not clear the screen, turn text around or color it."""
    text = printed(hostile_report(), terminal=terminal)
    for finding in hostile_report().findings:
        assert finding.rule in text
    assert "\x1b[31mred" not in text
    assert "\x1b]" not in text
    assert not set(text) & set(STEERING.replace("\x1b", ""))
    assert ("\x1b" in text) == terminal  # colors of ours alone
    assert "<U+202E>txt.exe" in text
    assert "[red]rich[/red] [link=https://evil.test]markup[/link] :smile:" in text


def test_isolates_of_honest_titles_are_no_noise() -> None:
    """Arabic sites wrap Latin names in them, as they should; the table has no room for codes."""
    title = "خبز \u2066No-Knead\u2069 في يوم"
    report = good_report()
    views = tuple(replace(each, title=title) for each in report.platforms)
    text = printed(replace(report, platforms=views))
    assert text.count("خبز No-Knead في يوم") == len(PLATFORMS)


def test_json_is_the_report_and_inert_in_a_terminal() -> None:
    """`--json` is read by programs, and looked at by people all the same."""
    for report in (good_report(), bad_report(), hostile_report()):
        text = write_json(report)
        assert json.loads(text) == json.loads(json.dumps(report.as_dict()))
        assert not set(text) & set(STEERING)
    assert [each["url"] for each in json.loads(write_json([good_report(), bad_report()]))] == [
        PAGE,
        PAGE,
    ]
    platform = json.loads(write_json(good_report()))["platforms"][0]
    assert set(platform) == {"platform", "title", "description", "image", "layout", "verdict"}


def test_text_without_tricks_stays_as_it_is() -> None:
    """Every script and emoji is innocent; joiners are part of them."""
    for text in ("Ünïcode", "你好\n\tx", "مرحبا", "👩‍👩‍👧", "a\u200cb"):
        assert make_visible(text) == text
        assert escape_in_json(text) == text


def test_junit_counts_one_failure_for_each_rule_that_fails() -> None:
    """A missing picture is one thing to mend, not fifteen failures."""
    root = ET.fromstring(write_junit([good_report(), bad_report()]))
    good, bad = root.findall("testsuite")
    assert (good.get("name"), good.get("tests"), good.get("failures")) == (PAGE, "15", "0")
    failed = {case.get("name"): case for case in bad if case.find("failure") is not None}
    assert set(failed) == {"image-format", "bot-blocked"}
    told = failed["bot-blocked"].find("failure")
    assert told is not None
    assert told.get("type") == "error"
    assert "Let user agents pass that contain TelegramBot" in (told.text or "")
    assert (bad.get("tests"), bad.get("failures")) == (str(len(bad)), "2")
    assert (root.get("tests"), root.get("failures")) == (str(15 + len(bad)), "2")
    passed = {case.get("name") for case in bad} - set(failed)
    assert "Facebook" in passed
    assert not passed & {"Telegram", "Mastodon", "Signal"}
    assert {"mixed-case", "missing-image-alt"} <= passed


def test_junit_fails_on_warnings_where_asked_to() -> None:
    """`--fail-on warning` and the CI's own view must agree."""
    root = ET.fromstring(write_junit([bad_report()], "warning"))
    assert root.get("failures") == "3"
    assert "Facebook" not in {case.get("name") for case in root.iter("testcase")}


def test_junit_of_a_hostile_page_is_wellformed() -> None:
    """XML has no way to write some characters; a CI drops the whole file for one of them."""
    root = ET.fromstring(write_junit([hostile_report()]))
    told = root.find("testsuite/testcase/failure")
    assert told is not None
    assert HOSTILE_TEXTS[0] in (told.text or "")


def test_sarif_has_all_that_the_standard_and_code_scanning_ask_for() -> None:
    """Uploads are refused as a whole where one required property is missing or of another type."""
    for report in (good_report(), bad_report(), hostile_report()):
        log = json.loads(write_sarif([report]))
        assert log["version"] == "2.1.0"
        assert log["$schema"].endswith("sarif-schema-2.1.0.json")
        (run,) = log["runs"]
        driver = run["tool"]["driver"]
        assert driver["name"] == "htmlcard"
        for rule in driver["rules"]:
            assert rule["id"]
            for text in ("shortDescription", "fullDescription", "help"):
                assert rule[text]["text"]
            assert rule["defaultConfiguration"]["level"] in ("error", "warning", "note")
        assert len(run["results"]) == len(report.findings)
        for result, finding in zip(run["results"], report.findings, strict=True):
            assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == finding.rule
            assert result["message"]["text"]
            assert len(result["partialFingerprints"]["htmlcard/v1"]) == 64
            (location,) = result["locations"]
            uri = location["physicalLocation"]["artifactLocation"]["uri"]
            assert urlsplit(uri).scheme == "https"
            assert uri.isascii()
            assert not set(uri) & set(' "<>\\^`{|}')


def test_sarif_knows_every_rule() -> None:
    """A rule that cannot be described would take down the report of whoever breaks it first."""
    rules = load_rules()
    sample = bad_report().findings[0]
    findings = tuple(replace(sample, rule=name) for name in rules)
    log = json.loads(write_sarif([replace(bad_report(), findings=findings)]))
    told = log["runs"][0]["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in told] == [*rules]
    for rule in told:
        assert rule["fullDescription"]["text"] in rule["help"]["text"]
        assert not set("{}") & set(rule["help"]["text"])


def test_sarif_fixes_are_the_edits_of_the_mends() -> None:
    """What an editor applies must be what `check` would: the same bytes replaced by the same."""
    results = json.loads(write_sarif([bad_report()]))["runs"][0]["results"]
    fixes = {result["ruleId"]: result.get("fixes") for result in results}
    assert fixes["bot-blocked"] is None
    (fix,) = fixes["mixed-case"]
    (change,) = fix["artifactChanges"]
    assert change["artifactLocation"]["uri"] == PAGE
    (replacement,) = change["replacements"]
    assert replacement["deletedRegion"] == {"byteOffset": 48, "byteLength": 42}
    assert replacement["insertedContent"]["text"] == bad_report().findings[2].fix.text


def test_sarif_of_a_file_names_its_path_and_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code scanning marks a line of a file in the repository, which it knows by relative paths."""
    monkeypatch.chdir(tmp_path)
    page = Path("public folder/päge.html")
    page.parent.mkdir()
    first = "<!doctype html>\n<title>Ä</title>\n"
    text = first + "x" * (48 - len(first.encode())) + '<meta property="OG:Title" content="Bread">'
    page.write_bytes(text.encode().ljust(200, b"\n"))
    results = json.loads(write_sarif([bad_report()], {PAGE: page}))["runs"][0]["results"]
    places = {result["ruleId"]: result["locations"][0]["physicalLocation"] for result in results}
    assert places["mixed-case"]["artifactLocation"] == {
        "uri": "public%20folder/p%C3%A4ge.html",
        "uriBaseId": "%SRCROOT%",
    }
    column = 48 - len(first.encode()) + 1
    assert places["mixed-case"]["region"] == {
        "byteOffset": 48,
        "byteLength": 42,
        "startLine": 3,
        "startColumn": column,
        "endLine": 3,
        "endColumn": column + 42,
    }
    assert places["bot-blocked"]["region"] == {"startLine": 1}


def test_fingerprints_do_not_change_with_the_evidence() -> None:
    """An alert that comes back under another name every day is one nobody can close."""
    report = bad_report()
    changed = tuple(replace(finding, evidence="another") for finding in report.findings[::-1])
    again = replace(report, findings=changed)
    first, second = (json.loads(write_sarif([each])) for each in (report, again))
    prints = [
        {result["ruleId"]: result["partialFingerprints"] for result in log["runs"][0]["results"]}
        for log in (first, second)
    ]
    assert prints[0] == prints[1]
    assert len({str(value) for value in prints[0].values()}) == 4
