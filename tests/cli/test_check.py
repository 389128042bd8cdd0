"""`htmlcard check`, run as people and CIs run it, on sites whose faults are known."""

from __future__ import annotations

import asyncio
import io
import json
import os
import pty
import re
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from desk import HTMLCARD, Desk
from docs.pages import Page, names_in
from links.crafted.case import FOLDER, PLATFORMS, load_case
from links.crafted.site import Site, open_site

from htmlcard.cli import main

from .conftest import RunHere

GREEN = load_case(FOLDER / "001-article.toml")
NO_PICTURE = load_case(FOLDER / "105-no-picture.toml")
NO_TWITTER_CARD = load_case(FOLDER / "112-no-twitter-card.toml")
ESCAPES = load_case(FOLDER / "207-escape-sequence.toml")
HERE = "--allow-private"


def save_page(site: Site, path: Path) -> Path:
    """The page of a case as a file, with the addresses it has on the site."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(site.encode(site.case.responses[0]))
    return path


async def test_a_good_page_is_fine_everywhere_and_exit_code_0(desk: Desk) -> None:
    """The answer to "is my link fine?" is the first line, and a script's `&&` goes on.

    Sixteen visitors may take ten seconds: a terminal sees that it goes on.
    """
    ours, theirs = pty.openpty()
    async with open_site(GREEN) as site:
        process = await asyncio.create_subprocess_exec(
            *(HTMLCARD, "check", site.page, HERE),
            cwd=desk.folder,
            env=desk.environment(TERM="xterm", COLUMNS="80"),
            stdout=subprocess.PIPE,
            stderr=theirs,
        )
        os.close(theirs)
        stdout, _ = await asyncio.wait_for(process.communicate(), 60)
    told = os.read(ours, 65536)
    os.close(ours)
    text = stdout.decode()
    assert process.returncode == 0, text
    assert text.startswith("✓ Fine on all 15 platforms\n")
    assert text.count("Bread without kneading") == len(PLATFORMS)
    assert max(map(len, text.splitlines())) <= 80
    assert b"Checking http://127.0.0.1" in told


async def test_a_bad_page_is_exit_code_1_with_the_patch_to_paste(run_here: RunHere) -> None:
    """What is wrong, whom it hits and the line that mends it, in one look."""
    async with open_site(NO_PICTURE) as site:
        done = await run_here("check", site.page, HERE)
    text = done.stdout
    assert done.code == 1, done.stderr
    assert text.startswith("✗ Broken on all 15 platforms\n")
    assert "✗ missing-og-image on all 15 platforms" in text


async def test_json_is_the_contract_and_agrees_with_the_labels(
    desk: Desk, run_here: RunHere
) -> None:
    """Programs read this; its keys are promised, its verdicts were labeled by hand.

    Warnings fail here, for a team that has mended its errors tightens the screw.
    """
    strictly = ["--fail-on", "warning", "--junit", "out/check.xml"]
    async with open_site(NO_TWITTER_CARD) as site:
        done = await run_here("check", site.page, HERE, "--json", *strictly)
        report = done.json
        assert report["url"] == site.page
    assert (done.code, done.stderr) == (1, "")
    assert set(report) == {"url", "final_url", "platforms", "findings"}
    verdicts = {view["platform"]: view["verdict"] for view in report["platforms"]}
    assert verdicts == NO_TWITTER_CARD.verdicts
    found = {(each["rule"], each["severity"]) for each in report["findings"]}
    assert found == {(each.rule, each.severity) for each in NO_TWITTER_CARD.findings}
    assert {"message", "evidence", "source", "confidence", "fix"} <= set(report["findings"][0])
    cases = ET.parse(desk.folder / "out/check.xml").getroot().iter("testcase")
    failed = {case.get("name") for case in cases if case.find("failure") is not None}
    assert failed == {"missing-twitter-card"}


async def test_several_targets_in_every_format_at_once(desk: Desk, run_here: RunHere) -> None:
    """A CI asks once and keeps all it can get; the page on disk is a file to SARIF."""
    async with open_site(GREEN) as site, open_site(NO_PICTURE) as other:
        page = save_page(other, desk.folder / "public" / "post.html")
        files = ["--html", "report.html", "--sarif", "check.sarif", "--junit", "check.xml"]
        base = f"{other.fill('{origin}')}/"
        pages = (site.page, "public/post.html", "--base-url", base)
        done = await run_here("check", *pages, HERE, "--json", *files)
    assert done.code == 1, done.stderr
    reports = done.json
    assert [each["url"] for each in reports] == [site.page, f"{base}{page.name}"]
    suites = ET.parse(desk.folder / "check.xml").getroot().findall("testsuite")
    assert [suite.get("name") for suite in suites] == [each["url"] for each in reports]
    results = json.loads((desk.folder / "check.sarif").read_text())["runs"][0]["results"]
    missing = next(each for each in results if each["ruleId"] == "missing-og-image")
    place = missing["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "public/post.html", "uriBaseId": "%SRCROOT%"}
    assert place["region"]["startLine"] >= 1
    html = (desk.folder / "report.html").read_text()
    assert html.count("data:image/webp;base64,") == 1
    assert "http://127.0.0.1" in html
    assert 'src="http' not in html


async def test_standard_input_is_a_page_that_will_be_somewhere(desk: Desk) -> None:
    """A generator's output can be checked in a pipe, before there is a file.

    Its flaws are warnings, which do not fail unless somebody wants that.
    """
    async with open_site(NO_TWITTER_CARD) as site:
        done = await asyncio.to_thread(
            subprocess.run,
            [HTMLCARD, "check", "-", "--base-url", site.page, HERE, "--json"],
            input=site.encode(NO_TWITTER_CARD.responses[0]),
            cwd=desk.folder,
            env=desk.environment(),
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        report = json.loads(done.stdout)
        assert report["url"] == site.page
    verdicts = {view["platform"]: view["verdict"] for view in report["platforms"]}
    assert verdicts == NO_TWITTER_CARD.verdicts


async def test_a_hostile_title_does_not_steer_the_terminal(
    run_here: RunHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever checks a stranger's link must not have the stranger at his terminal."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    async with open_site(ESCAPES) as site:
        done = await run_here("check", site.page, HERE)
    text = done.stdout
    assert "control-in-value" in text
    # Bold and dim are ours; no color, and nothing else that steers.
    assert set(re.findall(r"\x1b[^m]*m?", text)) <= {"\x1b[1m", "\x1b[2m", "\x1b[0m"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "URL"),
        (["nosuch.html"], "https://nosuch.html"),
        (["."], "htmlcard audit"),
        (["-", "-"], "once"),
        (["http://"], "no URL"),
        (["page.html", "--base-url", "ftp://example.org"], "--base-url"),
        (["--jsno", "page.html"], "--jsno"),
        (["page.html", "--fail-on", "hint"], "fail-on"),
    ],
)
def test_what_cannot_be_checked_is_exit_code_2(
    arguments: list[str],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A mistyped file is no finding about a page, and a CI must not take it for one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"<title>A page</title>")))
    Path("page.html").write_text("<title>A page</title>")
    with pytest.raises(SystemExit) as ended:
        main(["check", *arguments])
    printed = capsys.readouterr()
    assert ended.value.code == 2
    assert told in printed.err
    assert printed.out == ""


def test_the_documented_options_are_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    """An option that is only in the documentation is an error in somebody's CI."""
    rows = Page("docs/links.md").table("option of `check`", "what it does")
    listed = {names_in(row[0])[0].split()[0] for row in rows}
    with pytest.raises(SystemExit):
        main(["check", "--help"])
    own, settings = capsys.readouterr().out.split(" Settings ")
    flags = set(re.findall(r"(?<=[│|] )--[a-z-]+", own))
    assert listed == {*flags, HERE}
    assert HERE in settings


async def test_an_address_nobody_may_fetch_from_is_exit_code_2(run_here: RunHere) -> None:
    """Whoever checks his own machine learns of the flag that allows it."""
    done = await run_here("check", "http://127.0.0.1:9/")
    assert (done.code, done.stdout) == (2, "")
    assert "--allow-private" in done.stderr
    assert "Traceback" not in done.stderr


async def test_a_report_that_cannot_be_written_is_exit_code_2(
    desk: Desk, run_here: RunHere
) -> None:
    """Half a run in silence is worse than a plain word."""
    (desk.folder / "page.html").write_text("<title>A page</title>")
    done = await run_here("check", "page.html", HERE, "--html", "page.html/report.html")
    assert done.code == 2
    assert "page.html/report.html cannot be written" in done.stderr
