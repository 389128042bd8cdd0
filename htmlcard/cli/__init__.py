"""The `htmlcard` command: one thin file per command, errors turned into exit codes here.

Exit codes: 0 fine; 1 findings or failed rows; 2 wrong usage or settings;
3 the environment lacks something.
"""

from __future__ import annotations

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
)

EXIT_FINDINGS = 1
EXIT_USAGE = 2
EXIT_ENVIRONMENT = 3

app = App(
    name="htmlcard",
    version=__version__,
    help="Turns HTML/CSS templates into social preview pictures.",
)
app.command("htmlcard.cli.serve:serve", name="serve")
app.command("htmlcard.cli.serve:dev", name="dev")
app.command("htmlcard.cli.render:render", name="render")
app.command("htmlcard.cli.templates:app", name="templates")
app.command("htmlcard.cli.sign:sign", name="sign")
app.command("htmlcard.cli.sign:keygen", name="keygen")
app.command("htmlcard.cli.doctor:doctor", name="doctor")
app.command("htmlcard.cli.install_browser:install_browser", name="install-browser")
app.command("htmlcard.cli.config:config", name="config")


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    error_console = Console(stderr=True, soft_wrap=True, highlight=False)
    try:
        code: Any = app(
            arguments,
            error_console=error_console,
            exit_on_error=False,
            result_action="return_value",
        )
    except CycloptsError:  # It has printed itself.
        sys.exit(EXIT_USAGE)
    except (InvalidSettings, InvalidRequest) as error:
        _complain(error)
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


def _complain(error: Exception) -> None:
    print(f"htmlcard: {error}", file=sys.stderr)
    for item in getattr(error, "errors", ()):
        print(f"  - {item.field}: {item.message}", file=sys.stderr)
