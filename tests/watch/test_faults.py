"""Processes that are killed, disks that are full, folders that cannot be used."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from benchmarks import watch as kills
from foleyd.files import TEMPORARY_PREFIX
from foleyd.watch import making, placing
from foleyd.watch.errors import FolderUnusable, NotThere
from foleyd.watch.overview import overview, retry
from foleyd.watch.places import Places
from foleyd.watch.records import Book, Entry, Stamp, State
from foleyd.watch.watcher import Watcher
from foleyd.watch.work import Outcome
from plugins.disks import small_disk
from watch.conftest import Drop


class Killed(BaseException):
    """Stands for SIGKILL: nothing of ours catches it."""


@pytest.mark.slow
def test_two_hundred_files_at_once_with_the_daemon_killed_five_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOLEYD_HOME", str(tmp_path / "home"))
    outcome = kills.run(200, 5, 0, 7, tmp_path)
    assert outcome.kills == 5
    assert kills.is_right(outcome), outcome
    assert outcome.generated == 200
    # Only what was under way when a kill fell: four jobs at most.
    assert outcome.generated_again <= 5 * 4


@pytest.mark.slow
def test_the_watch_itself_is_killed_and_polls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOLEYD_HOME", str(tmp_path / "home"))
    outcome = kills.run(40, 1, 4, 3, tmp_path, "--poll", "--every", "0.3")
    assert (outcome.kills, outcome.watch_kills) == (1, 4)
    assert kills.is_right(outcome), outcome


@pytest.mark.parametrize(
    ("room", "name"),
    [
        (making, "dress"),
        (placing, "tell"),
        (placing, "name_results"),
        (placing, "put_away"),
        (placing, "withdraw_failure"),
    ],
)
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.slow
def test_killed_at_each_step_of_placing_it_is_placed_by_the_next(
    drop: Drop, clip: Path, monkeypatch: pytest.MonkeyPatch, room: object, name: str, after: bool
) -> None:
    shutil.copy2(clip, drop.folder / "a.mp4")
    real = getattr(room, name)

    def killed(*given: object) -> None:
        if after:
            real(*given)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(room, name, killed)
        with pytest.raises(Killed):
            drop.once(prompt="clicks", archive=True)
    outcomes = drop.once(prompt="clicks", archive=True)
    assert drop.results() == ["a.mp4", "archive"], outcomes
    assert sorted(path.name for path in drop.folder.iterdir()) == ["foley"]
    assert [path.name for path in (drop.own / "archive").iterdir()] == ["a.mp4"]
    assert (drop.own / "archive" / "a.mp4").as_uri() in (drop.own / "a.mp4" / "a.otio").read_text()
    assert [entry.state for entry in overview(drop.folder).entries] == [State.DONE]


@pytest.mark.slow
def test_a_full_disk_is_a_report_and_leaves_nothing_half_done(drop: Drop, clip: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "480k") as disk:
        full = Drop(disk / "drop")
        shutil.copy2(clip, full.folder / "a.mp4")
        (full.folder / "foley.toml").write_text('prompt = "clicks"\ntakes = 4\n')
        assert full.once() == {"a.mp4": Outcome.FAILED}
        assert full.results() == ["failed"]
        assert f"the disk of {full.own} has no room for the takes" in full.report("a.mp4")
        assert "(reason: DISK_FULL)" in full.report("a.mp4")
        # To the last byte: not even a report fits.
        retry(full.folder, "a.mp4")
        _fill(disk / "filler")
        assert full.once() == {"a.mp4": Outcome.FAILED}
        assert full.said("failed")
        (disk / "filler").unlink()
        (full.folder / "foley.toml").write_text('prompt = "clicks"\n')
        shutil.copy(clip, full.folder / "a.mp4")
        assert full.once() == {"a.mp4": Outcome.DONE}
        assert full.results() == ["a.mp4"]


def _fill(path: Path) -> None:
    """Writes to PATH until nothing more fits on its disk."""
    handle = os.open(path, os.O_CREAT | os.O_WRONLY)
    with suppress(OSError):
        while True:
            os.write(handle, b"x" * 256)
    os.close(handle)
    assert os.statvfs(path).f_bfree == 0


def test_what_is_being_made_and_belongs_to_nothing_is_swept(drop: Drop, clip: Path) -> None:
    stale = Places.of(drop.folder).making("0123456789abcdef")
    stale.mkdir(parents=True)
    (stale / "half.wav").write_bytes(b"x")
    (drop.own / ".making-not ours").mkdir()
    drop.once()
    assert drop.results() == [".making-not ours"]


def test_folders_that_cannot_be_watched(tmp_path: Path, drop: Drop) -> None:
    with pytest.raises(FolderUnusable, match="no folder that is there"):
        Places.of(tmp_path / "nowhere").make()
    shop = drop.shop()
    shutil.rmtree(drop.own)
    drop.own.write_text("a file")
    with pytest.raises(FolderUnusable, match="is a file"):
        Watcher(shop).open()
    with pytest.raises(NotThere):
        retry(drop.folder, "a.mp4")


def test_what_is_remembered_survives_damage_to_one_file(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.open()
    for name in ("a", "b"):
        book.save(Entry(name=name, content=name, stamp=Stamp(1, 2, 3), uses=("x",), notes=("n",)))
    damaged = next(path for path in tmp_path.glob("*.json") if b'"name":"a"' in path.read_bytes())
    damaged.write_bytes(damaged.read_bytes()[:20])
    again = Book(tmp_path)
    assert [entry.name for entry in again] == ["b"]
    assert again.get("b") == book.get("b")
    assert again.identity == book.identity


@pytest.mark.slow
def test_the_watch_loads_nothing_heavy() -> None:
    heavy = ["torch", "scipy", "av", "PIL", "soundfile"]
    code = (
        f"import sys, foleyd.cli.watch, foleyd.watch.watcher; print([m for m in {heavy} if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert out.strip() == "[]"


def test_what_a_killed_watch_was_writing_is_no_entry(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.open()
    book.save(Entry(name="a.mp4", content="content", stamp=Stamp(1, 2, 3)))
    (written,) = (path for path in tmp_path.iterdir() if path.stem != "book")
    left = tmp_path / f"{TEMPORARY_PREFIX}deadbeef-1-0123abcd.json"
    left.write_bytes(written.read_bytes().replace(b"a.mp4", b"gone.mp4"))
    os.utime(left, (1, 1))
    again = Book(tmp_path)
    assert [entry.name for entry in again] == ["a.mp4"]
    again.open()
    assert not left.exists()
