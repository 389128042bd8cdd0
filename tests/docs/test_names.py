"""Names in the documentation exist: files, settings, commands, metrics."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from docs.pages import HTTP, OPERATIONS, PAGES, ROOT, TEMPLATES, Page, names_in
from htmlcard.cli import main
from htmlcard.config import Settings, variable_name
from htmlcard.telemetry.metrics import Metrics

VARIABLES = {variable_name(field): field for field in Settings.model_fields}
MAX_GUIDE_BYTES = 450_000
TEST_COMMAND = "htmlcard templates test "


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links_lead_somewhere(page: Page) -> None:
    """A reader who meets one dead link stops trusting the rest."""
    relative = [link for link in page.links if not re.match(r"[a-z]+:", link)]
    missing = [
        link for link in relative if not (page.path.parent / link.partition("#")[0]).exists()
    ]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_settings_exist(page: Page) -> None:
    """A misspelled setting stops the service from starting."""
    named = set(re.findall(r"HTMLCARD_[A-Z]\w+", page.text))
    assert named - VARIABLES.keys() == set()


@pytest.mark.parametrize("page", [HTTP, OPERATIONS], ids=str)
def test_defaults_are_the_ones_in_the_code(page: Page) -> None:
    """People size machines and proxies by these numbers."""
    told = dict(re.findall(r"\(`(HTMLCARD_\w+)`, ([\d,]+)\)", page.prose))
    told |= dict(re.findall(r"^\| `(HTMLCARD_\w+)` \| ([\d,]+) \|", page.prose, re.MULTILINE))
    assert told
    for variable, number in told.items():
        default = Settings.model_fields[VARIABLES[variable]].default
        assert default == int(number.replace(",", "")), variable


def test_the_metrics_listed_are_the_metrics_there_are() -> None:
    """Alerts are written from this list; a name that never appears never fires."""
    listed = {names_in(row[0])[0] for row in OPERATIONS.table("metric", "labels", "watch for")}
    families = Metrics().registry.collect()
    suffix = {"counter": "_total"}
    assert listed == {family.name + suffix.get(family.type, "") for family in families}


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_make_targets_exist(page: Page) -> None:
    """`make` is the first thing a newcomer types."""
    found = re.findall(r"(?:`|^)make ([a-z-]+)", page.text, re.MULTILINE)
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(found) <= set(targets)


def test_commands_exist(capsys: pytest.CaptureFixture[str]) -> None:
    """Every `htmlcard …` that is mentioned anywhere answers to `--help`."""
    mentions = [
        text.removeprefix(".venv/bin/")
        for page in PAGES
        for text in [*page.spans, *page.commands]
        if text.removeprefix(".venv/bin/").startswith("htmlcard ")
    ]
    help_texts = {}
    for command in {_words(mention) for mention in mentions}:
        with pytest.raises(SystemExit) as ended:
            main([*command, "--help"])
        assert ended.value.code == 0, command
        help_texts[command] = capsys.readouterr().out
    assert ("serve",) in help_texts
    for mention in mentions:
        for flag in re.findall(r" (-{1,2}[a-z-]+)", mention):
            assert f"{flag} " in help_texts[_words(mention)], mention


def _words(mention: str) -> tuple[str, ...]:
    """The command without its arguments: `templates list`, `render`."""
    words = mention.split()[1:]
    return tuple(words[:2] if words[0] == "templates" else words[:1])


def run_htmlcard(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("htmlcard")
    return subprocess.run(
        [program, *arguments], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.browser
def test_commands_in_shell_blocks_do_what_they_say(tmp_path: Path) -> None:
    """These are copied and pasted, and have to end well."""
    # In the order of the pages, as one command uses what another made.
    found = (line for page in PAGES for line in page.commands if line.startswith("htmlcard "))
    lines = [*dict.fromkeys(found)]
    assert lines
    for line in lines:
        # Of the sixty cards of a test two are enough here.
        fewer = ["--fixture=sample", "--size=og"] if line.startswith(TEST_COMMAND) else []
        done = run_htmlcard(*shlex.split(line)[1:], *fewer, folder=tmp_path)
        assert done.returncode == 0, (line, done.stderr)
    assert (tmp_path / "templates/my-card/goldens/sample.og.webp").is_file()
    assert (tmp_path / "out/template-report/index.html").is_file()
    with Image.open(tmp_path / "hello.png") as picture:
        assert picture.size == (1200, 630)


def test_pictures_are_used_and_small() -> None:
    """The guide is read on phones, and a picture nobody shows is dead weight."""
    shown = {
        (page.path.parent / link).resolve()
        for page in PAGES
        for link in page.links
        if link.endswith(".png")
    }
    drawn = set((ROOT / "docs" / "images").glob("*.png"))
    assert drawn == shown
    guide = [ROOT / "docs" / link for link in TEMPLATES.links if link.endswith(".png")]
    assert sum(path.stat().st_size for path in guide) < MAX_GUIDE_BYTES
