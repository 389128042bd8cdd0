"""Edits are seen at the very next request, though nobody looks at the files any more."""

from __future__ import annotations

import gc
import mmap
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from htmlcard.errors import UnknownTemplate
from htmlcard.templating import catalogue as catalogue_module
from htmlcard.templating.catalogue import Catalogue
from htmlcard.templating.changes import Changes

TEXT = "<html><body>{word} {{{{ title }}}}</body></html>"

pytestmark = pytest.mark.skipif(
    not Changes().follow([str(Path(__file__).parent)]), reason="there is no inotify here"
)


@pytest.fixture(autouse=True)
def no_second_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """The look that is taken every second must not hide that a change was missed."""
    monkeypatch.setattr(catalogue_module, "_LOOK_EVERY_S", 1e9)


def write(path: Path, word: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(TEXT.format(word=word))


def save_as_editors_do(path: Path, word: str) -> None:
    """A new file takes the old one's name, which never is half written."""
    fresh = path.with_name(path.name + "~")
    write(fresh, word)
    fresh.replace(path)


def settle(catalogue: Catalogue) -> None:
    """Until files are old enough to be told apart by their times, they are read anew anyway."""
    time.sleep(0.05)
    for _ in range(3):
        catalogue.get_template("t")


def word_of(catalogue: Catalogue) -> str:
    template = catalogue.get_template("t")
    return template.sources[template.entry].split()[0].removeprefix("<html><body>")


def count_looks(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    looks: list[object] = []
    stat = os.stat

    def counted(*args: object, **options: object) -> os.stat_result:
        looks.append(args)
        return stat(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "stat", counted)
    return looks


def test_what_has_not_changed_is_not_looked_at(
    root: Path, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dozens of `stat` calls for every hit would cost more than the hit."""
    write(root / "t/card.html", "old")
    settle(catalogue)
    looks = count_looks(monkeypatch)
    for _ in range(100):
        assert word_of(catalogue) == "old"
    assert looks == []


def append(path: Path) -> None:
    with path.open("a") as file:
        file.write("<!-- more -->")


#: What is done to the file `t/card.html`, and the word it then holds.
EDITS: dict[str, tuple[Callable[[Path], object], str]] = {
    "write": (lambda file: write(file, "new"), "new"),
    "rename_over": (lambda file: save_as_editors_do(file, "new"), "new"),
    "append": (append, "old"),
    "delete_and_write": (lambda file: (file.unlink(), write(file, "new")), "new"),
    "folder_anew": (lambda file: (shutil.rmtree(file.parent), write(file, "new")), "new"),
    "folder_exchanged": (
        lambda file: (
            write(file.parents[1] / "_next/card.html", "new"),
            file.parent.rename(file.parents[1] / "_before"),
            (file.parents[1] / "_next").rename(file.parent),
        ),
        "new",
    ),
    "root_exchanged": (
        lambda file: (
            write(file.parents[2] / "next/t/card.html", "new"),
            file.parents[1].rename(file.parents[2] / "before"),
            (file.parents[2] / "next").rename(file.parents[1]),
        ),
        "new",
    ),
    "by_another_name": (
        lambda file: (
            (file.parents[2] / "link").hardlink_to(file),
            write(file.parents[2] / "link", "new"),
        ),
        "new",
    ),
    "asset_added": (lambda file: (file.parent / "x.css").write_text("p {}"), "old"),
    "manifest_added": (lambda file: (file.parent / "card.toml").write_text('title = "T"'), "old"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_every_edit_counts_at_once(root: Path, catalogue: Catalogue, edit: str) -> None:
    """Editors, copies, deployments and version control all write in ways of their own; and the
    second edit has to be seen like the first."""
    for _ in range(2):
        shutil.rmtree(root.parent / "before", ignore_errors=True)
        shutil.rmtree(root / "_before", ignore_errors=True)
        (root.parent / "link").unlink(missing_ok=True)
        write(root / "t/card.html", "old")
        for name in ("x.css", "card.toml"):
            (root / "t" / name).unlink(missing_ok=True)
        settle(catalogue)
        before = catalogue.get_template("t")
        change, word = EDITS[edit]
        change(root / "t/card.html")
        assert catalogue.get_template("t").fingerprint != before.fingerprint
        assert word_of(catalogue) == word


def test_what_was_missing_may_come(root: Path, catalogue: Catalogue) -> None:
    """A partial that was not there, in a folder that was not there."""
    write(root / "t.html", "{% include '_shared/deep/part.html' ignore missing %}")
    settle(catalogue)
    assert "_shared/deep/part.html" not in catalogue.get_template("t").sources
    write(root / "_shared/deep/part.html", "new")
    assert "_shared/deep/part.html" in catalogue.get_template("t").sources
    shutil.rmtree(root / "_shared")
    assert "_shared/deep/part.html" not in catalogue.get_template("t").sources


def test_a_root_that_was_missing_may_come(tmp_path: Path) -> None:
    """It goes before the one in use."""
    catalogue = Catalogue([tmp_path / "far/own", tmp_path / "builtin"])
    write(tmp_path / "builtin/t.html", "builtin")
    settle(catalogue)
    (tmp_path / "far").mkdir()
    assert word_of(catalogue) == "builtin"
    write(tmp_path / "far/own/t.html", "own")
    assert word_of(catalogue) == "own"


def test_a_deleted_template_is_gone(root: Path, catalogue: Catalogue) -> None:
    write(root / "t/card.html", "old")
    settle(catalogue)
    shutil.rmtree(root / "t")
    with pytest.raises(UnknownTemplate):
        catalogue.get_template("t")


def test_every_link_on_the_way_is_followed(root: Path, catalogue: Catalogue) -> None:
    """Deployments switch a link, often one behind another, and nothing else."""
    write(root / "v1/card.html", "one")
    write(root / "v2/card.html", "two")
    (root / "_links").mkdir()
    (root / "_links/current").symlink_to("../v1")
    (root / "t").symlink_to("_links/current")
    settle(catalogue)
    assert word_of(catalogue) == "one"
    (root / "_links/next").symlink_to(root / "v2")
    (root / "_links/next").replace(root / "_links/current")
    assert word_of(catalogue) == "two"
    settle(catalogue)
    save_as_editors_do(root / "v2/card.html", "three")
    assert word_of(catalogue) == "three"


def test_links_in_a_circle_are_nothing_to_vouch_for(root: Path) -> None:
    """They must not be followed for ever either."""
    (root / "a").symlink_to("b")
    (root / "b").symlink_to("a")
    assert not Changes().follow([str(root / "a/card.html")])


@pytest.mark.parametrize("name", ["\0.css", "\ud800.css"])
def test_names_that_no_file_can_have(root: Path, catalogue: Catalogue, name: str) -> None:
    """A typing error in a stylesheet must not take the card away."""
    assert not Changes().follow([str(root / name)])
    escaped = name.encode("utf-8", "surrogatepass").hex("%")
    write(root / "t.html", f"old <img src='%{escaped}'>")
    settle(catalogue)
    write(root / "t.html", "new")
    assert word_of(catalogue) == "new"


def test_to_follow_more_is_to_forget_nothing(root: Path) -> None:
    """The system holds one wish for each file, and templates share theirs."""
    changes = Changes()
    file = root / "shared.css"
    file.touch()
    assert changes.follow([str(file)])
    assert changes.follow([str(file / "below")])
    before = changes.count()
    file.write_text("p {}")
    assert changes.count() > before
    assert changes.count() == changes.count()


def test_an_overflow_is_a_change(root: Path, catalogue: Catalogue) -> None:
    """The system drops events nobody reads in time: the one that matters may be among them."""
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if limit > 50_000:
        pytest.skip(f"so many events take too long here: {limit}")
    write(root / "t/card.html", "old")
    settle(catalogue)
    for _ in range(limit // 2 + 1):
        (root / "x").touch()
        (root / "x").unlink()
    write(root / "t/card.html", "new")
    assert word_of(catalogue) == "new"
    settle(catalogue)
    write(root / "t/card.html", "newer")
    assert word_of(catalogue) == "newer"


def test_where_nobody_can_vouch_files_are_looked_at(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Network folders and other systems; and asking again each time would make them slow."""
    asked: list[object] = []
    monkeypatch.setattr(Changes, "follow", lambda _, paths: asked.append(paths))
    catalogue = Catalogue([root])
    write(root / "t/card.html", "old")
    settle(catalogue)
    asked.clear()
    for word in ("new", "newer"):
        assert word_of(catalogue) != word
        write(root / "t/card.html", word)
        assert word_of(catalogue) == word
        settle(catalogue)
    assert len(asked) <= 2 * len(("new", "newer"))


def test_folders_others_may_write_to_are_not_vouched_for() -> None:
    """Only this machine's own file systems raise an event for every change."""
    assert not Changes().follow(["/proc/self/status"])


def test_a_change_without_an_event_is_found_within_the_second(
    root: Path, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written by another machine, or by way of a memory map."""
    monkeypatch.setattr(catalogue_module, "_LOOK_EVERY_S", 0.1)
    write(root / "t/card.html", "old")
    settle(catalogue)
    with (root / "t/card.html").open("r+b") as file, mmap.mmap(file.fileno(), 0) as view:
        at = view.find(b"old")
        view[at : at + 3] = b"new"
        view.flush()
        deadline_s = time.monotonic() + 20
        while word_of(catalogue) != "new":
            assert time.monotonic() < deadline_s
            time.sleep(0.02)


def test_a_closed_catalogue_goes_on_looking(root: Path, catalogue: Catalogue) -> None:
    """What comes last in a service may still ask for a template."""
    write(root / "t/card.html", "old")
    settle(catalogue)
    catalogue.close()
    write(root / "t/card.html", "new")
    assert word_of(catalogue) == "new"
    settle(catalogue)
    write(root / "t/card.html", "newer")
    assert word_of(catalogue) == "newer"


def test_nothing_stays_open(root: Path) -> None:
    """A user may have 128 of these; the tests alone open more."""
    descriptors = Path("/proc/self/fd")
    write(root / "t/card.html", "old")
    gc.collect()
    before = len(list(descriptors.iterdir()))
    for end in (Catalogue.close, id):
        catalogue = Catalogue([root])
        settle(catalogue)
        assert len(list(descriptors.iterdir())) == before + 1
        end(catalogue)
        del catalogue
        gc.collect()
        assert len(list(descriptors.iterdir())) == before
