"""`make setup` and what it calls: quick when nothing is to be done, plain when something is wrong.

Python, apt and make are stand-ins here, since a test must not install anything;
the scripts, the shell and Playwright's download are real.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest
import yaml

from htmlcard.browser.install import install_browser, install_fonts
from htmlcard.errors import EnvironmentLacking

ROOT = Path(__file__).parent.parent

#: Says yes to every question, writes down what it was asked, and makes copies of itself.
PYTHON_STAND_IN = """\
#!/bin/sh
echo "$*" >>{calls}
case "$*" in
    *venv*--clear*) mkdir -p .venv/bin; cp "$0" .venv/bin/python ;;
    *require-hashes*) [ ! -e {broken} ] || {{ echo "the index is down"; exit 1; }} ;;
    *browser.install*) echo {chromium} ;;
esac
"""


class Tree:
    """A copy of the files that set-up reads, with a stand-in for Python."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "tree"
        self.calls = folder / "calls"
        self.broken = folder / "broken"
        self.chromium = folder / "chromium"
        self.python = folder / "python3"
        (self.folder / "scripts").mkdir(parents=True)
        for name in ("scripts/setup.sh", "requirements-dev.lock", "pyproject.toml"):
            shutil.copy(ROOT / name, self.folder / name)
        self.python.write_text(
            PYTHON_STAND_IN.format(calls=self.calls, broken=self.broken, chromium=self.chromium)
        )
        self.python.chmod(0o755)
        self.chromium.touch(mode=0o755)

    def set_up(self, python: Path | None = None) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHON": str(python or self.python)}
        environment.pop("HTMLCARD_CHROMIUM", None)
        return subprocess.run(
            ["sh", "scripts/setup.sh"],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def take_steps(self) -> list[str]:
        """The steps taken since the last call."""
        words = ("venv", "require-hashes", "--no-deps", "browser.install")
        calls = self.calls.read_text().splitlines() if self.calls.exists() else []
        self.calls.unlink(missing_ok=True)
        return [word for call in calls for word in words if word in call and "import" not in call]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def make_older(path: Path) -> None:
    os.utime(path, (1, 1))


def test_a_second_set_up_does_nothing_at_all(tree: Tree) -> None:
    """`make run` goes through set-up each time and has to start in seconds."""
    first = tree.set_up()
    assert first.returncode == 0, first.stderr
    assert tree.take_steps() == ["venv", "require-hashes", "--no-deps", "browser.install"]

    second = tree.set_up()

    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    assert tree.take_steps() == []


def test_a_changed_lock_installs_again_and_asks_for_its_browser(tree: Tree) -> None:
    """Another Playwright wants another Chromium, so the browser is looked for again as well."""
    tree.set_up()
    tree.take_steps()
    for stamp in ("dependencies", "project", "chromium"):
        make_older(tree.folder / ".venv" / stamp)

    assert tree.set_up().returncode == 0
    assert tree.take_steps() == ["require-hashes", "--no-deps", "browser.install"]


def test_a_browser_that_was_removed_is_installed_again(tree: Tree) -> None:
    """System packages come and go without asking us."""
    tree.set_up()
    tree.take_steps()
    tree.chromium.unlink()

    tree.set_up()

    assert tree.take_steps() == ["browser.install"]


def test_a_failed_step_shows_its_log_and_is_repeated(tree: Tree) -> None:
    """A set-up that was cut short must neither look finished nor need `make clean`."""
    tree.broken.touch()
    failed = tree.set_up()
    assert failed.returncode != 0
    assert "the index is down" in failed.stderr
    assert tree.take_steps() == ["venv", "require-hashes"]

    tree.broken.unlink()

    assert tree.set_up().returncode == 0
    assert tree.take_steps()[-3:] == ["require-hashes", "--no-deps", "browser.install"]


def test_a_copied_tree_gets_an_environment_of_its_own(tree: Tree, tmp_path: Path) -> None:
    """Scripts in a copied environment would run the other tree's code without a word."""
    tree.set_up()
    tree.take_steps()
    shutil.copytree(tree.folder, tmp_path / "copy")
    tree.folder = tmp_path / "copy"

    tree.set_up()

    assert tree.take_steps()[0] == "venv"


def test_an_old_python_is_named_as_the_reason(tree: Tree, tmp_path: Path) -> None:
    """Long-term distributions still ship 3.9, and pip's own complaint is no help."""
    old = tmp_path / "old-python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)

    refused = tree.set_up(python=old)

    assert refused.returncode != 0
    assert "no Python >= 3.11 found" in refused.stderr
    assert not (tree.folder / ".venv").exists()


def test_make_alone_lists_every_target() -> None:
    """The list is the only documentation that people look at."""
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    makefile = (ROOT / "Makefile").read_text()
    [phony] = [line for line in makefile.splitlines() if line.startswith(".PHONY:")]

    for target in phony.split()[1:]:
        assert f"make {target} " in listed


def test_continuous_integration_runs_what_people_run(tmp_path: Path) -> None:
    """A second way to run the tests would sooner or later disagree with the first."""
    make = tmp_path / "make"
    make.write_text('#!/bin/sh\npwd\necho "make $*"\n')
    make.chmod(0o755)

    done = subprocess.run(
        [ROOT / ".ci/run"],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.splitlines() == [str(ROOT), "make test"]


@pytest.fixture
def unreachable_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Playwright's server refuses connections, as on a network without a way out."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    monkeypatch.setenv("PLAYWRIGHT_DOWNLOAD_HOST", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "playwright"))


@pytest.fixture
def apt_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """PATH with apt alone: it knows its packages only after an update, as on a new machine."""
    folder = tmp_path / "bin"
    folder.mkdir()
    apt = folder / "apt-get"
    apt.write_text(
        f"""#!/bin/sh
echo "$*" >>{tmp_path}/apt-calls
case "$*" in
    update) : >{tmp_path}/lists ;;
    *)
        if [ ! -e {tmp_path}/lists ]; then echo "Unable to locate package"; exit 100; fi
        for package in "$@"; do :; done
        printf '#!/bin/sh\\necho Chromium 156.0.1.2\\n' >{folder}/$package
        /bin/chmod 755 {folder}/$package ;;
esac
"""
    )
    apt.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.mark.usefixtures("unreachable_download")
def test_the_system_package_stands_in_for_the_download(
    apt_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Company networks often let package mirrors through and nothing else."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    lines: list[str] = []

    found = install_browser(lines.append)

    assert found.path == apt_machine / "chromium-headless-shell"
    assert found.headless_shell
    assert any("Playwright's download is not to be had here" in line for line in lines)


@pytest.mark.usefixtures("unreachable_download", "apt_machine")
def test_an_ordinary_user_is_given_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No sudo behind people's backs; and nothing is started that could only fail."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    with pytest.raises(EnvironmentLacking) as raised:
        install_browser(lambda _: None)

    command = "apt-get update && apt-get install -y --no-install-recommends chromium-headless-shell"
    assert f"run as root: {command}" in str(raised.value)
    assert not (tmp_path / "apt-calls").exists()


@pytest.mark.usefixtures("apt_machine")
def test_missing_fonts_are_told_and_do_not_stop_the_set_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Latin cards are fine without them; the operator decides."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    lines: list[str] = []

    install_fonts(lines.append)

    [line] = lines
    assert "fonts-noto-cjk" in line
    assert "run as root" in line


def test_the_compose_file_can_run_read_only() -> None:
    """Every folder the service writes to must be given back, or the first card fails."""
    [service] = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())["services"].values()
    [cache] = [
        line.split("=", 1)[1]
        for line in (ROOT / "Dockerfile").read_text().splitlines()
        if "HTMLCARD_CACHE_DIR=" in line
    ]

    assert service["read_only"] is True
    assert [mount.split(":")[1] for mount in service["volumes"]] == [cache]
    assert any(mount.startswith("/tmp") for mount in service["tmpfs"])
