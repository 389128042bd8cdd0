"""Whether a crawler gets the page at all, and what it goes through on the way."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from itertools import pairwise

from htmlcard.errors import FetchFailed, TooManyRedirects
from htmlcard.fetch import Fetched
from htmlcard.links.checks.hits import Hit, strike
from htmlcard.links.checks.page import Page, shorten
from htmlcard.links.checks.subject import Subject, Visit
from htmlcard.links.profiles import Profile
from htmlcard.links.robots import find_disallowed
from htmlcard.links.web_url import WebUrl, parse_web_url

SLOW_S = 3.0
_LOOPBACK_V4 = re.compile(r"127(?:\.[0-9]+){3}")
_LOGIN_STATUSES = frozenset({401, 403, 407})


def find_stop(subject: Subject, profile: Profile) -> tuple[Hit, ...]:
    """The one reason for which the platform shows nothing, if there is one."""
    visit = subject.visits[profile.platform]
    for find in _STOPS:
        if hits := tuple(find(subject, profile, visit)):
            return hits
    return ()


def _no_answer(subject: Subject, profile: Profile, visit: Visit) -> Iterator[Hit]:
    failure = visit.answer
    if isinstance(failure, TooManyRedirects):
        chain = _chain(failure.urls, "")
        yield from strike("too-many-redirects", [profile], chain)
    elif isinstance(failure, FetchFailed) and not subject.browser.is_good:
        yield from strike("page-unreachable", [profile], str(failure))


def _blocked(subject: Subject, profile: Profile, visit: Visit) -> Iterator[Hit]:
    if visit.is_good or not subject.browser.is_good:
        return
    got = str(visit.status or visit.answer)
    agent = profile.agent_name
    evidence = f"{got} for {agent}, {subject.browser.status} for a browser"
    yield from strike("bot-blocked", [profile], evidence, names=agent.partition("/")[0])


def _behind_login(subject: Subject, profile: Profile, visit: Visit) -> Iterator[Hit]:
    if {visit.status, subject.browser.status} <= _LOGIN_STATUSES:
        yield from strike("login-wall", [profile], name_status(visit.status))
    elif isinstance(visit.answer, Fetched) and visit.answer.hops and visit.page:
        page = visit.page
        if page.parts.layout.has_password and page.find_tag("og:title") is None:
            yield from strike("login-wall", [profile], visit.answer.url)


def _bad_status(subject: Subject, profile: Profile, visit: Visit) -> Iterator[Hit]:
    if not visit.is_good:
        yield from strike("page-status", [profile], name_status(visit.status))


def _no_html(subject: Subject, profile: Profile, visit: Visit) -> Iterator[Hit]:
    assert visit.page is not None
    essence = visit.page.kind.essence
    takes_xhtml = profile.platform not in ("mastodon", "signal")
    if essence == "application/xhtml+xml" and takes_xhtml:
        return
    if essence not in ("", "text/html"):
        yield from strike("not-html", [profile], shorten(essence))


def _kept_out(subject: Subject, profile: Profile, visit: Visit) -> Iterator[Hit]:
    assert visit.page is not None
    yield from find_robots_hit("robots-blocks-page", subject, profile, visit.page.url)


def _downgraded(subject: Subject, profile: Profile, visit: Visit) -> Iterator[Hit]:
    if (step := _find_downgrade(visit)) and profile.platform == "signal":
        yield from strike("https-downgrade", [profile], step)


def _downloaded(subject: Subject, profile: Profile, visit: Visit) -> Iterator[Hit]:
    assert isinstance(visit.answer, Fetched)
    disposition = visit.answer.headers.get("Content-Disposition", "")
    if disposition and disposition.partition(";")[0].strip().lower() != "inline":
        yield from strike("page-attachment", [profile], shorten(disposition))


_STOPS = (
    _no_answer,
    _blocked,
    _behind_login,
    _bad_status,
    _no_html,
    _downloaded,
    _kept_out,
    _downgraded,
)


def find_robots_hit(rule: str, subject: Subject, profile: Profile, url: WebUrl) -> Iterator[Hit]:
    """Whether robots.txt of the URL's origin keeps the crawler from its path."""
    robots = subject.robots.get(url.origin)
    if profile.robots_token is None or not robots:
        return
    path = url.path if url.query is None else f"{url.path}?{url.query}"
    token = profile.robots_token.value
    if line := find_disallowed(robots, token, path):
        words = f"Add to {url.origin}/robots.txt:\nUser-agent: {token}\nAllow: /"
        if line.group != "*":
            words = f"Remove from {url.origin}/robots.txt, below {token}:\n{line.rule}"
        yield from strike(rule, [profile], shorten(str(line)), words=words)


def check_arrival(subject: Subject, profile: Profile, page: Page) -> Iterator[Hit]:
    """What goes for a platform that got the page."""
    visit = subject.visits[profile.platform]
    assert isinstance(visit.answer, Fetched)
    hops = visit.answer.hops
    if step := _find_downgrade(visit):
        yield from strike("https-downgrade", [profile], step)
    if len(hops) >= 2:
        chain = _chain([hop.url for hop in hops], visit.answer.url)
        yield from strike("page-redirects", [profile], chain)
    if visit.answer.took_s > SLOW_S:
        yield from strike("slow-page", [profile], f"{visit.answer.took_s:.1f} s")
    yield from _compare(subject, profile, page)


def _compare(subject: Subject, profile: Profile, page: Page) -> Iterator[Hit]:
    browser = subject.browser.page
    if browser is None or browser is page:
        return
    theirs, own = browser.find_text("og:title"), page.find_text("og:title")
    if theirs is not None and theirs != own:
        said = f"og:title {own!r}" if own is not None else "no og:title"
        evidence = f"{said}; a browser gets {theirs!r}"
        yield from strike("bot-gets-another-page", [profile], shorten(evidence))


def _find_downgrade(visit: Visit) -> str | None:
    """The step of a redirect from https to http, but for loopback."""
    if not isinstance(visit.answer, Fetched):
        return None
    urls = [*(hop.url for hop in visit.answer.hops), visit.answer.url]
    for before, after in pairwise(urls):
        if before.startswith("https:") and is_plain(parse_web_url(after)):
            return f"{before} to {after}"
    return None


def is_plain(url: WebUrl | None) -> bool:
    """Whether it goes over an open network without encryption."""
    if url is None or url.scheme != "http":
        return False
    return url.host not in ("localhost", "[::1]") and not _LOOPBACK_V4.fullmatch(url.host)


def name_status(status: int) -> str:
    """A status as it is spoken of."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _chain(urls: Sequence[str], last: str) -> str:
    return shorten(" → ".join((*urls, last) if last else urls))
