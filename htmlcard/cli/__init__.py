"""The `htmlcard` command: one thin file per command, errors turned into exit codes here.

Exit codes: 0 fine; 1 findings or failed rows; 2 wrong usage or settings;
3 the environment lacks something.
"""

from __future__ import annotations

import codecs
import io
import json
import sys
from typing import Any

from cyclopts import App, CycloptsError
from rich.console import Console

from htmlcard import __version__
from htmlcard.errors import (
    BrowserUnavailable,
    EnvironmentLacking,
    InvalidRequest,
    InvalidSettings,
    RenderFailed,
    UnknownTemplate,
)

EXIT_FINDINGS = 1
EXIT_USAGE = 2
EXIT_ENVIRONMENT = 3

app = App(
    name="htmlcard",
    version=__version__,
    help="Turns HTML/CSS templates into social preview pictures.",
)
# Said here, for commands are loaded only when they run, and `--help` runs none.
app.command(
    "htmlcard.cli.serve:serve",
    name="serve",
    help="Run the service.",
)
app.command(
    "htmlcard.cli.serve:dev",
    name="dev",
    help="Run the service for editing templates, on this machine.",
)
app.command(
    "htmlcard.cli.render:render",
    name="render",
    help="Draw one card into a file, without a server.",
)
app.command(
    "htmlcard.cli.check:check",
    name="check",
    help="Show what each platform makes of a link, and how to mend it.",
)
app.command(
    "htmlcard.cli.audit:audit",
    name="audit",
    help="Check all pages of a site, or of a built folder.",
)
app.command(
    "htmlcard.cli.templates:app",
    name="templates",
    help="List, show, make and test templates.",
)
app.command(
    "htmlcard.cli.unfurl:unfurl",
    name="unfurl",
    help="Show what a page says about itself.",
)
app.command(
    "htmlcard.cli.sign:sign",
    name="sign",
    help="Sign a render URL.",
)
app.command(
    "htmlcard.cli.sign:keygen",
    name="keygen",
    help="Print a fresh signing key.",
)
app.command(
    "htmlcard.cli.doctor:doctor",
    name="doctor",
    help="Tell what this machine lacks, and how to mend it.",
)
app.command(
    "htmlcard.cli.install_browser:install_browser",
    name="install-browser",
    help="Install Chromium and fonts.",
)
app.command(
    "htmlcard.cli.config:config",
    name="config",
    help="Show every setting and where it came from.",
)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    codecs.register_error("htmlcard", _escape)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="htmlcard")
    error_console = Console(stderr=True, soft_wrap=True, highlight=False)
    try:
        code: Any = app(
            arguments,
            # A new one for each run: cyclopts' own keeps the width of the first in the process.
            console=Console(),
            error_console=error_console,
            exit_on_error=False,
            result_action="return_value",
        )
    except CycloptsError:  # It has printed itself.
        sys.exit(EXIT_USAGE)
    except (InvalidSettings, InvalidRequest) as error:
        _complain(error)
        if isinstance(error, UnknownTemplate):
            print("`htmlcard templates list` shows what there is.", file=sys.stderr)
        sys.exit(EXIT_USAGE)
    except (EnvironmentLacking, BrowserUnavailable) as error:
        _complain(error)
        print("`htmlcard doctor` tells what is missing and how to mend it.", file=sys.stderr)
        sys.exit(EXIT_ENVIRONMENT)
    except RenderFailed as error:
        _complain(error)
        sys.exit(EXIT_FINDINGS)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our output has seen enough, as `head` does.
        sys.stderr.close()
        sys.exit(0)
    sys.exit(code if isinstance(code, int) else 0)


def _escape(error: UnicodeError) -> tuple[str, int]:
    """What stdout's encoding has no letters for, such that JSON stays the same JSON."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


def _complain(error: Exception) -> None:
    print(f"htmlcard: {error}", file=sys.stderr)
    for item in getattr(error, "errors", ()):
        print(f"  - {item.field}: {item.message}", file=sys.stderr)
