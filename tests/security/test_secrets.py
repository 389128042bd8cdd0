"""No secret of the machine is in any picture, answer, header, log or metric of a real service."""

from __future__ import annotations

import asyncio
import base64
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest
from desk import Desk, Serving
from yarl import URL

from htmlcard.signatures import KeyRing
from htmlcard.urls import encode_query

from .secrets_told import Secrets
from .spies import write_spies

pytestmark = pytest.mark.browser

#: Of different lengths, so that a picture of the one is no picture of the other.
ONE, OTHER = Secrets("1"), Secrets("22222222")
RATE = "60/hour"
BAD_HEADERS = {"Authorization": "Bearer canary", "X-Request-Id": "a b", "Host": "evil.test"}


@dataclass
class Told:
    """All that came out of a service: whatever it said, and its pictures by name."""

    said: list[bytes] = field(default_factory=list)
    pictures: dict[str, bytes] = field(default_factory=dict)
    rungs: dict[str, str] = field(default_factory=dict)
    statuses: set[int] = field(default_factory=set)


class Asker:
    """Asks one service, and notes all it says."""

    def __init__(self, serving: Serving, secrets: Secrets, session: aiohttp.ClientSession) -> None:
        self.told = Told()
        self.secrets, self._url, self._session = secrets, serving.url, session
        self._rung = ""

    def signed(self, path: str, **params: str) -> str:
        query = [*params.items()]
        sig = KeyRing([self.secrets.value("signing")]).sign(path, query)
        return f"{path}?{encode_query([*query, ('sig', sig)])}"

    async def ask(self, path: str, method: str = "GET", **options: Any) -> tuple[int, bytes]:
        url = URL(self._url + path, encoded=True)
        async with self._session.request(method, url, **options) as answer:
            body = await answer.read()
            head = repr((answer.status, answer.reason, answer.raw_headers)).encode()
            self.told.said += [head, body]
            self.told.statuses.add(answer.status)
            self._rung = answer.headers.get("X-Htmlcard-Fallback", "").partition(";")[0]
            return answer.status, body

    async def draw(self, name: str, **params: str) -> None:
        status, body = await self.ask(self.signed(f"/render/{name}", **params))
        assert status == 200, (name, body)
        self.told.pictures[name] = body
        self.told.rungs[name] = self._rung


async def ask_everything(asker: Asker, names: list[str]) -> None:
    """Every spy drawn, and every kind of answer there is."""
    for name in names:
        await asker.draw(name, title="Spy")
        await asker.ask(asker.signed(f"/render/{name}", title="Spy", fallback="0"))
    await asker.draw("nonce", title=asker.secrets.value("aws"))  # What a picture would tell.
    for path in ("/metrics", "/health", "/openapi.json", "/version", "/readyz", "/livez", "/"):
        await asker.ask(path)
        await asker.ask(path, headers=BAD_HEADERS)
    for path in ("/templates", "/templates/nonce", "/nothing", "/render/nosuch", "/render/../.env"):
        await asker.ask(path)
    await asker.ask("/render/nonce?title=unsigned&sig=wrong")
    await asker.ask("/tags/nonce?title=x", headers=BAD_HEADERS)
    await asker.ask("/purge", "POST", json={"all": True}, headers=BAD_HEADERS)
    await asker.ask("/purge", "DELETE")
    bearer = {"Authorization": f"Bearer {asker.secrets.value('api')}"}
    for body in (b"{", b"[" * 10_000, b"{}" * 510_000, b'{"title": 1, "x": 2}'):
        await asker.ask("/render/nonce", "POST", data=body, headers=bearer)
    await asker.ask("/tags/nonce?title=x", headers=bearer)


async def serve_and_ask(
    desk: Desk, secrets: Secrets, names: list[str], variables: dict[str, str], *, limited: bool
) -> Told:
    more = {"HTMLCARD_SIGNING": "required", "LOG_LEVEL": "debug", "HTMLCARD_RATE_LIMIT": RATE}
    if limited:  # In memory: the Redis that is named is not there, and then nobody is limited.
        variables = {name: value for name, value in variables.items() if name != "REDIS_URL"}
    async with (
        desk.serve(
            **variables, **more, HTMLCARD_LANES="1", HTMLCARD_DEADLINE_MS="15000"
        ) as serving,
        aiohttp.ClientSession() as session,
    ):
        environ = repr(psutil.Process(serving.process.pid).environ()).encode()
        assert len([*secrets.found_in(environ)]) >= 6  # Otherwise nothing of this means anything.
        asker = Asker(serving, secrets, session)
        for _ in range(200):
            if (await asker.ask("/readyz"))[0] == 200:
                break
            await asyncio.sleep(0.05)
        await ask_everything(asker, names)
        if limited:
            for number in range(200):
                status, _ = await asker.ask(asker.signed("/render/crash", title=str(number)))
                if status == 429:
                    break
        await serving.end(signal.SIGTERM)
        asker.told.said += [serving.stdout.read_bytes(), serving.stderr.read_bytes()]
    return asker.told


def test_secrets_are_found_where_they_are() -> None:
    """A search that finds nothing anywhere proves nothing."""
    basic = base64.b64encode(f"user:{ONE.value('proxy')}".encode()).decode()
    for said in (ONE.value("redis"), ONE.value("aws").encode().hex(), basic):
        assert [*ONE.found_in(f"x{said}y".encode())]
    assert not [*ONE.found_in(OTHER.value("redis").encode())]


async def test_no_secret_is_told_by_a_service(desk: Desk) -> None:
    """Whoever draws strangers' words beside his keys must be sure that no card shows them."""
    home = desk.folder.parent / "home"
    files = (desk.folder / ".env", home / ".netrc", Path("/proc/self/environ"))
    tolds = []
    names = write_spies(desk.templates, files)
    for secrets in (ONE, OTHER):
        variables = secrets.plant(desk.folder, home)
        told = await serve_and_ask(desk, secrets, names, variables, limited=secrets is OTHER)
        everything = b"\n".join([*told.said, *told.pictures.values()])
        assert [*secrets.found_in(everything)] == []
        tolds.append(told)
    statuses = tolds[0].statuses | tolds[1].statuses
    assert statuses >= {200, 400, 401, 403, 404, 405, 413, 422, 429, 500}
    assert tolds[0].pictures.keys() == tolds[1].pictures.keys()
    # A busy machine sends the brand's picture in place of one with the title: no secret in that.
    alike = [name for name in names if tolds[0].rungs[name] == tolds[1].rungs[name]]
    assert len(alike) > len(names) / 2
    differ = [name for name in alike if tolds[0].pictures[name] != tolds[1].pictures[name]]
    assert differ == []
    assert tolds[0].pictures["nonce"] != tolds[1].pictures["nonce"]


@pytest.mark.soak
def test_no_secret_is_told_by_a_command(desk: Desk) -> None:
    """Their output is pasted into tickets."""
    secrets = ONE
    variables = secrets.plant(desk.folder, desk.folder.parent / "home")
    (desk.folder / "htmlcard.toml").write_text(f'api_token = "{secrets.value("folder")}"\n')
    runs = [
        (["config", "--json"], {}),
        (["doctor", "--json"], {"HTMLCARD_CHROMIUM": "/nonexistent"}),
        (["render", "crash", "-o", "-"], {}),
        (["sign", "/render/nosuch?title=x"], {}),
        (["serve"], {"HTMLCARD_SIGNING_KEYS": "canary-signing-1,x"}),
        (["serve"], {"HTMLCARD_ADMIN_TOKN": "x", "HTMLCARD_SIGNING": secrets.value("api")[:3]}),
        (
            ["serve"],
            {"REDIS_URL": f"odd://:{secrets.value('redis')}@x:y", "HTMLCARD_RATE_LIMIT": RATE},
        ),
        (["serve"], {"HTMLCARD_ADMIN_TOKEN_FILE": "/nonexistent", "HTMLCARD_ADMIN_TOKEN": ""}),
    ]
    for arguments, more in runs:
        done = desk.run(*arguments, **{**variables, "PORT": "0", **more})
        told = done.stdout + done.stderr
        assert told, arguments
        assert [*secrets.found_in(told)] == [], (arguments, told)
    (desk.folder / "htmlcard.toml").write_text(f'api_token = "{secrets.value("folder")}\n')
    done = desk.run("config", **variables)
    assert done.returncode == 2
    assert [*secrets.found_in(done.stdout + done.stderr)] == []


FAULT = """
from htmlcard.telemetry.logs import configure_logs
import structlog
configure_logs("info", "{format}")
def fail(token):
    raise ValueError("a fault")
try:
    fail("{secret}")
except ValueError:
    structlog.get_logger().exception("a fault of our own")
"""


@pytest.mark.parametrize("format", ["json", "text"])
def test_no_secret_is_told_by_a_fault_of_our_own(format: str) -> None:
    """Tracebacks with the values of variables are handy, and tokens and keys are variables."""
    script = FAULT.format(format=format, secret=ONE.value("admin"))
    # By `-c`, as a traceback quotes the lines of files, of which one holds the secret here.
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, timeout=60, check=True
    )
    assert b"a fault" in done.stderr
    assert [*ONE.found_in(done.stderr)] == []
