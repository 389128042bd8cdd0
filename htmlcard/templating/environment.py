"""The Jinja dialect of templates: sandboxed, autoescaped, forgiving of gaps, without disk.

Used by `analysis` to read templates and by `worker` to fill them in. Only the
worker may compile or run one: even constant folding can take for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NoReturn

from jinja2 import ChainableUndefined, FunctionLoader
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from htmlcard.templating.filters import FILTERS


class Missing(ChainableUndefined):
    """An empty field or unknown name: undefined for `default` and `is defined`, and wherever a
    text could stand as good as an empty one."""

    __slots__ = ()

    def __call__(self, *_: object, **__: object) -> Missing:  # type: ignore[override]
        return self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Missing) or other == ""

    def __hash__(self) -> int:
        return hash("")

    def __add__(self, other: str) -> str:  # type: ignore[override]
        return "" + other

    def __radd__(self, other: str) -> str:  # type: ignore[override]
        return other + ""


class Environment(ImmutableSandboxedEnvironment):
    """Templates from `sources` (name -> text) and from nowhere else.

    Undefined variables and attributes draw as nothing. Reaching for Python's
    insides raises `SecurityError`, rather than drawing as nothing too.
    """

    def __init__(self, sources: Mapping[str, str]) -> None:
        def load(name: str) -> tuple[str, str, Callable[[], bool]] | None:
            # The name serves as file name, so that tracebacks tell where an error is.
            text = sources.get(name)
            return None if text is None else (text, name, lambda: True)

        super().__init__(
            loader=FunctionLoader(load),
            autoescape=True,
            undefined=Missing,
            auto_reload=False,
        )
        self.filters.update(FILTERS)
        # `tojson` for scripts: dates as ISO 8601, empty fields as "".
        self.policies["json.dumps_kwargs"] = {"sort_keys": True, "default": str}

    def unsafe_undefined(self, obj: object, attribute: str) -> NoReturn:
        raise SecurityError(f"access to {attribute!r} of a {type(obj).__name__} is not allowed")
