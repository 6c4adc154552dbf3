"""A cache folder that cannot be used is said to be so, and the daemon works once it is mended."""

from __future__ import annotations

from pathlib import Path

from house import House, finish, request


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


def test_a_new_daemon_knows_what_the_cache_holds(house: House, flashes: Path, tmp_path: Path) -> None:
    daemon = house.start()
    finish(daemon, request(flashes, 50, folder=tmp_path / "out"))
    held = daemon.server_info().cache
    assert held.entries > 0
    daemon.close()
    house.stop()
    cache = house.start().server_info().cache
    assert (cache.entries, cache.bytes) == (held.entries, held.bytes)
