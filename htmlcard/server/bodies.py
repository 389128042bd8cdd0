"""JSON bodies of requests."""

from __future__ import annotations

import json
from typing import Any

from htmlcard.errors import InvalidRequest


def parse_body(raw: bytes) -> Any:
    """The decoded JSON.

    Raises:
        InvalidRequest: it is none, or nested too deeply.
    """
    try:
        return json.loads(raw)
    except RecursionError as error:
        raise InvalidRequest("The body is nested too deeply.") from error
    except ValueError as error:
        raise InvalidRequest(f"The body is not JSON: {error}") from error
