"""`htmlcard keygen` and `htmlcard sign`: keys, and URLs that only their holder can make."""

from __future__ import annotations

import re
import sys
import time
from urllib.parse import urlsplit

from htmlcard.assembly import load_catalogue
from htmlcard.cli.flags import SettingFlags, settings_of
from htmlcard.config import Settings
from htmlcard.errors import InvalidRequest, InvalidSettings, TemplateFailed, UnknownTemplate
from htmlcard.signatures import KeyRing, generate_key, recognized
from htmlcard.telemetry.logs import configure_logs
from htmlcard.urls import Pairs, encode_query, parse_query, parse_target

_DURATION = re.compile(r"([0-9]{1,6})([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def keygen() -> int:
    """Print a fresh signing key for HTMLCARD_SIGNING_KEYS."""
    print(generate_key())
    return 0


def sign(url: str, /, *, expires: str | None = None, flags: SettingFlags | None = None) -> int:
    """Sign a render URL with the first of HTMLCARD_SIGNING_KEYS and print it.

    Parameters
    ----------
    url
        With or without a host: `https://cards.example/render/article?title=Hello`.
    expires
        How long it is good for: `90s`, `15m`, `12h`, `30d`, `4w`; default: for ever.
    """
    settings = settings_of(flags).settings
    configure_logs("critical", "auto")
    if not settings.signing_keys:
        raise InvalidSettings(
            "there is no key to sign with: set HTMLCARD_SIGNING_KEYS (`htmlcard keygen` makes one)"
        )
    parts = urlsplit(url)
    prefix, found, segment = parts.path.rpartition("/render/")
    if not found or not segment:
        raise InvalidRequest(f"{url} is no render URL: its path has no /render/<template>")
    query = [pair for pair in parse_query(parts.query) if pair[0] not in ("sig", "exp")]
    if expires is not None:
        query.append(("exp", str(int(time.time()) + _parse_duration_s(expires))))
    query = _keep_recognized(settings, parse_target(segment).template, query)
    path = f"/render/{segment}"
    ring = KeyRing([settings.signing_keys[0].get_secret_value()])
    query.append(("sig", ring.sign(path, query)))
    print(parts._replace(path=prefix + path, query=encode_query(query)).geturl())
    return 0


def _keep_recognized(settings: Settings, name: str, query: Pairs) -> list[tuple[str, str]]:
    """What the signature covers; without the template at hand, everything."""
    try:
        template = load_catalogue(settings).get_template(name)
    except (UnknownTemplate, TemplateFailed):
        print(
            f"htmlcard: template {name!r} is not here, so every parameter is signed; those it "
            "does not know make the signature wrong",
            file=sys.stderr,
        )
        return list(query)
    kept = recognized(query, template.fields)
    dropped = sorted({key for key, _ in query} - {key for key, _ in kept})
    if dropped:
        print(
            f"htmlcard: left out, since {name} has no such field: {', '.join(dropped)}",
            file=sys.stderr,
        )
    return kept


def _parse_duration_s(text: str) -> int:
    match = _DURATION.fullmatch(text)
    if not match:
        raise InvalidRequest(f"--expires {text!r} is no duration; write 90s, 15m, 12h, 30d or 4w")
    return int(match[1]) * _SECONDS[match[2]]
