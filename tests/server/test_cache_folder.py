"""A cache folder that cannot be used is said to be so, and the daemon works once it is mended."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile

from foleyd.v1 import foleyd_pb2 as pb
from house import House, finish, kinds, request


def check_uncached(events: list[pb.JobEvent], why: str) -> None:
    """A whole job, whose take could not be kept."""
    assert kinds(events)[-1] == "done"
    done = events[-1].done
    (take,) = done.takes
    data, _ = soundfile.read(take.path)
    assert len(data) == take.samples
    assert abs(data).max() > 0.1  # the clicks that were seen
    assert not done.cached
    (warning,) = [warning.what for warning in done.warnings if "cache" in warning.what]
    assert warning.startswith("the take could not be kept in the cache: ")
    assert why in warning


def test_a_folder_that_is_no_cache_fails_jobs_until_it_is_mended(
    house: House, flashes: Path, tmp_path: Path
) -> None:
    house.folders.cache.mkdir(parents=True)
    foreign = house.folders.cache / "wedding.mov"
    foreign.touch()
    daemon = house.start()
    failed = finish(daemon, request(flashes, 50, folder=tmp_path / "out"))[-1].failed
    assert "holds other things" in failed.message
    assert "CACHE_UNUSABLE" in str(failed.details[0].value)
    foreign.unlink()
    assert finish(daemon, request(flashes, 50, folder=tmp_path / "out"))[-1].HasField("done")
    daemon.close()


@pytest.mark.slow
def test_a_new_daemon_knows_what_the_cache_holds(house: House, flashes: Path, tmp_path: Path) -> None:
    daemon = house.start()
    finish(daemon, request(flashes, 50, folder=tmp_path / "out"))
    held = daemon.server_info().cache
    assert held.entries > 0
    daemon.close()
    house.stop()
    cache = house.start().server_info().cache
    assert (cache.entries, cache.bytes) == (held.entries, held.bytes)


@pytest.mark.slow
def test_what_is_larger_than_the_cache_is_delivered_and_not_kept(
    house: House, flashes: Path, tmp_path: Path
) -> None:
    with house.start(settings="cache_bytes = 1\n") as daemon:
        for name in ("a", "b"):
            message = request(flashes, 50, folder=tmp_path / name, prompt=f"clicks {name}")
            check_uncached(finish(daemon, message), "do not fit into the cache of 0 MB")
        assert daemon.server_info().cache.entries == 0
    assert list((house.folders.cache / "drafts").iterdir()) == []


def test_a_cache_that_cannot_be_written_to_any_more_holds_up_no_job(
    house: House, flashes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    with house.start() as daemon:
        assert kinds(finish(daemon, request(flashes, 50, folder=tmp_path / "a")))[-1] == "done"
        for name in ("entries", "drafts"):  # nobody, not even root, can write into these now
            folder = house.folders.cache / name
            folder.rename(tmp_path / name)
            folder.touch()
        message = request(flashes, 50, folder=tmp_path / "b", prompt="other clicks")
        check_uncached(finish(daemon, message), "the job goes on without")
        (drafts,) = (tmp_path / "tmp").glob("foleyd-drafts-*")
        assert list(drafts.iterdir()) == []
