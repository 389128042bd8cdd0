"""Every failure of htmlcard, as one tree.

    HtmlcardError
    ├── InvalidRequest           the caller can mend it; answered as a problem, never as a fallback
    │   ├── UnknownTemplate
    │   ├── InvalidParams
    │   ├── SignatureRefused
    │   └── TooManyRequests
    ├── RenderFailed             becomes a fallback; `reason` names it in headers and metrics
    │   ├── TemplateFailed
    │   ├── AssetFailed
    │   ├── BrowserUnavailable
    │   ├── BrowserFailed
    │   ├── QueueFull
    │   ├── BreakerOpen
    │   ├── Quarantined
    │   ├── DeadlineExceeded
    │   └── BadShot
    ├── FetchFailed              something on the web cannot be had: a finding or a warning
    │   ├── RefusedTarget
    │   ├── Unreachable
    │   ├── UntrustedServer
    │   ├── FetchTimedOut
    │   ├── AnswerTooLarge
    │   ├── UnreadablePage
    │   ├── Overloaded
    │   └── BadAnswer
    │       └── TooManyRedirects
    ├── UnusablePicture          what was fetched is no picture that can be drawn
    ├── InvalidSettings          stops the start with exit code 2, before the port opens
    └── EnvironmentLacking       something must be installed first: exit code 3

Statuses live in `server/problems.py`. A library's own exceptions never leave
the package that is its door, and `asyncio.CancelledError` is always passed on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


class HtmlcardError(Exception):
    """Base of every failure raised on purpose."""


@dataclass(frozen=True, slots=True)
class InputError:
    """One thing wrong with one input; `field` is empty where it concerns the whole."""

    field: str
    message: str


class InvalidRequest(HtmlcardError):  # noqa: N818 - the tree reads as English: a request is invalid
    """The caller asked for something that cannot be; asking differently helps."""

    code: ClassVar[str] = "invalid_request"

    def __init__(self, detail: str, errors: Sequence[InputError] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)


class UnknownTemplate(InvalidRequest):
    """No template root holds a template of that name."""

    code = "unknown_template"


class InvalidParams(InvalidRequest):
    """A strict request whose fields do not fit the template; `errors` lists all of them."""

    code = "invalid_params"


class SignatureRefused(InvalidRequest):
    """Signing is required, and the signature is missing, wrong or expired."""

    code = "signature_refused"


class RenderFailed(HtmlcardError):  # noqa: N818 - see InvalidRequest
    """A card could not be drawn. `reason` comes from a bounded set: it labels a metric."""

    reason: ClassVar[str] = "render_failed"
    #: How many browsers the card has cost, by what it is itself.
    lanes_lost: int = 0


class TemplateFailed(RenderFailed):
    """The template is broken, too slow or too large once filled in."""

    reason = "template_error"


class AssetFailed(RenderFailed):
    """A font, stylesheet or picture the template needs cannot be used."""

    reason = "bad_asset"


class BrowserUnavailable(RenderFailed):
    """No browser is running: not installed, not startable or being restarted."""

    reason = "browser_unavailable"


class BrowserFailed(RenderFailed):
    """The browser died or answered nonsense while it drew."""

    reason = "browser_failed"


class QueueFull(RenderFailed):
    """More cards wait for a browser than the queue may hold."""

    reason = "queue_full"


class BreakerOpen(RenderFailed):
    """The template's cards failed one after the other; it is tried again in a few seconds."""

    reason = "breaker_open"


class Quarantined(RenderFailed):
    """This very card has cost two browsers; it is left alone for a while."""

    reason = "quarantined"


class DeadlineExceeded(RenderFailed):
    """The card was not finished within its time."""

    reason = "deadline"


class BadShot(RenderFailed):
    """The browser's picture is truncated, of the wrong size or blank."""

    reason = "bad_shot"


class TooManyRequests(InvalidRequest):
    """A client had more cards drawn than it may; `wait_s` seconds later it may again."""

    code = "too_many_requests"

    def __init__(self, limit: str, wait_s: int) -> None:
        super().__init__(
            f"A client may have {limit} cards drawn here that are in no cache. "
            f"Try again in {wait_s} s."
        )
        self.wait_s = wait_s


class FetchFailed(HtmlcardError):  # noqa: N818 - see InvalidRequest
    """Something on the web could not be had. `reason` comes from a bounded set."""

    reason: ClassVar[str] = "fetch_failed"


class RefusedTarget(FetchFailed):
    """An address we do not go to. It never says which rule: that would map our network."""

    reason = "refused_url"

    def __init__(self) -> None:
        super().__init__("this is not an address htmlcard fetches from")


class Unreachable(FetchFailed):
    """The name is not known, or nobody answers there."""

    reason = "unreachable"


class UntrustedServer(FetchFailed):
    """Its certificate is expired, for another host or signed by nobody we trust."""

    reason = "tls"


class FetchTimedOut(FetchFailed):
    """It did not come within its time."""

    reason = "timeout"


class AnswerTooLarge(FetchFailed):
    """The answer is larger than allowed, as it came or unpacked."""

    reason = "too_large"

    def __init__(self) -> None:
        super().__init__("its answer is larger than allowed")


class UnreadablePage(FetchFailed):
    """The page came, but takes whoever reads it too much time or memory."""

    reason = "unreadable"


class Overloaded(FetchFailed):
    """Too many pages at once: this is our fault, and asking again soon helps."""

    reason = "overloaded"

    def __init__(self) -> None:
        super().__init__("too many pages are being read at once")


class BadAnswer(FetchFailed):
    """The server answered with an error, or with what is no HTTP."""

    reason = "bad_answer"


#: Of one fetch.
MAX_REDIRECTS = 5


class TooManyRedirects(BadAnswer):
    """More redirects than are followed, or in a circle; `urls` are those that answered them."""

    def __init__(self, urls: Sequence[str]) -> None:
        super().__init__(f"it redirects in a circle, or more than {MAX_REDIRECTS} times")
        self.urls = tuple(urls)


class UnusablePicture(HtmlcardError):  # noqa: N818 - see InvalidRequest
    """Bytes that are no picture, a broken or too large one, or of a kind that is not drawn."""


class InvalidSettings(HtmlcardError):  # noqa: N818 - see InvalidRequest
    """One or more settings are wrong; the message lists all of them with the mend."""


class EnvironmentLacking(HtmlcardError):  # noqa: N818 - see InvalidRequest
    """The machine lacks something htmlcard needs; `htmlcard doctor` tells what."""
