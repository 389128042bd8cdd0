"""How far a browser is cut off from the machine, and the command line that does it.

Level A is tried first, then B; C only where the operator asked for it. The
launcher is a small shell script: it writes down its process id (which is the
id of the browser's process group, so that the group can be killed even while
a launch hangs), lets the service go first, sheds what it may, and becomes the browser.
"""

from __future__ import annotations

import asyncio
import os
import shlex
from asyncio.subprocess import DEVNULL
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from htmlcard.browser.font_families import write_fonts_conf

#: The user and group that own nothing, on every Unix in use.
NOBODY_ID = 65534
#: Cards that are there already are not to wait for those that are drawn: a tenth of the service's
#: weight, for the process and (sched(7)) for the session that Linux may weigh in its place.
NICENESS = 10

#: The driver's pipes to a browser are 3 and 4. Here they go to us, and the browser's come from us.
#: We let go of the driver once all is set up, which ends both copiers. They are nobody's children,
#: so that none of them is left for the browser to bury.
_JOIN_PIPES = """\
((
exec >/dev/null 2>&1 5<&- 6>&-
cat <&3 >&8 4>&- 7<&- &
exec 3<&- 8>&-
cat <&7 >&4
kill $!
) &)
exec "$0" "$@" 3<&5 4>&6 5<&- 6>&- 7<&- 8>&-"""


class IsolationLevel(StrEnum):
    """What stands between a template and the machine."""

    SANDBOX_AND_NETNS = "A"
    """Chromium's sandbox, an ordinary user, and a network namespace without any interface up."""

    SANDBOX = "B"
    """Chromium's sandbox and an ordinary user; names and connections lead nowhere."""

    NONE = "C"
    """No sandbox: whoever breaks Chromium owns the account it runs under."""


@dataclass(frozen=True, slots=True)
class Launcher:
    """A script that starts the browser in `folder` at one level of isolation."""

    folder: Path
    level: IsolationLevel
    #: Whether we stand between the browser and its driver (`wire`), by pipes in the folder.
    wired: bool = False

    @property
    def script(self) -> Path:
        return self.folder / "launch"

    @property
    def pid_file(self) -> Path:
        return self.folder / "pid"

    @property
    def home(self) -> Path:
        """The browser's home and temporary folder: the only place it may write to."""
        return self.folder / "home"

    @property
    def fonts_conf(self) -> Path:
        return self.folder / "fonts.conf"

    @property
    def to_browser(self) -> Path:
        return self.folder / "to-browser"

    @property
    def from_browser(self) -> Path:
        return self.folder / "from-browser"

    @property
    def to_driver(self) -> Path:
        return self.folder / "to-driver"

    @property
    def from_driver(self) -> Path:
        return self.folder / "from-driver"

    def write(self, binary: Path) -> None:
        """Make the folder ready: script, pipes, fonts, and a home that is the browser user's."""
        self.folder.mkdir(mode=0o711)
        self.home.mkdir(mode=0o700)
        if os.geteuid() == 0 and self.level is not IsolationLevel.NONE:
            os.chown(self.home, NOBODY_ID, NOBODY_ID)
        write_fonts_conf(self.fonts_conf)
        command = ["nice", "-n", str(NICENESS), *_prefix(self.level)]
        lines = [
            "#!/bin/sh",
            f"echo $$ > {shlex.quote(str(self.pid_file))}",
            f"{{ echo {NICENESS} > /proc/self/autogroup; }} 2>/dev/null",
        ]
        if self.wired:
            lines += self._lay_pipes()
            command += ["/bin/sh", "-c", _JOIN_PIPES]
        command.append(str(binary))
        # The last of two flags wins: Playwright's folder is one that this user could not open, and
        # its pipe would speak JSON.
        flags = [f"--user-data-dir={self.home}"]
        flags += ["--remote-debugging-pipe=cbor"] if self.wired else []
        lines.append(f'exec {shlex.join(command)} "$@" {shlex.join(flags)}')
        self.script.write_text("\n".join([*lines, ""]), encoding="utf-8")
        self.script.chmod(0o755)

    def _lay_pipes(self) -> list[str]:
        """Lines that open the pipes, as 5 to 8. Their other ends are ours (`wire`)."""
        lines = []
        pipes = (self.to_browser, self.from_browser, self.to_driver, self.from_driver)
        for fd, direction, pipe in zip((5, 6, 7, 8), "<><>", pipes, strict=True):
            os.mkfifo(pipe, 0o600)
            path = shlex.quote(str(pipe))
            # Opening one waits for its other end, which may have gone; unless this is there.
            lines.append(f"exec 9<>{path} {fd}{direction}{path} 9>&-")
        return lines


async def candidate_levels(*, allow_unsafe: bool) -> list[IsolationLevel]:
    """The levels whose launcher works on this machine, best first.

    Never empty: where not even level B's does, it is named all the same, for its message.
    """
    ordered = [IsolationLevel.SANDBOX_AND_NETNS, IsolationLevel.SANDBOX]
    work = await asyncio.gather(*map(_prefix_works, ordered))
    levels = [level for level, works in zip(ordered, work, strict=True) if works] or ordered[-1:]
    return [*levels, *([IsolationLevel.NONE] if allow_unsafe else [])]


async def _prefix_works(level: IsolationLevel) -> bool:
    prefix = _prefix(level)
    if not prefix:
        return True
    try:
        process = await asyncio.create_subprocess_exec(
            *prefix, "true", stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL
        )
    except OSError:
        return False
    try:
        return await asyncio.wait_for(process.wait(), timeout=3) == 0
    except TimeoutError:
        process.kill()
        return False


def _prefix(level: IsolationLevel) -> list[str]:
    if level is IsolationLevel.NONE:
        return []
    prefix = []
    if os.geteuid() == 0:  # Chromium's sandbox refuses to run as root.
        ids = [f"--reuid={NOBODY_ID}", f"--regid={NOBODY_ID}"]
        prefix = ["setpriv", *ids, "--clear-groups", "--inh-caps=-all"]
    if level is IsolationLevel.SANDBOX_AND_NETNS:
        prefix += ["unshare", "--map-current-user", "--net", "--"]
    return prefix
