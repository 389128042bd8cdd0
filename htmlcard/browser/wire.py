"""Our own line to a browser that Playwright has started: CDP without its driver in between.

We stand between driver and browser (`isolation` lays the pipes). What the two say to each other
is passed on, from JSON to CBOR and back; commands of ours are numbered apart, and what is answered
to them, or told to sessions of ours, never reaches the driver. Once a page is set up, the driver is
parted with. https://chromedevtools.github.io/devtools-protocol/ has the words.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

import structlog

from htmlcard.browser import cbor
from htmlcard.browser.isolation import Launcher
from htmlcard.browser.pipes import (
    CborCutter,
    MessageReader,
    MessageWriter,
    NulCutter,
    open_to_read,
    open_to_write,
)
from htmlcard.errors import BrowserFailed

log = structlog.get_logger()

#: The driver counts its commands from one, and would take weeks to come near.
_FIRST_ID = 1 << 30
#: What a message begins with, behind its header and the sign of a map: its first key.
_FIRST_KEY = cbor.HEADER_BYTES + 1
_ANSWER, _EVENT = cbor.encode("id"), cbor.encode("method")
#: The end of every message of a session: Chromium appends the id to what its parts have made. No
#: words of a page can be taken for it: they stand in the value before, which ends with an 0xFF.
_SESSION = cbor.encode("sessionId") + cbor.encode("0" * 32)[:2]
_SESSION_ID = slice(-33, -1)
_SESSION_KEY = slice(-33 - len(_SESSION), -33)
_ATTACHED = "Target.attachedToTarget"
_DETACHED = "Target.detachedFromTarget"

Listener = Callable[[dict[str, Any]], None]


@dataclass(slots=True)
class _Call:
    method: str
    session: WireSession
    answer: asyncio.Future[bytes]

    def fail(self, why: str) -> None:
        if not self.answer.done():
            self.answer.set_exception(BrowserFailed(f"{self.method} failed: {why}"))


class WireSession:
    """A page, or the browser as a whole, spoken to directly."""

    def __init__(self, wire: Wire, session_id: str = "") -> None:
        self.ended = False
        self._wire = wire
        self._address = {"sessionId": session_id} if session_id else {}
        self._listeners: dict[str, list[Listener]] = {}

    def on(self, event: str, listener: Listener) -> None:
        """Have a listener told the parameters of each event of a kind; it must not wait."""
        self._listeners.setdefault(event, []).append(listener)

    async def send(self, method: str, params: dict[str, Any] | None = None) -> Any:
        """One call; its result.

        Raises:
            BrowserFailed: the browser is gone, or goes meanwhile, or refuses the call.
        """
        answer = await self.ask(method, params)
        try:
            said = cbor.decode(answer)
            if error := said.get("error"):
                raise BrowserFailed(f"{method} failed: {error.get('message', error)}")
            return said["result"]
        except (ValueError, KeyError, AttributeError) as error:
            raise BrowserFailed(f"{method} failed: its answer is no message") from error

    def ask(self, method: str, params: dict[str, Any] | None = None) -> asyncio.Future[bytes]:
        """One call, sent at once; the whole answer as it came, even a refusal. Raises as `send`."""
        return self._wire.ask(self, method, params or {})

    def write_command(self, number: int, method: str, params: dict[str, Any]) -> bytes:
        """A command to this session, as it is sent."""
        return cbor.encode({"id": number, "method": method, "params": params, **self._address})

    def hear(self, message: bytes) -> None:
        """An event has come; those that nobody listens for are not looked at any further."""
        listeners = self._listeners.get(_name_of(message))
        if listeners:
            params = cbor.decode(message).get("params", {})
            for listener in [*listeners]:
                listener(params)


class Wire:
    """Stands between a driver and its browser, and ends with the browser."""

    def __init__(self, launcher: Launcher) -> None:
        """Take our ends of the pipes; to be called before the browser is started.

        Raises:
            OSError: they cannot be had.
        """
        self._root = WireSession(self)
        self._sessions: dict[bytes, WireSession] = {}
        self._attaching: set[str] = set()
        self._calls: dict[int, _Call] = {}
        self._numbers = count(_FIRST_ID)
        self._on_end: list[Callable[[], None]] = []
        self._closed = False
        self._ends: list[MessageReader | MessageWriter] = []
        try:
            self._to_browser = MessageWriter(open_to_write(launcher.to_browser))
            self._ends.append(self._to_browser)
            self._to_driver = MessageWriter(open_to_write(launcher.to_driver), b"\0")
            self._ends.append(self._to_driver)
            from_browser = open_to_read(launcher.from_browser)
            self._ends.append(
                MessageReader(from_browser, CborCutter(), self._hear_browser, self.close)
            )
            from_driver = open_to_read(launcher.from_driver)
            self._from_driver = MessageReader(
                from_driver, NulCutter(), self._hear_driver, self._part_with_driver
            )
            self._ends.append(self._from_driver)
        except BaseException:
            self.close()
            raise

    @property
    def browser(self) -> WireSession:
        """The browser as a whole."""
        return self._root

    def on_end(self, listener: Callable[[], None]) -> None:
        """Tell when the browser has gone; at once where it has."""
        if self._closed:
            listener()
        else:
            self._on_end.append(listener)

    async def attach(self, target_id: str) -> WireSession:
        """A session of our own with a page.

        Raises:
            BrowserFailed: the browser is gone, or knows no such page.
        """
        self._attaching.add(target_id)
        try:
            wish = {"targetId": target_id, "flatten": True}
            answer = await self._root.send("Target.attachToTarget", wish)
        finally:
            self._attaching.discard(target_id)
        session = self._sessions.get(answer["sessionId"].encode())
        if session is None:
            raise BrowserFailed("the page went while it was attached to")
        return session

    async def take_over(self) -> None:
        """Part with the driver, which sees its browser go: all that is set up is ours alone.

        Pages lose what the driver has set for them, and cost it nothing any more.

        Raises:
            BrowserFailed: the browser is gone.
        """
        # Its sessions came by attaching to all there is, and end with that.
        nothing = {"autoAttach": False, "waitForDebuggerOnStart": False, "flatten": True}
        await self._root.send("Target.setAutoAttach", nothing)
        self._part_with_driver()

    def ask(
        self, session: WireSession, method: str, params: dict[str, Any]
    ) -> asyncio.Future[bytes]:
        """What `WireSession.ask` does."""
        call = _Call(method, session, asyncio.get_running_loop().create_future())
        if self._closed or session.ended:
            call.fail("the page or its browser is gone")
        else:
            number = next(self._numbers)
            self._calls[number] = call
            self._to_browser.write(session.write_command(number, method, params))
        return call.answer

    def close(self) -> None:
        """Let go of both: the browser ends, and its driver sees it go. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        for end in self._ends:
            end.close()
        # First whoever watches the browser: who waits for an answer asks whether it is gone.
        listeners, self._on_end = self._on_end, []
        for listener in listeners:
            listener()
        calls, self._calls = self._calls, {}
        for call in calls.values():
            call.fail("the browser has gone")

    def _part_with_driver(self) -> None:
        self._from_driver.close()
        self._to_driver.close()

    def _hear_driver(self, message: bytes) -> None:
        try:
            self._to_browser.write(cbor.encode(json.loads(message)))
        except ValueError:
            log.exception("a message of the driver was not understood", message=message[:200])

    def _hear_browser(self, message: bytes) -> None:
        try:
            if self._take(message) and not self._to_driver.closed:
                self._to_driver.write(cbor.to_json(message))
        except Exception:
            log.exception("a message of a browser was not understood", message=message[:200])

    def _take(self, message: bytes) -> bool:
        """Take what is ours; answers whether it is the driver's."""
        if message[_SESSION_KEY] == _SESSION:
            session = self._sessions.get(message[_SESSION_ID])
            if session is None:
                return True
            if message.startswith(_EVENT, _FIRST_KEY):
                session.hear(message)
                return False
        if message.startswith(_ANSWER, _FIRST_KEY):
            number = cbor.read_value(message, _FIRST_KEY + len(_ANSWER))
            if number < _FIRST_ID:
                return True
            call = self._calls.pop(number, None)
            if call is not None and not call.answer.done():
                call.answer.set_result(message)
            return False
        name = _name_of(message)
        if name == _ATTACHED:
            return self._take_attached(cbor.decode(message)["params"])
        if name == _DETACHED:
            return self._take_detached(cbor.decode(message)["params"])
        return True

    def _take_attached(self, params: dict[str, Any]) -> bool:
        session_id, target_id = params["sessionId"], params["targetInfo"]["targetId"]
        if target_id not in self._attaching:
            return True
        # It comes ahead of the answer, and events of the session may come between the two.
        self._attaching.discard(target_id)
        self._sessions[session_id.encode()] = WireSession(self, session_id)
        return False

    def _take_detached(self, params: dict[str, Any]) -> bool:
        session = self._sessions.pop(params["sessionId"].encode(), None)
        if session is None:
            return True
        session.ended = True
        for number, call in [*self._calls.items()]:
            if call.session is session:
                del self._calls[number]
                call.fail("the page is gone")
        return False


def _name_of(message: bytes) -> str:
    """The event that a message tells of; empty where it tells of none."""
    if not message.startswith(_EVENT, _FIRST_KEY):
        return ""
    return str(cbor.read_value(message, _FIRST_KEY + len(_EVENT)))
