"""`htmlcard audit` as a CI runs it: real folders, real sites, exit codes, files."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import psutil
import pytest
from desk import HANG_S, HTMLCARD, Desk
from links.large_site import LACKING, draw_picture, open_large_site, write_page, write_site
from web_server import Request, WebServer, answer, open_web_server

from htmlcard.cli import main

from .conftest import Done, RunHere

BASE = "https://example.com"
#: What a CI may wait for; a page that hangs costs ten.
SOAK_PAGES = 1_000


Run = Callable[..., Done]


@pytest.fixture
def audit(here: None, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command in the desk's folder; in this thread, for it heeds signals."""

    def run(*arguments: str) -> Done:
        with pytest.raises(SystemExit) as ended:
            main(["audit", *arguments])
        said = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Done(ended.value.code, said.out, said.err)

    return run


async def start(desk: Desk, *arguments: str) -> asyncio.subprocess.Process:
    """While the test's own server goes on answering."""
    return await asyncio.create_subprocess_exec(
        HTMLCARD,
        "audit",
        *arguments,
        cwd=desk.folder,
        env=desk.environment(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def end(process: asyncio.subprocess.Process, hang_s: float = HANG_S) -> Done:
    try:
        async with asyncio.timeout(hang_s):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode is not None
    assert b"Traceback" not in err
    return Done(process.returncode, out.decode(), err.decode())


@pytest.fixture
def public(desk: Desk) -> Path:
    """A built site of eight pages, two of which lack their picture."""
    folder = desk.folder / "public"
    folder.mkdir()
    write_site(folder, LACKING + 1, BASE)
    return folder


def rules(found: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(each["url"].removeprefix(BASE), each["rule"]) for each in found]


def errors(report: dict[str, Any]) -> list[str]:
    return [each["rule"] for each in report["findings"] if each["severity"] == "error"]


def test_a_built_folder_is_audited_before_it_is_anywhere(audit: Run, public: Path) -> None:
    """Its pages say where it will be; its pictures are read from disk, and nothing is dialled."""
    done = audit("public", "--json")
    assert done.code == 1
    said = done.json
    assert said["base_url"] == f"{BASE}/"
    assert said["pages"]["error"] == 2
    assert sum(said["pages"].values()) == LACKING + 1
    assert (said["complete"], said["problems"], said["failures"]) == (True, [], [])
    by_path = {each["url"].removeprefix(BASE): errors(each) for each in said["reports"]}
    assert {path for path, found in by_path.items() if found} == {"/0.html", f"/{LACKING}.html"}
    assert by_path["/0.html"] == ["missing-og-image"]
    assert said["rules"][0] == {"rule": "missing-og-image", "severity": "error", "pages": 2}


def test_the_terminal_says_what_to_mend_first(audit: Run, public: Path) -> None:
    """Who runs it on a large site needs a place to begin, not a thousand reports."""
    done = audit("public")
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"8 pages below {BASE}/, ")
    assert lines[1].startswith("✗ 2 with errors")
    first = lines.index("What to mend first")
    assert lines[first + 2].startswith("✗ missing-og-image  2 pages, all 15 platforms")
    assert f"  {BASE}/0.html" in lines
    assert "Worst pages" in lines
    assert done.stderr == ""


def test_only_what_is_new_fails_a_build(audit: Run, desk: Desk, public: Path) -> None:
    """A site with old mistakes can be released, with new ones it cannot."""
    assert audit("public", "--baseline", "links.json").code == 2, "there is none yet"
    written = audit("public", "--baseline", "links.json", "--update-baseline")
    assert written.code == 0, written.stdout
    content = (desk.folder / "links.json").read_text()
    assert json.loads(content)["pages"][f"{BASE}/0.html"]["missing-og-image"] == "error"
    again = audit("public", "--baseline", "links.json")
    assert again.code == 0
    assert "All of it is in the baseline." in again.stdout
    (public / "100.html").write_text(write_page(LACKING, BASE))
    (public / "0.html").write_text(write_page(1, BASE))
    (public / f"{LACKING}.html").unlink()
    new = audit("public", "--baseline", "links.json", "--json", "--junit", "junit.xml")
    assert new.code == 1
    found = rules(new.json["new"])
    assert ("/100.html", "missing-og-image") in found
    assert {path for path, _ in found} == {"/100.html"}
    assert ("/0.html", "missing-og-image") in rules(new.json["mended"])
    assert (f"/{LACKING}.html", "missing-og-image") in rules(new.json["mended"])
    suites = ET.parse(desk.folder / "junit.xml").getroot()
    failing = [case.get("classname") for case in suites.iter("testcase") if len(case)]
    assert {page for page in failing if page} >= {f"{BASE}/100.html"}
    assert int(suites.get("failures", "")) == 1
    assert (desk.folder / "links.json").read_text() == content, "only --update-baseline writes"
    part = audit("public", "--baseline", "links.json", "--limit", "1", "--update-baseline")
    assert part.code == 0
    kept = json.loads((desk.folder / "links.json").read_text())["pages"]
    assert f"{BASE}/{LACKING}.html" in kept, "it was not looked at"
    audit("public", "--baseline", "links.json", "--update-baseline")
    kept = json.loads((desk.folder / "links.json").read_text())["pages"]
    assert "missing-og-image" in kept[f"{BASE}/100.html"]
    assert f"{BASE}/{LACKING}.html" not in kept


def test_warnings_fail_where_that_is_asked_for(audit: Run, public: Path) -> None:
    """Some teams allow none."""
    for page in (public / "0.html", public / f"{LACKING}.html"):
        page.unlink()
    text = (public / "1.html").read_text()
    (public / "1.html").write_text(text.replace('name="twitter:card"', 'name="twitter:cart"'))
    assert audit("public").code == 0
    assert audit("public", "--fail-on", "warning").code == 1


def test_files_for_programs_and_people_are_written(audit: Run, desk: Desk, public: Path) -> None:
    """A CI keeps them; code scanning wants the file and its line."""
    done = audit("public", "--sarif", "out/links.sarif", "--html", "out/audit.html")
    assert done.code == 1
    log = json.loads((desk.folder / "out/links.sarif").read_text())
    places = {
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for result in log["runs"][0]["results"]
        if result["ruleId"] == "missing-og-image"
    }
    assert places == {"public/0.html", f"public/{LACKING}.html"}
    page = (desk.folder / "out/audit.html").read_text()
    assert "8 pages audited" in page
    assert f"{BASE}/0.html" in page


async def test_names_of_files_need_be_no_text(desk: Desk, run_here: RunHere) -> None:
    """Archives from old systems have them, and one must not cost a whole report."""
    (desk.folder / "old").mkdir()
    page = os.fsdecode(b"old/caf\xe9.html")
    (desk.folder / page).write_text("<title>x</title>")
    done = await run_here("check", page, "--base-url", f"{BASE}/", "--sarif", "x.sarif", "--json")
    assert (done.code, done.json["url"]) == (1, f"{BASE}/caf%E9.html"), done.stderr
    results = json.loads((desk.folder / "x.sarif").read_text())["runs"][0]["results"]
    place = results[0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "old/caf%E9.html"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["nowhere"], "there is no file or folder nowhere; for a site on the web write https://"),
        (["empty"], "there are no *.html files in empty"),
        (["public", "--base-url", "/docs"], "--base-url must be an http or https URL"),
        (["https://example.com", "--base-url", BASE], "--base-url is for folders"),
        (["https://exa mple.com/"], "is no URL of a sitemap or a site"),
        (["public", "--update-baseline"], "needs --baseline FILE"),
        (["public", "--concurrency", "0"], "concurrency"),
        (["public", "--limit", "0"], "limit"),
        (["public", "--html", "public"], "public cannot be written"),
        (["public", "--baseline", "public/0.html"], "cannot be used"),
    ],
)
def test_wrong_usage_is_told_at_once(
    audit: Run, desk: Desk, public: Path, arguments: list[str], reason: str
) -> None:
    """Exit code 2 and one line that says what to do, before anything is fetched."""
    (desk.folder / "empty").mkdir()
    done = audit(*arguments)
    assert done.code == 2, done.stdout
    assert reason in done.stderr


def test_a_site_that_is_not_allowed_says_how_to_allow_it(audit: Run) -> None:
    """The first thing people try is their own machine."""
    done = audit("http://127.0.0.1:1/sitemap.xml")
    assert done.code == 1
    assert "--allow-private" in done.stdout


async def audit_site(desk: Desk, pages: int, *arguments: str, hang_s: float = HANG_S) -> Done:
    """An audit of a large site in a process of its own, from its front page on."""
    async with open_large_site(pages) as site:
        process = await start(desk, site.url, "--allow-private", *arguments)
        return await end(process, hang_s)


async def test_a_site_is_audited_by_its_sitemap(desk: Desk) -> None:
    """The whole way, over real sockets: robots.txt, sitemap, pages, the picture they share."""
    done = await audit_site(desk, 40, "--json")
    said = done.json
    assert done.code == 1
    assert sum(said["pages"].values()) == 40
    assert said["pages"]["error"] == 6, said["rules"]
    assert said["rules"][0] == {"rule": "missing-og-image", "severity": "error", "pages": 6}
    numbers = [int(each["url"].rpartition("/")[2]) for each in said["reports"]]
    assert numbers == list(range(40)), "in the sitemap's order"


@pytest.mark.soak
async def test_a_thousand_pages_take_seconds(desk: Desk) -> None:
    """At a hundred pages a second an audit fits into every build. The figure is for a calm
    machine with two cores; on a busy one the CPU time tells."""
    before = psutil.Process().cpu_times()
    done = await audit_site(desk, SOAK_PAGES, hang_s=300)
    after = psutil.Process().cpu_times()
    cpu_s = after.children_user + after.children_system
    cpu_s -= before.children_user + before.children_system
    print(done.stdout.splitlines()[0])  # noqa: T201 - a figure, for whoever asks for it
    print(f"{1_000 * cpu_s / SOAK_PAGES:.1f} ms of CPU a page, start and server included")  # noqa: T201
    assert done.code == 1
    assert done.stdout.startswith(f"{SOAK_PAGES:,} pages")


async def hostile_site(server: WebServer) -> list[str]:
    """A good page, and pages of those who would rather hold us up."""

    async def hang(_: Request) -> None:
        await asyncio.sleep(3600)

    async def drip(request: Request) -> None:
        request.writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<title>")
        while True:
            request.writer.write(b"x")
            await request.writer.drain()
            await asyncio.sleep(0.2)

    async def flood(request: Request) -> None:
        request.writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        while True:
            request.writer.write(b"<meta property=og:title content=x>" * 10_000)
            await request.writer.drain()

    origin = server.url("")
    good = write_page(1, origin).encode()
    server.pages |= {
        "/hang": hang,
        "/drip": drip,
        "/flood": flood,
        "/deep": answer(b"<div>" * 200_000, "text/html"),
        "/picture.png": answer(draw_picture(), "image/png"),
        "/icon.png": answer(draw_picture(), "image/png"),
        **{f"/{number}": answer(good, "text/html; charset=utf-8") for number in range(30)},
    }
    paths = ["/hang", "/drip", "/flood", "/deep", *(f"/{number}" for number in range(30))]
    server.pages["/sitemap.xml"] = answer("\n".join(map(server.url, paths)).encode())
    return paths


@pytest.mark.soak
async def test_hostile_pages_are_findings_and_hold_up_nobody(desk: Desk) -> None:
    """One page of a thousand hangs; the others must not wait for it one after the other."""
    async with open_web_server() as server:
        paths = await hostile_site(server)
        process = await start(desk, server.url("/"), "--allow-private", "--json")
        done = await end(process)
    assert done.json["failures"] == []
    reports = {each["url"].removeprefix(server.url("")): each for each in done.json["reports"]}
    assert list(reports) == paths
    assert errors(reports["/hang"]) == ["page-unreachable"]
    assert errors(reports["/drip"]) == ["page-unreachable"]
    assert not any(errors(reports[f"/{number}"]) for number in range(30))
    assert server.hits["/picture.png"] <= 2, "once for each user agent that asks for pictures"


async def test_ctrl_c_tells_what_is_known_by_then(desk: Desk) -> None:
    """Nobody should have to wait to the end for what the first hundred pages have shown."""
    async with open_web_server() as server:
        await hostile_site(server)
        urls = [*(server.url(f"/{number}") for number in range(30)), server.url("/hang")]
        server.pages["/sitemap.xml"] = answer("\n".join(urls).encode())
        files = ("--baseline", "links.json", "--update-baseline")
        process = await start(desk, server.url("/"), "--allow-private", "--json", *files)
        async with asyncio.timeout(HANG_S):
            while not server.hits["/hang"]:  # noqa: ASYNC110 - it happens in another process
                await asyncio.sleep(0.05)
        family = psutil.Process(process.pid).children(recursive=True)
        os.kill(process.pid, signal.SIGINT)
        done = await end(process)
    assert done.code == 130
    assert not done.json["complete"]
    assert len(done.json["reports"]) >= 25
    assert not (desk.folder / "links.json").exists(), "half an audit is no baseline"
    assert not any(each.is_running() for each in family)
