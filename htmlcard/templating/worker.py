"""Fills in templates in a child process, because templates may do anything.

It holds no secrets and reads no files. `workers` is the parent's side, `children` what they
speak through. A request is JSON, see `_render`; the answer `H` HTML, `E` what went wrong as text
or `S` "send the sources too".
"""

from __future__ import annotations

import json
from collections import OrderedDict
from typing import Any

from jinja2 import TemplateError, TemplateNotFound, TemplateSyntaxError

from htmlcard.children.service import serve
from htmlcard.templating.dates import parse_iso
from htmlcard.templating.environment import Environment

MAX_OUTPUT_BYTES = 2_000_000
_MAX_MEMORY_BYTES = 512 * 1024 * 1024
#: Compiled templates kept; more distinct templates than this in one service are rare.
_MAX_ENVIRONMENTS = 64

_environments: OrderedDict[str, Environment] = OrderedDict()


class _OutputTooLarge(Exception):  # noqa: N818 - a control flow of this file only
    pass


def main() -> None:
    """Answers requests until the parent closes the pipe."""
    serve(lambda payload: _answer(json.loads(payload)), _MAX_MEMORY_BYTES)


def _answer(request: dict[str, Any]) -> tuple[bytes, bytes]:
    environment = _find_environment(request)
    if environment is None:
        return b"S", b""
    try:
        return b"H", _render(environment, request)
    except MemoryError:
        raise
    except _OutputTooLarge:
        message = f"the filled-in template is over {MAX_OUTPUT_BYTES:,} bytes; print less"
    except Exception as error:
        message = _describe(error)
    return b"E", message.encode("utf-8", "replace")[:4000]


def _find_environment(request: dict[str, Any]) -> Environment | None:
    key = request["fingerprint"]
    environment = _environments.get(key)
    if environment is None:
        if "sources" not in request:
            return None
        environment = _environments[key] = Environment(request["sources"])
        if len(_environments) > _MAX_ENVIRONMENTS:
            _environments.popitem(last=False)
    _environments.move_to_end(key)
    return environment


def _render(environment: Environment, request: dict[str, Any]) -> bytes:
    """`values` by name, of which `dates` names the ISO 8601 ones; `card` and `brand` mappings."""
    values = dict(request["values"])
    for name in request["dates"]:
        values[name] = parse_iso(values[name])
    context = {**values, "card": request["card"], "brand": request["brand"]}
    chunks, size = [], 0
    for chunk in environment.get_template(request["entry"]).generate(context):
        size += len(chunk)
        if size > MAX_OUTPUT_BYTES:
            raise _OutputTooLarge
        chunks.append(chunk)
    html = "".join(chunks).encode("utf-8", "replace")
    if len(html) > MAX_OUTPUT_BYTES:
        raise _OutputTooLarge
    return html


def _describe(error: Exception) -> str:
    """What went wrong, with the template's file and line where Jinja tells them."""
    if isinstance(error, TemplateSyntaxError):
        return f"{error.name}:{error.lineno}: {error.message}"
    place, trace = "", error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if not name.startswith(("/", "<")):
            place = f"{name}:{trace.tb_lineno}: "
        trace = trace.tb_next
    if isinstance(error, TemplateNotFound):
        return f"{place}no such partial: {error.name}"
    if isinstance(error, RecursionError):
        return f"{place}too much nesting; does it include itself?"
    kind = "" if isinstance(error, TemplateError) else f"{type(error).__name__}: "
    return f"{place}{kind}{error}"


if __name__ == "__main__":
    main()
