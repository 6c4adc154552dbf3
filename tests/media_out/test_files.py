"""Files appear whole or not at all, never over another, and leave nothing behind when it fails."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from foleyd import files
from foleyd.files import (
    DiskFull,
    OutputError,
    OutputExists,
    free_path,
    new_file,
    remove_leftovers,
    replace_file,
)
from media_out.signals import largest_file


def test_the_file_is_invisible_until_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "take.wav"
    with new_file(path) as temporary:
        temporary.write_bytes(b"whole")
        assert not path.exists()
        assert temporary.parent == tmp_path
        assert temporary.name.startswith(".")
        assert temporary.suffix == ".wav"
    assert path.read_bytes() == b"whole"
    assert [entry.name for entry in tmp_path.iterdir()] == ["take.wav"]


def write(path: Path, content: bytes = b"whole", then: BaseException | None = None) -> None:
    with new_file(path) as temporary:
        temporary.write_bytes(content)
        if then is not None:
            raise then


@pytest.mark.parametrize("error", [RuntimeError("engine"), KeyboardInterrupt()])
def test_an_error_in_the_middle_leaves_nothing_and_stays_itself(tmp_path: Path, error: BaseException) -> None:
    with pytest.raises(type(error)) as caught:
        write(tmp_path / "take.wav", then=error)
    assert caught.value is error
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["file", "folder", "dangling link"])
def test_whatever_has_the_name_keeps_it(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "take.wav"
    if kind == "file":
        path.write_bytes(b"mine")
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(OutputExists, match="never overwritten"), new_file(path):
        pytest.fail("the work was begun")
    assert [entry.name for entry in tmp_path.iterdir()] == ["take.wav"]


@pytest.mark.parametrize("hard_links", [True, False])
def test_a_file_that_turns_up_during_the_work_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hard_links: bool
) -> None:
    if not hard_links:
        monkeypatch.setattr(os, "link", refusing(errno.EPERM))
    path = tmp_path / "take.wav"

    def overtaken() -> None:
        with new_file(path) as temporary:
            temporary.write_bytes(b"ours")
            path.write_bytes(b"theirs")

    with pytest.raises(OutputExists):
        overtaken()
    assert path.read_bytes() == b"theirs"
    assert [entry.name for entry in tmp_path.iterdir()] == ["take.wav"]


def test_disks_without_hard_links_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", refusing(errno.EOPNOTSUPP))
    write(tmp_path / "take.wav")
    assert [entry.name for entry in tmp_path.iterdir()] == ["take.wav"]


def refusing(number: int) -> Any:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(number, os.strerror(number))

    return refuse


def test_a_full_disk_is_named_and_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", refusing(errno.ENOSPC))
    with pytest.raises(DiskFull, match=f"the disk of {tmp_path} is full") as caught:
        write(tmp_path / "take.wav")
    assert caught.value.path == tmp_path / "take.wav"
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_the_kernel_refuses_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    with largest_file(4096), pytest.raises(OutputError, match="too large for the disk"):
        write(tmp_path / "take.wav", b"x" * 10_000)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.EROFS, "cannot be written to"),
        (errno.EACCES, "cannot be written to"),
        (errno.EIO, "failed while writing"),
        (errno.ENAMETOOLONG, "too long"),
    ],
)
def test_each_refusal_of_the_disk_says_what_to_do(tmp_path: Path, number: int, says: str) -> None:
    with pytest.raises(OutputError, match=says), new_file(tmp_path / "take.wav") as temporary:
        raise OSError(number, os.strerror(number), str(temporary))


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="does not exist"):
        write(tmp_path / "no" / "x.wav")


def test_a_source_that_cannot_be_read_is_not_blamed_on_the_output(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), new_file(tmp_path / "x.wav"):
        raise PermissionError(errno.EACCES, "Permission denied", "/elsewhere/clip.mov")


def test_a_free_name_is_counted_up(tmp_path: Path) -> None:
    path = tmp_path / "take.wav"
    assert free_path(path) == path
    path.touch()
    (tmp_path / "take-2.wav").touch()
    assert free_path(path) == tmp_path / "take-3.wav"


def test_leftovers_of_killed_runs_go_and_nothing_else(tmp_path: Path) -> None:
    old, young, other = (
        tmp_path / f"{files.TEMPORARY_PREFIX}a.wav",
        tmp_path / f"{files.TEMPORARY_PREFIX}b.wav",
        tmp_path / "take.wav",
    )
    for path in (old, young, other):
        path.touch()
    for path in (old, other):
        os.utime(path, (0, 0))
    assert remove_leftovers(tmp_path) == 1
    assert sorted(entry.name for entry in tmp_path.iterdir()) == sorted([young.name, other.name])


def test_what_a_killed_process_left_is_removed_at_once(tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from foleyd.files import new_file\n"
        "with new_file(Path(sys.argv[1])) as temporary: temporary.touch(); os._exit(9)"
    )
    assert (
        subprocess.run([sys.executable, "-c", script, str(tmp_path / "a.wav")], check=False).returncode == 9
    )
    (left,) = tmp_path.iterdir()
    with new_file(tmp_path / "b.wav") as ours:
        ours.touch()
        assert remove_leftovers(tmp_path) == 1
        assert not left.exists()
        assert ours.exists()


def test_a_record_takes_the_place_of_the_older_one(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    replace_file(path, b"first")
    replace_file(path, b"second", mode=0o600)
    assert path.read_bytes() == b"second"
    assert list(tmp_path.iterdir()) == [path]
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_record_that_cannot_be_written_leaves_the_older_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "record.json"
    replace_file(path, b"first")

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        replace_file(path, b"second")
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]
