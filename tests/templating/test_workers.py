from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from htmlcard.errors import DeadlineExceeded, TemplateFailed
from htmlcard.templating.params import parse_query
from htmlcard.templating.template import Template
from htmlcard.templating.workers import WorkerPool

from .conftest import CARD, Fill, Load


async def wait_until(condition: object, limit_s: float = 20.0) -> None:
    assert callable(condition)
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        await asyncio.sleep(0.02)


def read_proc(pid: int, name: str) -> str:
    """A file of `/proc`, empty for a process that is gone."""
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


async def draw(pool: WorkerPool, template: Template, timeout_s: float = 5.0) -> str:
    params = parse_query(template, [("title", "hello")])
    return await pool.render(template, params, CARD, timeout_s)


@pytest.mark.parametrize(
    "value",
    ["</h1><script>alert(1)</script>", '"><img onerror=x>', "{{7*7}}", "{% raw %}", "&lt;b&gt;"],
)
async def test_values_are_text_and_nothing_else(fill: Fill, value: str) -> None:
    """Titles come from strangers; in HTML and in attributes they stay letters."""
    html = await fill('<h1 title="{{ title }}">{{ title }}</h1>', title=value)
    assert "<script" not in html
    assert "<img" not in html
    assert html.count("<") == 2
    assert "49" not in html


async def test_the_context_is_that_of_the_contract(fill: Fill) -> None:
    """Every template relies on `card`, `brand`, and typed values."""
    html = await fill(
        "{{ card.width + 1 }} {{ card.size }} {{ card.dir }} {{ brand.color }} {{ n * 2 }} "
        "{{ when.year }} {{ dark is true }} {{ 'on' if off else 'off' }}",
        '[fields.n]\ntype="number"\n[fields.when]\ntype="date"\n[fields.dark]\ntype="boolean"\n'
        '[fields.off]\ntype="boolean"\n',
        n="1.5",
        when="2026-03-05T10:00",
        dark="yes",
    )
    assert html == "1201 og ltr #4f46e5 3.0 2026 True off"


async def test_gaps_draw_as_nothing(fill: Fill) -> None:
    """A forgotten parameter must not cost the card."""
    assert (
        await fill("[{{ a }}{{ a.b.c }}{{ card.nope[3].x }}{% for i in a %}{% endfor %}]") == "[]"
    )


async def test_an_empty_field_is_undefined_and_an_empty_text(fill: Fill) -> None:
    """Designers write `|default`, `is defined`, `== ""`, string methods and `+`, with and without
    a manifest; `?kicker=` and no `kicker` at all have to look the same."""
    html = (
        "{{ a|default('A') }} {{ a is defined }} {{ a == '' }} {{ a.upper() }} {{ a[:3] }}"
        "{{ a|length }} {{ a + 'x' }} {{ 'x' + a }} {{ a|tojson }} {{ a|upper }} {{ a ~ 'y' }}"
    )
    expected = 'A False True  0 x x ""  y'
    for manifest in ("", "[fields.a]\n"):
        assert await fill(html, manifest) == expected
        assert await fill(html, manifest, a=" ") == expected


@pytest.mark.parametrize(
    ("html", "message"),
    [
        ("\n{{ 1/0 }}", "card.html:2: ZeroDivisionError: division by zero"),
        ("{{ title + 1 }}", "card.html:1: TypeError"),
        ("{{ title.nothing + 1 }}", "TypeError"),
        ("{% for i in range(10**9) %}{% endfor %}", "Range too big"),
        ("{{ 'a' * 10**10 }}", "too much memory"),
        ("{{ ['a' * 1000] * 10**9 }}", "too much memory"),
        ("{% for i in range(99999) %}{{ 'a' * 2000 }}{% endfor %}", "over 2,000,000 bytes"),
        ("{{ title * 200000000 }}", "over 2,000,000 bytes"),
        ("{% for i in range(99999) %}{{ '語' * 9 }}{% endfor %}", "over 2,000,000 bytes"),
        ("{% if title %}{% include 'card.html' %}{% endif %}", "does it include itself?"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "does it include itself?"),
        ("{% if 1 %}{% include '/etc/passwd' %}{% endif %}", "no such partial: /etc/passwd"),
        ("{% if 1 %}{% include '../../etc/passwd' %}{% endif %}", "no such partial"),
        ("{% if 1 %}{% import 'os' as os %}{% endif %}", "no such partial: os"),
        ("{{ ''.__class__ }}", "not allowed"),
        ("{{ ''['__class__'] }}", "not allowed"),
        ("{{ ''|attr('__class__') }}", "not allowed"),
        ("{{ ''|attr('__cl' ~ 'ass__') }}", "not allowed"),
        ("{{ [title]|map(attribute='__class__')|list }}", "not allowed"),
        ("{{ cycler.__init__.__globals__ }}", "not allowed"),
        ("{{ joiner.__init__.__globals__.os }}", "not allowed"),
        ("{{ '{0.__class__}'.format(1) }}", "not allowed"),
        ("{{ ('{0.__class__}'|attr('format'))(1) }}", "not allowed"),
        ("{% set _ = card.update({'a': 1}) %}", "access to 'update' of a dict is not allowed"),
        ("{{ self.__init__ }}", "not allowed"),
    ],
)
async def test_bad_templates_fail_and_tell_why(fill: Fill, html: str, message: str) -> None:
    """Each one is a fallback picture and a line in the log, never a leak or a crash."""
    with pytest.raises(TemplateFailed) as caught:
        await fill(html, title="x")
    assert message in str(caught.value)
    assert "root:" not in str(caught.value)
    assert await fill("<p>{{ title }}</p>", title="next") == "<p>next</p>"


ENDLESS = {
    "nested loops": "{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(9999)"
    " %}{% endfor %}{% endfor %}{% endfor %}",
    "a number": "{{ 10 ** (10 ** 9) }}",
    "a constant in a condition": "{% if 9 ** (9 ** 9) %}{% endif %}",
    "a filter": "{{ range(99999)|map('string')|map('center', 99999)|join|length }}",
}


@pytest.mark.parametrize("html", ENDLESS.values(), ids=ENDLESS)
async def test_an_endless_template_is_killed_while_others_are_drawn(
    pool: WorkerPool, load: Load, html: str
) -> None:
    """The interpreter cannot be interrupted from inside; the neighbor must not wait for it."""
    endless = load(html)
    good = load("<p>{{ title }}</p>")
    await wait_until(lambda: "2 idle" in repr(pool))
    before = pool.pids
    failing = asyncio.create_task(draw(pool, endless, timeout_s=0.7))
    await asyncio.sleep(0.05)
    assert await draw(pool, good) == "<p>hello</p>"
    with pytest.raises(TemplateFailed):
        await failing
    await wait_until(lambda: "2 idle" in repr(pool))
    assert len(before - pool.pids) == 1


async def test_an_endless_template_never_has_all_workers(pool: WorkerPool, load: Load) -> None:
    """Ten crawlers ask for the one bad template, and an eleventh for another card."""
    endless, good = load(ENDLESS["nested loops"]), load("<p>{{ title }}</p>")
    failing = [asyncio.create_task(draw(pool, endless, timeout_s=1.0)) for _ in range(10)]
    await asyncio.sleep(0.05)
    for _ in range(5):
        assert await draw(pool, good, timeout_s=0.8) == "<p>hello</p>"
    assert not any(task.done() for task in failing)
    failures = await asyncio.gather(*failing, return_exceptions=True)
    assert all(isinstance(one, TemplateFailed | DeadlineExceeded) for one in failures)
    assert not pool._turns


async def test_when_all_are_busy_the_wait_is_bounded(load: Load) -> None:
    """A full pool is not the template's fault, and nobody waits past the deadline."""
    endless, good = load(ENDLESS["nested loops"]), load("x")
    async with WorkerPool(1) as pool:
        busy = asyncio.create_task(draw(pool, endless, timeout_s=1.5))
        await asyncio.sleep(0.05)
        with pytest.raises(DeadlineExceeded):
            await draw(pool, good, timeout_s=0.2)
        with pytest.raises(TemplateFailed):
            await busy
        assert await draw(pool, good) == "x"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM])
async def test_a_worker_that_is_killed_costs_no_card(load: Load, number: int) -> None:
    """The kernel's memory killer does not ask; an idle worker's death is nobody's card."""
    good = load("<p>{{ title }}</p>")
    async with WorkerPool(1) as pool:
        (pid,) = pool.pids
        os.kill(pid, number)
        if number == signal.SIGSTOP:
            with pytest.raises(TemplateFailed):
                await draw(pool, good, timeout_s=0.3)
        assert await draw(pool, good) == "<p>hello</p>"
        assert pid not in pool.pids
    assert read_proc(pid, "stat") == ""


async def test_a_caller_who_hangs_up_does_not_get_the_next_callers_card(load: Load) -> None:
    """The answer still in the pipe belongs to the one who left."""
    slow = load("{% for a in range(9999) %}{% for b in range(500) %}{% endfor %}{% endfor %}slow")
    good = load("<p>{{ title }}</p>")
    async with WorkerPool(1) as pool:
        leaving = asyncio.create_task(draw(pool, slow))
        await asyncio.sleep(0.05)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        assert await draw(pool, good) == "<p>hello</p>"


async def test_workers_know_nothing_of_the_service(
    monkeypatch: pytest.MonkeyPatch, load: Load
) -> None:
    """A sandbox escape must find no secrets and no way to write."""
    monkeypatch.setenv("HTMLCARD_ADMIN_TOKEN", "canary-secret")
    async with WorkerPool(1) as pool:
        (pid,) = pool.pids
        environment, limits = read_proc(pid, "environ"), read_proc(pid, "limits")
        assert "canary" not in environment
        assert "Max file size             0 " in limits
        assert f"Max address space         {512 * 1024 * 1024} " in limits
        assert os.getsid(pid) == pid  # Ctrl+C in the service's terminal does not reach it
        assert await draw(pool, load("x")) == "x"


async def test_more_templates_than_a_worker_keeps_are_drawn(pool: WorkerPool, load: Load) -> None:
    """A worker forgets templates; it must ask again, and never mix two up."""
    templates = [load(f"<p>{number}</p>") for number in range(70)]
    for _ in range(2):
        for number, template in enumerate(templates):
            assert await draw(pool, template) == f"<p>{number}</p>"


async def test_many_at_once_get_each_their_own(pool: WorkerPool, load: Load) -> None:
    """Another site's title on a card would be cached for a year."""
    template = load("<p>{{ title }}</p>")

    async def draw_title(number: int) -> str:
        params = parse_query(template, [("title", str(number))])
        return await pool.render(template, params, CARD, 20.0)

    assert await asyncio.gather(*map(draw_title, range(300))) == [
        f"<p>{number}</p>" for number in range(300)
    ]


ORPHAN = """
import asyncio, sys
from pathlib import Path
from htmlcard.templating.catalogue import Catalogue
from htmlcard.templating.params import parse_query
from htmlcard.templating.workers import WorkerPool

async def main():
    template = Catalogue([Path(sys.argv[1])]).get_template("t")
    async with WorkerPool(2) as pool:
        print(*pool.pids, flush=True)
        await pool.render(template, parse_query(template, []), {}, 1.0)

asyncio.run(main())
"""


def start_orphan_maker(root: Path) -> tuple[subprocess.Popen[bytes], list[int]]:
    process = subprocess.Popen([sys.executable, "-c", ORPHAN, str(root)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout:
        return process, [int(pid) for pid in process.stdout.readline().split()]


async def test_workers_die_with_their_parent(root: Path, load: Load) -> None:
    """After SIGKILL of the service nothing may keep burning: not the idle one, not the busy one."""
    load(ENDLESS["nested loops"])
    process, pids = start_orphan_maker(root)
    assert len(pids) == 2
    await asyncio.sleep(0.2)
    process.kill()
    process.wait()

    def is_gone(pid: int) -> bool:
        status = read_proc(pid, "status")
        return status == "" or "State:\tZ" in status

    await wait_until(lambda: all(map(is_gone, pids)))


async def test_closing_ends_a_worker_that_was_just_given_up(load: Load) -> None:
    """Between a caller's leaving and its worker's end the pool may be closed."""
    endless = load(ENDLESS["nested loops"])
    async with WorkerPool(1) as pool:
        (pid,) = pool.pids
        leaving = asyncio.create_task(draw(pool, endless, timeout_s=30))
        await asyncio.sleep(0.05)
        leaving.cancel()
        # Lets the caller leave, and nothing more.
        await asyncio.sleep(0)
        assert not pool.closed
    await asyncio.gather(leaving, return_exceptions=True)
    assert read_proc(pid, "stat") == ""


async def test_closing_fails_the_cards_in_flight_and_leaves_no_process(load: Load) -> None:
    """A service that stops must neither wait for a template nor start a worker anew."""
    endless = load(ENDLESS["nested loops"])
    async with WorkerPool(2) as pool:
        pids = pool.pids
        busy = asyncio.create_task(draw(pool, endless, timeout_s=30))
        await asyncio.sleep(0.05)
    with pytest.raises(TemplateFailed, match="shutting down"):
        await busy
    assert all(read_proc(pid, "stat") == "" for pid in pids)
    assert pool.pids == frozenset()


async def test_waiting_for_a_worker_is_not_charged_to_the_template(load: Load) -> None:
    """A burst of cards of a sound template would be told to look for loops."""
    heavy = load(
        "{% for a in range(9999) %}{% for b in range(60) %}{% endfor %}{% endfor %}{{ title }}"
    )
    async with WorkerPool(1) as pool:
        took_s = -time.monotonic()
        await draw(pool, heavy)
        took_s += time.monotonic()
        timeout_s = 3 * took_s + 0.2
        answers = await asyncio.gather(
            *(draw(pool, heavy, timeout_s=timeout_s) for _ in range(12)), return_exceptions=True
        )
        assert answers[0] == "hello"
        assert not any(isinstance(answer, TemplateFailed) for answer in answers)
