"""While a folder is watched: files come, go, change, are renamed, and are never begun too early."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from foleyd.v1 import foleyd_pb2 as pb
from foleyd.watch import events
from foleyd.watch.errors import FolderUnusable, WatchedAlready
from foleyd.watch.overview import overview
from foleyd.watch.places import Places
from foleyd.watch.watcher import Watcher
from foleyd.watch.work import Outcome
from house import House
from watch.conftest import REST, Drop, until
from watch.test_folder import edit

SLOW_ENGINE = 'prompt = "clicks"\noptions = { delay = "0.1" }\n'


@contextmanager
def watched(drop: Drop, **settings: object) -> Iterator[Watcher]:
    """DROP, watched in a thread."""
    changes = {name: settings.pop(name) for name in ("prompt", "archive", "preview") if name in settings}
    watcher = Watcher(drop.shop(**changes), **{"rest": REST, "together": 0.0, "every": 0.2, **settings})  # type: ignore[arg-type]
    watcher.open()
    thread = threading.Thread(target=watcher.run)
    thread.start()
    try:
        yield watcher
    finally:
        watcher.end()
        thread.join()
        watcher.close()


def is_done(drop: Drop, name: str) -> Callable[[], bool]:
    return (drop.own / name / "report.txt").exists


def sparse(path: Path, size: int) -> Path:
    with path.open("wb") as file:
        file.write(b"\0\0\0\x20ftypisom")
        file.truncate(size)
    return path


@pytest.mark.parametrize("poll", [False, True])
def test_files_that_come_are_done(drop: Drop, clip: Path, poll: bool) -> None:
    with watched(drop, prompt="clicks", poll=poll) as watcher:
        shutil.copy2(clip, drop.folder / "a.mp4")
        shutil.copy2(clip, drop.folder / ".b.mp4.tmp")
        os.rename(drop.folder / ".b.mp4.tmp", drop.folder / "b.mp4")
        until(is_done(drop, "a.mp4"))
        until(is_done(drop, "b.mp4"))
        until(lambda: len(watcher.last_outcomes()) == 2)
    assert watcher.last_outcomes() == {"a.mp4": Outcome.DONE, "b.mp4": Outcome.DONE}


@pytest.mark.slow
def test_a_file_that_is_written_slowly_is_begun_when_it_is_closed(drop: Drop, clip: Path) -> None:
    content = clip.read_bytes()
    with watched(drop, prompt="clicks"):
        with (drop.folder / "a.mp4").open("wb") as file:
            for start in range(0, len(content), len(content) // 4):
                file.write(content[start : start + len(content) // 4])
                file.flush()
                # Longer than a file must rest, but its writer has it open.
                threading.Event().wait(2 * REST)
        until(is_done(drop, "a.mp4"))
    assert drop.said("failed") == []
    assert len(drop.said("started")) == 1


@pytest.mark.slow
def test_a_timeline_whose_end_is_not_there_waits_for_it(drop: Drop, clip: Path, tmp_path: Path) -> None:
    text = edit(tmp_path / "cut.otio", clip.as_uri()).read_bytes()
    with watched(drop, prompt="clicks", poll=True) as watcher:
        (drop.folder / "cut.otio").write_bytes(text[: len(text) // 2])
        until(lambda: watcher.waiting.get("cut.otio") == "its end is not there yet")
        with (drop.folder / "cut.otio").open("ab") as file:
            file.write(text[len(text) // 2 :])
        until(is_done(drop, "cut.otio"))
    assert drop.said("failed") == []


def test_a_huge_file_that_is_mostly_holes_is_never_begun(drop: Drop, clip: Path) -> None:
    path = sparse(drop.folder / "huge.mp4", 1 << 40)
    with watched(drop, prompt="clicks", poll=True) as watcher:
        shutil.copy2(clip, drop.folder / "a.mp4")
        until(is_done(drop, "a.mp4"))
        until(lambda: watcher.waiting.get("huge.mp4") == "much of it is not there yet")
        with path.open("r+b") as file:  # the copy goes on, and does not end
            file.seek(1 << 20)
            file.write(b"x" * 4096)
        until(lambda: watcher.waiting.get("huge.mp4") == "it is still being copied")
        until(lambda: watcher.waiting.get("huge.mp4") == "much of it is not there yet")
    assert set(watcher.last_outcomes()) == {"a.mp4"}
    assert drop.results() == ["a.mp4"]
    assert overview(drop.folder).waiting == {"huge.mp4": "much of it is not there yet"}


def test_a_video_waits_for_the_timeline_that_comes_after_it(drop: Drop, clip: Path) -> None:
    with watched(drop, prompt="clicks", together=1.5) as watcher:
        shutil.copy2(clip, drop.folder / "clip.mp4")
        until(lambda: watcher.waiting.get("clip.mp4") == "a timeline that refers to it may come")
        edit(drop.folder / "cut.otio", "clip.mp4")
        until(is_done(drop, "cut.otio"))
        until(lambda: not watcher.waiting)
    assert drop.results() == ["cut.otio"]


def test_a_timeline_waits_for_its_media(drop: Drop, clip: Path) -> None:
    with watched(drop, prompt="clicks", together=10) as watcher:
        edit(drop.folder / "cut.otio", "clip.mp4")
        until(lambda: watcher.waiting.get("cut.otio") == "its clip.mp4 may come")
        shutil.copy2(clip, drop.folder / "clip.mp4")
        until(is_done(drop, "cut.otio"))
    assert drop.results() == ["cut.otio"]


@pytest.mark.slow
def test_a_file_that_is_renamed_in_mid_job_keeps_its_results(drop: Drop, clip: Path, house: House) -> None:
    (drop.folder / "foley.toml").write_text(SLOW_ENGINE)
    shutil.copy2(clip, drop.folder / "a.mp4")
    with watched(drop) as watcher:
        until(lambda: drop.said("progress"))
        os.rename(drop.folder / "a.mp4", drop.folder / "b.mp4")
        until(lambda: drop.said("done") or drop.said("failed"))
        until(lambda: not watcher.waiting)
    assert drop.said("renamed") == ["a.mp4 is called b.mp4 now"]
    assert drop.results() == ["b.mp4"]
    assert (drop.folder / "b.mp4").as_uri() in next((drop.own / "b.mp4").glob("*.otio")).read_text()
    assert drop.once() == {}


@pytest.mark.slow
def test_a_file_whose_new_name_was_noticed_before_its_job_failed_for_the_old_one(
    drop: Drop, clip: Path
) -> None:
    (drop.folder / "foley.toml").write_text(SLOW_ENGINE)
    shutil.copy2(clip, drop.folder / "a.mp4")
    with watched(drop, preview=True) as watcher:  # it is written last, from the video
        until(lambda: drop.said("progress"))
        os.rename(drop.folder / "a.mp4", drop.folder / "b.mp4")
        until(lambda: drop.said("renamed"))
        until(lambda: drop.said("done") or drop.said("failed"))
        until(lambda: not watcher.waiting)
    assert drop.said("failed") == []
    assert drop.results() == ["b.mp4"]
    assert (drop.own / "b.mp4" / "b_preview.mp4").is_file()


@pytest.mark.slow
def test_a_file_that_is_renamed_before_it_was_looked_at_is_done_under_its_new_name(
    drop: Drop, clip: Path
) -> None:
    (drop.folder / "foley.toml").write_text(SLOW_ENGINE)
    names = [f"{number}.mp4" for number in range(6)]
    for number, name in enumerate(names):
        (drop.folder / name).write_bytes(clip.read_bytes() + b"\0\0\0\x09free" + bytes([number]))
    with watched(drop, jobs=2) as watcher:
        until(lambda: drop.said("started"))
        for name in names:  # some are at work, others wait
            os.rename(drop.folder / name, drop.folder / f"new {name}")
        until(lambda: all((drop.own / f"new {name}").exists() for name in names), 60)
        until(lambda: not watcher.waiting)
    assert drop.results() == [f"new {name}" for name in names]


@pytest.mark.slow
def test_a_file_that_is_deleted_in_mid_job(drop: Drop, clip: Path) -> None:
    (drop.folder / "foley.toml").write_text(SLOW_ENGINE)
    shutil.copy2(clip, drop.folder / "a.mp4")
    with watched(drop):
        until(lambda: drop.said("progress"))
        (drop.folder / "a.mp4").unlink()
        until(lambda: drop.said("done") or drop.said("failed"))
    assert len(drop.results()) == 1, "a report that it failed, or what was all but done"
    assert "removed" in drop.report("a.mp4")


@pytest.mark.slow
def test_a_file_that_changes_in_mid_job_is_done_as_it_is_in_the_end(drop: Drop, clip: Path) -> None:
    (drop.folder / "foley.toml").write_text(SLOW_ENGINE)
    shutil.copy2(clip, drop.folder / "a.mp4")
    with watched(drop):
        until(lambda: drop.said("progress"))
        (drop.folder / "a.mp4").write_bytes(clip.read_bytes() + b"\0\0\0\x08free")
        until(lambda: drop.said("done") or drop.said("failed"), 60)
    assert drop.said("failed") == []
    assert drop.results() == ["a.mp4"]
    entry = overview(drop.folder).entries[0]
    assert (entry.attempt, entry.stamp.size) == (2, clip.stat().st_size + 8)


@pytest.mark.slow
def test_a_full_queue_is_waited_for(tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOLEYD_HOME", str(tmp_path / "home"))
    house, drop = House(tmp_path / "home"), Drop(tmp_path / "drop")
    house.start(settings="queue_limit = 1\n").close()
    try:
        (drop.folder / "foley.toml").write_text(SLOW_ENGINE)
        for number in range(12):
            (drop.folder / f"{number}.mp4").write_bytes(
                clip.read_bytes() + b"\0\0\0\x09free" + bytes([number])
            )
        outcomes = drop.once(jobs=12)
        assert set(outcomes.values()) == {Outcome.DONE}
        assert len(outcomes) == 12
        assert any("jobs wait already" in text for text in drop.said("waiting"))
    finally:
        house.stop()


@pytest.mark.slow
def test_what_is_at_work_when_the_watch_ends_goes_on_and_is_placed_by_the_next(
    drop: Drop, clip: Path, house: House
) -> None:
    (drop.folder / "foley.toml").write_text(SLOW_ENGINE)
    shutil.copy2(clip, drop.folder / "a.mp4")
    watcher = Watcher(drop.shop(), rest=REST, together=0.0, every=0.2)
    watcher.open()
    thread = threading.Thread(target=watcher.run)
    thread.start()
    until(lambda: drop.said("progress"))
    watcher.end()
    thread.join()
    assert watcher.close() == ["a.mp4"]
    job = overview(drop.folder).entries[0].job
    with house.connect() as daemon:
        until(lambda: daemon.job(job).state == pb.JOB_STATE_DONE)
        assert daemon.job(job).attempts == 1
    assert not (drop.own / "a.mp4").exists()
    assert drop.once() == {"a.mp4": Outcome.DONE}
    assert overview(drop.folder).entries[0].job == job


def test_a_folder_is_watched_by_one_at_a_time(drop: Drop) -> None:
    with watched(drop):
        assert overview(drop.folder).watched
        with pytest.raises(WatchedAlready):
            Watcher(drop.shop()).open()
    assert not overview(drop.folder).watched


@pytest.mark.parametrize("method", ["__init__", "schedule", "start"])
def test_where_no_events_come_it_is_looked_at_intervals_and_said_once(
    drop: Drop, clip: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EMFILE, "inotify instance limit reached")

    monkeypatch.setattr(events, "Observer", type("Refusing", (events.Observer,), {method: refuse}))
    with watched(drop, prompt="clicks"):
        shutil.copy2(clip, drop.folder / "a.mp4")
        until(is_done(drop, "a.mp4"))
    said = drop.said("polling")
    assert len(said) == 1
    assert "inotify instance limit reached" in said[0]


def test_network_file_systems_are_known_by_their_mounts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Mount:
        def __init__(self, mountpoint: str, fstype: str) -> None:
            self.mountpoint, self.fstype = mountpoint, fstype

    mounts = [Mount("/", "ext4"), Mount(str(tmp_path), "nfs4"), Mount(str(tmp_path / "disk"), "xfs")]
    monkeypatch.setattr(events.psutil, "disk_partitions", lambda **_: mounts)
    (tmp_path / "disk").mkdir()
    assert events.network_kind(tmp_path) == "nfs4"
    assert events.network_kind(tmp_path / "disk") == ""
    assert events.network_kind(Path("/")) == ""


@pytest.mark.slow
def test_where_our_folder_is_removed_all_is_begun_anew(drop: Drop, clip: Path) -> None:
    shutil.copy2(clip, drop.folder / "a.mp4")
    with watched(drop, prompt="clicks"):
        until(is_done(drop, "a.mp4"))
        until(lambda: drop.said("done"))
        shutil.rmtree(drop.own)
        shutil.copy2(clip, drop.folder / "b.mp4")
        until(lambda: len(drop.said("done")) == 3)
        assert overview(drop.folder).watched
    assert drop.results() == ["a.mp4", "b.mp4"]
    assert drop.said("anew") == [f"{drop.own} was removed; all is begun anew"]
    assert drop.said("failed") == []


@pytest.mark.slow
def test_a_folder_that_cannot_be_begun_anew_is_waited_for(
    drop: Drop, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ends one watch ends all: a full disk, or a share that is to be read only for a while, must not."""
    shutil.copy2(clip, drop.folder / "a.mp4")
    full = [FolderUnusable(f"the disk of {drop.own} is full")] * 2
    with watched(drop, prompt="clicks") as watcher:
        until(lambda: drop.said("done"))
        make = Places.make

        def refused(places: Places) -> None:
            if full:
                raise full.pop()
            make(places)

        monkeypatch.setattr(Places, "make", refused)
        shutil.rmtree(drop.own)
        shutil.copy2(clip, drop.folder / "b.mp4")
        until(lambda: len(drop.said("done")) == 3)
        assert watcher.outcomes
    assert drop.said("away") == [f"the disk of {drop.own} is full; it is waited for"]
    assert len(drop.said("back")) == 1
    assert drop.results() == ["a.mp4", "b.mp4"]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing tells that a file was closed")
def test_a_folder_that_is_put_in_anothers_place_is_listened_to(drop: Drop, clip: Path) -> None:
    # Begun before a minute is over, only what is heard to be closed.
    with watched(drop, prompt="clicks", rest=60.0, every=0.5) as watcher:
        os.rename(drop.folder, drop.folder.with_name("away"))
        until(lambda: drop.said("away"))
        drop.folder.mkdir()
        until(lambda: drop.said("back"))
        until(lambda: watcher._events.hears(drop.folder))
        shutil.copyfile(clip, drop.folder / "a.mp4")
        until(is_done(drop, "a.mp4"))


def test_a_folder_that_goes_between_two_looks_is_not_polled_ever_after(drop: Drop) -> None:
    watcher = Watcher(drop.shop(prompt="clicks"), rest=REST, together=0.0, every=0.2)
    watcher.open()
    os.rename(drop.folder, drop.folder.with_name("away"))
    watcher._events.stop()
    watcher._listen()
    os.rename(drop.folder.with_name("away"), drop.folder)
    watcher.step(0.0)
    assert watcher._events.hears(drop.folder)
    assert not drop.said("polling")
    watcher.close()


def test_an_empty_folder_is_left_empty(drop: Drop, clip: Path) -> None:
    shutil.copy2(clip, drop.folder / "a.mp4")
    with watched(drop, prompt="clicks", poll=True) as watcher:
        until(lambda: drop.said("done"))
        os.rename(drop.folder, drop.folder.with_name("mounted"))
        drop.folder.mkdir()
        for _ in range(3):  # heard a second time, a look is over
            watcher.bell.set()
            until(lambda: not watcher.bell.is_set())
        assert list(drop.folder.iterdir()) == []
        drop.folder.rmdir()
        os.rename(drop.folder.with_name("mounted"), drop.folder)
    assert drop.results() == ["a.mp4"]


@pytest.mark.slow
def test_a_folder_that_goes_away_is_waited_for(drop: Drop, clip: Path) -> None:
    shutil.copy2(clip, drop.folder / "a.mp4")
    with watched(drop, prompt="clicks", poll=True):
        until(is_done(drop, "a.mp4"))
        os.rename(drop.folder, drop.folder.with_name("away"))
        until(lambda: drop.said("away"))
        os.rename(drop.folder.with_name("away"), drop.folder)
        until(lambda: drop.said("back"))
    assert len(drop.said("away")) == 1
    assert drop.results() == ["a.mp4"]
