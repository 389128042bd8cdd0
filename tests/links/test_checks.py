"""What the checker says of the crafted pages: what each platform shows, and what is wrong."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from htmlcard.fetch import AddressJudge, Fetcher
from htmlcard.links.checking import Checker
from htmlcard.links.mending import apply
from htmlcard.links.profiles import load_profiles
from htmlcard.links.reading.reader import PageReader
from htmlcard.links.visiting import BROWSER_AGENT

from .checked_cases import CheckedCase, check_cases, open_checker
from .crafted.case import PLATFORMS, load_cases
from .crafted.site import Site, open_site
from .test_reports import printed

pytestmark = pytest.mark.browser

CASES = {case.name: case for case in load_cases()}
Checks = dict[str, CheckedCase]

#: Whose errors are all mended in the page; of the others a picture or a server must change.
MENDABLE = (
    "103-no-title-at-all",
    "106-picture-in-the-text-only",
    "107-twitter-image-only",
    "108-twitter-tags-only",
    "117-javascript-url-and-twitter-image",
    "210-name-instead-of-property",
    "211-name-on-the-picture-only",
    "223-json-ld-instead-of-og",
    "303-tags-past-1-mb",
    "308-empty-shell",
    "309-picture-by-script",
    "401-relative-image",
    "402-protocol-relative-image",
)
IN_THE_PAGE = ("add-tag", "replace-tag", "remove-tag")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def checker() -> AsyncIterator[Checker]:
    async with open_checker() as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def checks(checker: Checker) -> Checks:
    return await check_cases(checker, CASES.values(), {})


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def mended(checker: Checker, checks: Checks) -> Checks:
    """The cases with edits, checked again with all of them done."""
    names = [
        name
        for name, check in checks.items()
        if any(finding.fix.edits for finding in check.checked.report.findings)
    ]
    pages = {name: _mend(checks[name]) for name in names}
    return await check_cases(checker, [CASES[name] for name in names], pages)


def _mend(check: CheckedCase) -> Callable[[Site], bytes]:
    """The mended page, with the addresses of the site it is served from."""
    page = apply(check.checked.page, check.checked.report)

    def move(site: Site) -> bytes:
        moved = page
        for place in ("{host}", "{http}", "{https}"):
            old, new = (fill(place).encode() for fill in (check.fill, site.fill))
            moved = re.sub(re.escape(old) + rb"(?![0-9])", new, moved)
        return moved

    return move


@pytest.mark.parametrize("name", CASES)
def test_findings_verdicts_and_previews_are_those_of_the_label(name: str, checks: Checks) -> None:
    """A finding too many is crying wolf, one too few a broken link that looked fine."""
    case, report = CASES[name], checks[name].checked.report
    found = {(f.rule, f.severity, frozenset(f.platforms)) for f in report.findings}
    assert found == {(f.rule, f.severity, f.platforms) for f in case.findings}
    assert len(found) == len(report.findings)
    assert {v.platform: v.verdict for v in report.platforms} == case.verdicts
    fill = checks[name].fill
    for view in report.platforms:
        label = case.previews[view.platform]
        image = fill(label.image) if label.image else None
        expected = (label.title, label.description, image)
        assert (view.title, view.description, view.image) == expected, view.platform


@pytest.mark.parametrize("name", CASES)
def test_findings_say_what_why_and_what_to_do(name: str, checks: Checks) -> None:
    """Whoever reads them must not have to look anything up."""
    report = checks[name].checked.report
    assert tuple(view.platform for view in report.platforms) == PLATFORMS
    for finding in report.findings:
        assert finding.message
        assert finding.evidence
        assert finding.source
        assert finding.fix.text
        for text in (finding.message, finding.evidence, finding.fix.text):
            assert "{" not in text.replace("{origin}", "").replace("{http", ""), finding.rule
        if finding.fix.edits:
            assert finding.fix.kind in IN_THE_PAGE


@pytest.mark.parametrize("name", CASES)
def test_layouts_fit_what_is_shown(name: str, checks: Checks) -> None:
    """Mock-ups are drawn from them."""
    for view in checks[name].checked.report.platforms:
        shown = (view.title, view.description, view.image)
        assert (view.layout == "none") == (shown == (None, None, None))
        if view.layout != "none":
            assert (view.layout == "text") == (view.image is None)


def test_layouts_depend_on_card_and_size(checks: Checks) -> None:
    """x and Discord go by the tag, Facebook and LinkedIn by the picture."""

    def layouts(name: str) -> dict[str, str]:
        return {view.platform: view.layout for view in checks[name].checked.report.platforms}

    assert layouts("001-article") | {"x": "large", "facebook": "large"} == layouts("001-article")
    summary = layouts("002-square-summary")
    assert (summary["x"], summary["discord"], summary["facebook"]) == (
        "thumbnail",
        "thumbnail",
        "large",
    )
    small = layouts("420-small-image")
    assert (small["facebook"], small["linkedin"], small["slack"]) == (
        "thumbnail",
        "thumbnail",
        "large",
    )


def test_the_mendable_cases_are_those_that_can_be(checks: Checks) -> None:
    """By the specification's table: errors of which each can be mended in the page."""
    found = []
    for name, check in checks.items():
        errors = [f for f in check.checked.report.findings if f.severity == "error"]
        if errors and all(f.fix.kind in IN_THE_PAGE for f in errors):
            found.append(name)
    assert tuple(found) == MENDABLE


@pytest.mark.parametrize("name", MENDABLE)
def test_no_error_is_left_with_all_mends_done(name: str, mended: Checks) -> None:
    """Who pastes what the report says must not be sent around in circles."""
    assert mended[name].checked.report.count("error") == 0


def test_what_was_mended_is_gone_and_nothing_new_is_broken(checks: Checks, mended: Checks) -> None:
    """Of all cases with edits, those with warnings alone, too; mends applied together must not
    clash."""
    assert len(mended) >= 30
    for name, after in mended.items():
        before = checks[name].checked.report.findings
        left = {finding.rule for finding in after.checked.report.findings}
        assert not left & {f.rule for f in before if f.fix.edits}, name
        errors = {f.rule for f in after.checked.report.findings if f.severity == "error"}
        assert errors <= {f.rule for f in before if f.severity == "error"}, name


def test_everything_is_asked_for_once(checks: Checks) -> None:
    """Fifteen crawlers are a burst as it is."""
    hits = checks["001-article"].hits
    agents = {profile.user_agent.value for profile in load_profiles()} | {BROWSER_AGENT}
    assert len(agents) == 15
    assert {agent for path, agent in hits if path == "/post"} == agents
    facebook = next(agent for agent in agents if agent.startswith("facebookexternalhit"))
    others = {(path, agent) for path, agent in hits if path != "/post"}
    assert others == {("/card.png", facebook), ("/robots.txt", facebook)}
    assert set(hits.values()) == {1}
    assert ("/favicon.ico", facebook) in checks["115-no-favicon"].hits


async def test_one_crawler_for_all_is_one_fetch(checker: Checker, checks: Checks) -> None:
    """Audits ask so for most pages; what they say must not differ for it."""
    async with open_site(CASES["102-no-og-title"]) as site:
        report = await checker.check(site.page, crawlers="one")
        assert [hits for (path, _), hits in site.hits.items() if path == "/post"] == [1]
    told = checks["102-no-og-title"].checked.report.findings
    assert [f.rule for f in report.findings] == [f.rule for f in told]


async def test_a_page_at_hand_is_checked_like_one_on_the_web(checker: Checker) -> None:
    """Builds are checked before they are published; what the page names is on the web already."""
    async with open_site(CASES["424-wrong-size-tags"]) as site:
        page = site.encode(site.case.responses[0])
        checked = await checker.look_at(page, site.page)
        assert not any(path == "/post" for path, _ in site.hits)
        assert [f.rule for f in checked.report.findings] == ["wrong-image-size"]
        assert checked.page == page
        assert list(checked.pictures) == [site.fill("{origin}/card.png")]
    with pytest.raises(ValueError, match="no http"):
        await checker.look_at(page, "post.html")


async def test_a_page_whose_scripts_could_not_be_run_says_so() -> None:
    """`missing-og-title` would be half the truth: a script may add it, and that is the mistake."""
    page = b"<!doctype html><title>Bread</title><script>later()</script>"
    async with (
        Fetcher(AddressJudge()) as fetcher,
        PageReader() as reader,
        Checker(fetcher, reader) as without_a_browser,
    ):
        report = await without_a_browser.check_page(page, "http://127.0.0.1/bread")
        (note,) = report.notes
        assert "scripts were not run" in note
        assert note in " ".join(printed(report).split())
        plain = await without_a_browser.check_page(page[:40], "http://127.0.0.1/bread")
        assert plain.notes == ()
