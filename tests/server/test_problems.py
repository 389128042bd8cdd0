"""Answers that are no picture: RFC 9457 problems, each with what a program and a person need."""

from __future__ import annotations

import pytest
from running import Answer, Site


def assert_problem(answer: Answer, status: int, code: str) -> None:
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    found = answer.json
    assert found["status"] == status
    assert found["code"] == code
    assert {"type", "title", "detail"} <= found.keys()
    assert found["request_id"] == answer.headers["X-Request-Id"]
    assert "Traceback" not in answer.body.decode()
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    "path",
    [
        "/render/nosuch",
        "/render/nosuch.png?title=x",
        "/render/nonce.gif",
        "/render/nonce.PNG",
        "/render/.png",
        "/render/Nonce",
        "/render/..%2fnonce",
        "/render/%2e%2e",
        "/render/nonce%00",
        "/render/_shared",
        "/render/" + "n" * 300,
        "/tags/nosuch",
        "/templates/nosuch",
    ],
)
async def test_an_unknown_template_is_a_problem_before_any_drawing(site: Site, path: str) -> None:
    """A picture for a name that is wrong would hide the mistake for ever."""
    assert_problem(await site.get(path), 404, "unknown_template")


@pytest.mark.parametrize("path", ["/nothing", "/render", "/render/", "/render/nonce/x", "/pages/x"])
async def test_an_unknown_address_is_a_problem(site: Site, path: str) -> None:
    """Programs parse what comes back: a page of HTML would not do."""
    assert_problem(await site.get(path), 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/render/nonce", "GET,HEAD,POST"),
        ("DELETE", "/", "GET,HEAD"),
        ("GET", "/purge", "POST"),
        ("POST", "/metrics", "GET,HEAD"),
    ],
)
async def test_a_wrong_method_names_the_right_ones(
    site: Site, method: str, path: str, allowed: str
) -> None:
    """RFC 9110 asks for `Allow` with every 405."""
    answer = await site.ask(method, path)
    assert_problem(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == allowed


async def test_a_request_id_comes_back_and_a_bad_one_is_replaced(site: Site) -> None:
    """It ties a log line to a complaint; what is no plain word must not get into the log."""
    for path in ("/render/nonce?title=id&must=1", "/render/nosuch", "/livez", "/"):
        answer = await site.get(path, X_Request_Id="trace-1.a_B")
        assert answer.headers["X-Request-Id"] == "trace-1.a_B"
    answer = await site.get("/livez", X_Request_Id='x"><script>')
    assert answer.headers["X-Request-Id"].isalnum()
    one, other = [(await site.get("/livez")).headers["X-Request-Id"] for _ in range(2)]
    assert one != other
