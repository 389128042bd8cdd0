"""Who hears what between driver, browser and us; played by both ends of the pipes."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from htmlcard.browser import cbor
from htmlcard.browser.isolation import IsolationLevel, Launcher
from htmlcard.browser.pipes import (
    CborCutter,
    Cutter,
    MessageReader,
    MessageWriter,
    NulCutter,
    open_to_read,
    open_to_write,
)
from htmlcard.browser.wire import Wire, WireSession
from htmlcard.errors import BrowserFailed

from .shooting import until

_OURS = "0123456789ABCDEF0123456789ABCDEF"
_THEIRS = "FEDCBA9876543210FEDCBA9876543210"


Message = dict[str, Any]


class _End:
    """What one who is spoken to by the wire hears, and whether the other has gone."""

    def __init__(self, to_hear: Path, to_speak: Path, cutter: Cutter, end: bytes) -> None:
        self.heard: list[Message] = []
        self.alone = False
        reads = open_to_read(to_hear)
        self._reader = MessageReader(reads, cutter, self._hear, self._end)
        self._writer = MessageWriter(open_to_write(to_speak), end)

    def say(self, message: bytes | Message) -> None:
        self._writer.write(message if isinstance(message, bytes) else self._pack(message))

    async def hears(self, count: int) -> list[Message]:
        await until(lambda: len(self.heard) >= count, f"{count} messages")
        await asyncio.sleep(0.005)
        return self.heard

    def close(self) -> None:
        self._reader.close()
        self._writer.close()

    def _hear(self, message: bytes) -> None:
        self.heard.append(self._unpack(message))

    def _end(self) -> None:
        self.alone = True

    def _pack(self, message: Message) -> bytes:
        raise NotImplementedError

    def _unpack(self, message: bytes) -> Message:
        raise NotImplementedError


class _Driver(_End):
    """It speaks JSON."""

    def __init__(self, launcher: Launcher) -> None:
        super().__init__(launcher.to_driver, launcher.from_driver, NulCutter(), b"\0")

    def _pack(self, message: Message) -> bytes:
        return json.dumps(message).encode()

    def _unpack(self, message: bytes) -> Message:
        said: Message = json.loads(message)
        return said


class _Browser(_End):
    """It speaks CBOR, and puts the session at the end."""

    def __init__(self, launcher: Launcher) -> None:
        super().__init__(launcher.to_browser, launcher.from_browser, CborCutter(), b"")

    def _pack(self, message: Message) -> bytes:
        return cbor.encode(message)

    def _unpack(self, message: bytes) -> Message:
        said: Message = cbor.decode(message)
        return said


def _attached(session_id: str, target_id: str) -> dict[str, Any]:
    params = {"sessionId": session_id, "targetInfo": {"targetId": target_id, "type": "page"}}
    return {"method": "Target.attachedToTarget", "params": params}


class _Stage:
    """A wire with a driver and a browser at its ends."""

    def __init__(self, folder: Path) -> None:
        launcher = Launcher(folder / "browser", IsolationLevel.NONE, wired=True)
        launcher.write(Path("/bin/false"))
        self.wire = Wire(launcher)
        self.driver = _Driver(launcher)
        self.browser = _Browser(launcher)

    async def attach(self, target_id: str = "page") -> WireSession:
        attaching = asyncio.create_task(self.wire.attach(target_id))
        await self.answer({"sessionId": _OURS}, before=_attached(_OURS, target_id))
        return await attaching

    async def answer(self, result: dict[str, Any], before: dict[str, Any] | None = None) -> None:
        """Answer the last command."""
        await until(lambda: bool(self.browser.heard), "a command")
        if before:
            self.browser.say(before)
        command = self.browser.heard.pop()
        session = {"sessionId": command["sessionId"]} if "sessionId" in command else {}
        self.browser.say({"id": command["id"], "result": result, **session})

    def close(self) -> None:
        self.wire.close()
        self.driver.close()
        self.browser.close()


@pytest.fixture
async def stage(tmp_path: Path) -> Any:
    opened = _Stage(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def descriptors() -> Iterator[None]:
    """As many are open after a test as before it."""
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - counted, not read
    yield
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


_SAYINGS: list[Message] = [
    {"id": 1, "method": "Browser.getVersion"},
    {"id": 2, "method": "Fetch.fulfillRequest", "params": {"body": "aGk=", "headers": []}},
    {"id": 3, "params": {"é\0🚀": ["\ud800 alone", 1.5, -7, True, None, {}, 2**40]}},
    {"id": 4, "params": {"html": "x" * 3_000_000}},
]


async def test_what_is_not_ours_goes_through(stage: _Stage) -> None:
    """Playwright and Chromium know each other's ways, of which we need to know little."""
    for message in _SAYINGS:
        stage.driver.say(message)
        stage.browser.say(message)
    answers: list[Message] = [
        {"id": (1 << 30) - 1, "result": {"data": b"bytes"}, "sessionId": _THEIRS},
        {"method": "Page.x", "params": {}, "sessionId": _THEIRS},
    ]
    for message in answers:
        stage.browser.say(message)

    assert await stage.browser.hears(len(_SAYINGS)) == _SAYINGS
    heard = await stage.driver.hears(len(_SAYINGS) + 2)
    assert heard[: len(_SAYINGS)] == _SAYINGS
    assert heard[-2] == {**answers[0], "result": {"data": "Ynl0ZXM="}}  # As Chromium's JSON has it.
    assert heard[-1] == answers[1]


async def test_what_is_no_message_stops_nothing(stage: _Stage) -> None:
    """One of them has gone mad; the other is not to suffer by it."""
    for message in (b"no JSON at all", b"\xff\xfe", b'{"id":', b""):
        stage.driver.say(message)
    for body in (b"\xbf\x62id", b"\xbf\xc1\x00\xff", b"", b"\x9f" * 100_000):
        stage.browser.say(b"\xd8\x18\x5a" + len(body).to_bytes(4, "big") + body)
    wrong: list[Any] = [{"id": "x"}, {"id": []}, {"method": "Target.attachedToTarget"}, [1]]
    wrong += [{"method": "Target.detachedFromTarget", "params": {}}, {"method": 7}]
    # In one piece with a good one, which is not to be lost with them.
    stage.browser.say(b"".join(map(cbor.encode, [*wrong, {"id": 1, "result": {}}])))
    stage.driver.say({"id": 1, "method": "Browser.getVersion"})
    assert await stage.browser.hears(1) == [{"id": 1, "method": "Browser.getVersion"}]
    await until(lambda: {"id": 1, "result": {}} in stage.driver.heard, "the good one")


async def test_our_session_is_ours_alone(stage: _Stage) -> None:
    """A session that the driver has not asked for would be a new page to it."""
    session = await stage.attach()
    heard: list[dict[str, Any]] = []
    session.on("Fetch.requestPaused", heard.append)
    paused = {"method": "Fetch.requestPaused", "params": {"requestId": "7"}, "sessionId": _OURS}
    stage.browser.say(paused)
    stage.browser.say({"method": "Page.unheard", "params": {}, "sessionId": _OURS})
    stage.browser.say(_attached(_THEIRS, "another page"))
    stage.browser.say({"method": "Target.detachedFromTarget", "params": {"sessionId": _THEIRS}})

    told = await stage.driver.hears(2)
    assert [one["method"] for one in told] == [
        "Target.attachedToTarget",
        "Target.detachedFromTarget",
    ]
    assert all(one["params"]["sessionId"] == _THEIRS for one in told)
    assert heard == [{"requestId": "7"}]


async def test_the_driver_may_attach_to_the_same_page_before_and_after(stage: _Stage) -> None:
    """It attaches by itself to all there is, and only one of the sessions is ours."""
    stage.browser.say(_attached(_THEIRS, "page"))
    await stage.driver.hears(1)
    await stage.attach("page")
    stage.browser.say(_attached("A" * 32, "page"))
    heard = await stage.driver.hears(2)
    assert _OURS not in str(heard)


async def test_words_of_a_page_that_look_like_a_session_are_words(stage: _Stage) -> None:
    """A title can be anything; it must not be taken for where a message comes from."""
    session = await stage.attach()
    heard: list[dict[str, Any]] = []
    session.on("Page.says", heard.append)
    end = cbor.encode({"sessionId": _OURS})[cbor.HEADER_BYTES + 1 :]
    words = [
        end[:-1].decode(),
        (b"-" + end).decode("utf-16-le", "surrogatepass"),
        "sessionId",
        _OURS,
    ]
    for word in words:
        stage.browser.say({"method": "Page.says", "params": {"word": word}})
        stage.browser.say({"method": "Page.says", "params": {"w": word}, "sessionId": _THEIRS})
        stage.browser.say({"method": word, "params": {"method": "Page.says"}})
    assert len(await stage.driver.hears(3 * len(words))) == 3 * len(words)
    assert heard == []


async def test_answers_find_their_calls_in_any_order(stage: _Stage) -> None:
    """Calls overtake each other; an answer to another's would be the wrong picture."""
    session = await stage.attach()
    calls = [asyncio.create_task(session.send("Runtime.evaluate", {"n": n})) for n in range(50)]
    commands = await stage.browser.hears(50)
    assert [command["params"]["n"] for command in commands] == [*range(50)]
    assert all(command["sessionId"] == _OURS for command in commands)
    for command in reversed(commands):
        result = {"n": command["params"]["n"]}
        stage.browser.say({"id": command["id"], "result": result, "sessionId": _OURS})
    assert [(await call)["n"] for call in calls] == [*range(50)]
    assert stage.driver.heard == []


async def test_commands_of_both_arrive_whole(stage: _Stage) -> None:
    """Large ones of the driver and ours share a pipe that takes a part at a time."""
    session = await stage.attach()
    theirs = [{"id": n, "params": "t" * 400_000} for n in range(5)]
    calls = []
    for message in theirs:
        stage.driver.say(message)
        calls.append(session.ask("Page.setDocumentContent", {"html": "o" * 400_000}))
        await asyncio.sleep(0.001)
    heard = await stage.browser.hears(10)
    assert [one for one in heard if one["id"] < 5] == theirs
    ours = [one for one in heard if one["id"] >= 5]
    assert [one["params"]["html"] for one in ours] == ["o" * 400_000] * 5
    stage.wire.close()
    for call in calls:
        with pytest.raises(BrowserFailed):
            await call


async def test_a_refusal_is_told_with_its_reason(stage: _Stage) -> None:
    """`failed` alone sends whoever reads the log to a debugger."""
    session = await stage.attach()
    call = asyncio.create_task(session.send("Page.navigate"))
    [command] = await stage.browser.hears(1)
    error = {"code": -32000, "message": "Cannot navigate to it"}
    stage.browser.say({"id": command["id"], "error": error, "sessionId": _OURS})
    with pytest.raises(BrowserFailed, match=r"Page\.navigate failed: Cannot navigate to it"):
        await call


async def test_an_answer_that_is_none_is_a_failure_of_the_browser(stage: _Stage) -> None:
    """Not of the service, which has asked for the right thing."""
    session = await stage.attach()
    end = cbor.encode({"sessionId": _OURS})[cbor.HEADER_BYTES + 1 :]
    for middle in (b"", cbor.encode("result") + b"\xc1"):
        call = asyncio.create_task(session.send("Page.navigate"))
        [command] = await stage.browser.hears(1)
        stage.browser.heard.clear()
        body = b"\xbf" + cbor.encode("id") + cbor.encode(command["id"]) + middle + end
        stage.browser.say(b"\xd8\x18\x5a" + len(body).to_bytes(4, "big") + body)
        with pytest.raises(BrowserFailed, match=r"Page\.navigate failed: its answer is no message"):
            await call


async def test_a_call_that_was_given_up_harms_no_other(stage: _Stage) -> None:
    """Its answer comes all the same, and is nobody's."""
    session = await stage.attach()
    call = asyncio.create_task(session.send("Runtime.evaluate"))
    [first] = await stage.browser.hears(1)
    call.cancel()
    stage.browser.heard.clear()
    second = asyncio.create_task(session.send("Runtime.evaluate"))
    stage.browser.say({"id": first["id"], "result": {"n": 1}, "sessionId": _OURS})
    await stage.answer({"n": 2})
    assert await second == {"n": 2}
    assert stage.driver.heard == []


async def test_calls_end_with_the_browser(stage: _Stage) -> None:
    """Whoever waits for a browser that has died would wait till the deadline."""
    session = await stage.attach()
    told: list[str] = []
    stage.wire.on_end(lambda: told.append("first"))
    call = asyncio.create_task(session.send("Runtime.evaluate"))
    await stage.browser.hears(1)
    stage.browser.close()
    with pytest.raises(BrowserFailed, match="the browser has gone"):
        await call
    assert told == ["first"]
    with pytest.raises(BrowserFailed):
        await session.send("Runtime.evaluate")
    await until(lambda: stage.driver.alone, "the driver to hear of it")
    stage.wire.on_end(lambda: told.append("late"))
    assert told == ["first", "late"]


async def test_calls_end_with_their_page(stage: _Stage) -> None:
    """The browser lives on, and says no more of this page."""
    session = await stage.attach()
    call = asyncio.create_task(session.send("Runtime.evaluate"))
    await stage.browser.hears(1)
    params = {"sessionId": _OURS, "targetId": "page"}
    stage.browser.say({"method": "Target.detachedFromTarget", "params": params})
    with pytest.raises(BrowserFailed, match="the page is gone"):
        await call
    with pytest.raises(BrowserFailed):
        await session.send("Runtime.evaluate")
    assert stage.driver.heard == []


async def test_the_browser_outlives_its_driver(stage: _Stage) -> None:
    """A driver is for starting browsers: cards that are being drawn do not need it."""
    session = await stage.attach()
    stage.driver.close()
    stage.browser.say({"method": "Target.targetCreated", "params": {}})
    call = asyncio.create_task(session.send("Runtime.evaluate"))
    await stage.answer({"n": 1})
    assert await call == {"n": 1}
    assert not stage.browser.alone


async def test_taking_over_sends_the_driver_away(stage: _Stage) -> None:
    """Its sessions end first, or the browser would go on telling them what nobody hears."""
    session = await stage.attach()
    taking = asyncio.create_task(stage.wire.take_over())
    [command] = await stage.browser.hears(1)
    assert command["method"] == "Target.setAutoAttach"
    assert command["params"]["autoAttach"] is False
    await stage.answer({})
    await taking
    await until(lambda: stage.driver.alone, "the driver to hear of it")
    call = asyncio.create_task(session.send("Runtime.evaluate"))
    await stage.answer({"n": 1})
    assert await call == {"n": 1}


async def test_closing_ends_both_and_leaves_no_descriptor(
    tmp_path: Path, descriptors: None
) -> None:
    """A lane that is retired leaves nothing, whether the launch came to an end or not."""
    stage = _Stage(tmp_path)
    stage.wire.close()
    stage.wire.close()
    await until(lambda: stage.driver.alone and stage.browser.alone, "the end of both")
    stage.close()


async def test_pipes_that_nobody_ever_opens_leave_no_descriptor(
    tmp_path: Path, descriptors: None
) -> None:
    """A launch that fails half-way has not come to its pipes."""
    launcher = Launcher(tmp_path / "browser", IsolationLevel.NONE, wired=True)
    launcher.write(Path("/bin/false"))
    wire = Wire(launcher)
    call = wire.browser.ask("Browser.getVersion")
    await asyncio.sleep(0.01)
    wire.close()
    with pytest.raises(BrowserFailed):
        await call
    launcher.from_driver.unlink()
    with pytest.raises(OSError, match="from-driver"):
        Wire(launcher)
