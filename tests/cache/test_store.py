import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from foleyd.cache.errors import CacheInUse, CacheUnusable, NotCached
from foleyd.cache.store import Store


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    with Store(tmp_path / "cache", budget=1000, clock=clock) as store:
        yield store


def key(number: int) -> str:
    return f"{number:040x}"


def put(store: Store, number: int, content: bytes = b"x" * 100, engine: str = "procedural") -> None:
    assert store.add(key(number), engine, lambda path: path.write_bytes(content)) is None


def get(store: Store, number: int) -> bytes | None:
    pin = store.pin(key(number))
    if pin is None:
        return None
    with pin:
        return pin.path.read_bytes()


def files(store: Store) -> set[str]:
    return {path.name.split("-")[0] for path in (store.folder / "entries").iterdir()}


def test_what_was_published_is_found_again(store: Store) -> None:
    put(store, 1, b"thunder")
    assert get(store, 1) == b"thunder"
    assert get(store, 2) is None


def test_entries_outlive_the_owner(tmp_path: Path) -> None:
    with Store(tmp_path, 1000) as store:
        put(store, 1, b"rain")
    with Store(tmp_path, 1000) as store:
        assert get(store, 1) == b"rain"
        assert store.figures().bytes == 4


def test_a_draft_is_not_an_entry_and_is_gone_when_given_up(store: Store) -> None:
    with store.draft() as draft:
        draft.path.write_bytes(b"half")
        assert store.pin(key(1)) is None
    assert list((store.folder / "drafts").iterdir()) == []
    assert files(store) == set()


def test_a_published_draft_is_held_until_released(store: Store) -> None:
    with store.draft() as draft:
        draft.path.write_bytes(b"a" * 900)
        pin = store.publish(key(1), draft, "procedural")
    put(store, 2, b"b" * 900)
    assert pin.path.read_bytes() == b"a" * 900
    pin.release()
    assert store.figures().bytes <= 1000


def test_publishing_evicts_at_once_even_while_the_new_entry_is_held(store: Store) -> None:
    put(store, 1, b"a" * 900)
    with store.draft() as draft:
        draft.path.write_bytes(b"b" * 900)
        with store.publish(key(2), draft, "procedural"):
            assert files(store) == {key(2)}


def test_the_least_recently_used_entries_go_first(store: Store) -> None:
    for number in range(10):
        put(store, number)
    get(store, 0)
    get(store, 2)
    put(store, 10, b"y" * 300)
    assert files(store) == {key(number) for number in (0, 2, 5, 6, 7, 8, 9, 10)}
    assert store.figures().evictions == 3


def test_the_order_of_use_survives_a_restart_and_a_clock_set_back(tmp_path: Path, clock: Clock) -> None:
    with Store(tmp_path, 1000, clock=clock) as store:
        for number in range(10):
            put(store, number)
        clock.now -= 500_000
        get(store, 0)
    with Store(tmp_path, 1000, clock=clock) as store:
        put(store, 10)
        assert get(store, 0) is not None
        assert get(store, 1) is None


def test_a_pinned_entry_is_not_evicted(store: Store) -> None:
    put(store, 0, b"a" * 500)
    pin = store.pin(key(0))
    assert pin is not None
    put(store, 1, b"b" * 400)
    put(store, 2, b"c" * 400)
    assert files(store) == {key(0), key(2)}
    pin.release()
    pin.release()
    put(store, 3, b"d" * 400)
    assert files(store) == {key(2), key(3)}


def test_an_entry_pinned_twice_is_held_until_the_second_release(store: Store) -> None:
    put(store, 0, b"a" * 500)
    first, second = store.pin(key(0)), store.pin(key(0))
    assert first is not None
    assert second is not None
    first.release()
    put(store, 1, b"b" * 600)
    assert key(0) in files(store)
    second.release()
    assert store.figures().bytes <= 1000


def test_a_smaller_budget_evicts_at_opening(tmp_path: Path) -> None:
    with Store(tmp_path, 1000) as store:
        for number in range(10):
            put(store, number)
    with Store(tmp_path, 250) as store:
        assert files(store) == {key(8), key(9)}
        assert store.figures().bytes == 200


def test_what_exceeds_the_whole_budget_is_not_kept_and_evicts_nothing(store: Store) -> None:
    put(store, 1)
    reason = store.add(key(2), "procedural", lambda path: path.write_bytes(b"x" * 1001))
    assert isinstance(reason, NotCached)
    assert "more room" in str(reason)
    assert get(store, 1) is not None
    assert list((store.folder / "drafts").iterdir()) == []


@pytest.mark.parametrize("damage", ["truncated", "longer", "flipped", "missing", "flipped later"])
def test_a_damaged_entry_is_a_miss_and_is_made_anew(tmp_path: Path, damage: str) -> None:
    with Store(tmp_path, 1000) as store:
        put(store, 1, b"good sound")
        path = next((tmp_path / "entries").iterdir())
        if damage == "flipped later":
            get(store, 1)
            path.write_bytes(b"bad  sound")
            os.utime(path, (1, 1))
            assert get(store, 1) is None
    if damage != "flipped later":
        changes = {"truncated": b"good", "longer": b"good sound!", "flipped": b"bad  sound"}
        if damage in changes:
            path.write_bytes(changes[damage])
        else:
            path.unlink()
    with Store(tmp_path, 1000) as store:
        assert get(store, 1) is None
        assert files(store) == set()
        assert store.figures().entries == 0
        assert store.figures().bytes == 0
        put(store, 1, b"good sound")
        assert get(store, 1) == b"good sound"


def test_a_damaged_entry_can_be_replaced_while_somebody_still_holds_it(store: Store) -> None:
    put(store, 1, b"good sound")
    pin = store.pin(key(1))
    assert pin is not None
    pin.path.write_bytes(b"bad sound")
    assert get(store, 1) is None
    put(store, 1, b"good sound")
    pin.release()
    assert get(store, 1) == b"good sound"
    assert store.figures().entries == 1


def test_what_a_killed_owner_left_is_swept(tmp_path: Path) -> None:
    with Store(tmp_path, 1000) as store:
        put(store, 1, b"kept")
    (tmp_path / "drafts" / "0123456789abcdef").write_bytes(b"half")
    (tmp_path / "entries" / f"{key(2)}-0123456789abcdef").write_bytes(b"no row")
    with Store(tmp_path, 1000) as store:
        assert files(store) == {key(1)}
        assert list((tmp_path / "drafts").iterdir()) == []
        assert store.figures().entries == 1


@pytest.mark.parametrize(
    "content", [b"", b"this is no database" * 100, b"SQLite format 3\0" + b"\xff" * 5000]
)
def test_a_damaged_index_starts_an_empty_cache(tmp_path: Path, content: bytes) -> None:
    with Store(tmp_path, 1000) as store:
        put(store, 1)
    (tmp_path / "foleyd-cache.sqlite").write_bytes(content)
    with Store(tmp_path, 1000) as store:
        assert get(store, 1) is None
        assert files(store) == set()
        put(store, 1)
        assert get(store, 1) is not None


def test_only_one_owner_at_a_time(tmp_path: Path) -> None:
    with Store(tmp_path, 1000), pytest.raises(CacheInUse, match="in use by another foleyd"):
        Store(tmp_path, 1000, wait=0.05)
    Store(tmp_path, 1000, wait=0.05).close()


def test_the_next_owner_waits_for_the_last_to_leave(tmp_path: Path) -> None:
    first = Store(tmp_path, 1000)
    leaving = threading.Timer(0.2, first.close)
    leaving.start()
    Store(tmp_path, 1000, wait=10).close()
    leaving.join()


@pytest.mark.skipif(os.name != "posix", reason="modes are a matter of POSIX")
def test_the_folder_and_its_files_are_private(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    folder.mkdir(mode=0o755)
    with Store(folder, 1000) as store:
        put(store, 1)
        modes = [stat.S_IMODE(path.stat().st_mode) for path in (folder, *(folder / "entries").iterdir())]
    assert modes == [0o700, 0o600]


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_text("")
    tmp_path.chmod(0o755)
    with pytest.raises(CacheUnusable, match="choose an empty one"):
        Store(tmp_path, 1000)
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_only_what_a_store_made_is_swept(tmp_path: Path) -> None:
    Store(tmp_path, 1000).close()
    strangers = [tmp_path / "entries" / "notes.txt", tmp_path / "drafts" / "screenplay.fdx"]
    for stranger in strangers:
        stranger.write_text("mine")
    with Store(tmp_path, 1000) as store:
        store.purge()
    assert [stranger.read_text() for stranger in strangers] == ["mine", "mine"]


def test_a_folder_that_is_a_file_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("")
    with pytest.raises(CacheUnusable, match="choose another"):
        Store(tmp_path / "cache", 1000)


def test_an_error_of_the_disk_leaves_the_job_uncached_and_the_cache_whole(store: Store) -> None:
    def full(path: Path) -> None:
        path.write_bytes(b"some")
        raise OSError(28, "No space left on device")

    reason = store.add(key(1), "procedural", full)
    assert isinstance(reason, NotCached)
    assert "No space left on device" in str(reason)
    assert list((store.folder / "drafts").iterdir()) == []
    put(store, 1)


def test_an_error_of_the_writer_passes_through(store: Store) -> None:
    def wrong(path: Path) -> None:
        raise TypeError("no such array")

    with pytest.raises(TypeError):
        store.add(key(1), "procedural", wrong)
    assert list((store.folder / "drafts").iterdir()) == []


@pytest.mark.parametrize("bad", ["", "../../etc/passwd", "A" * 40, "zz", "0" * 200])
def test_only_keys_name_files(store: Store, bad: str) -> None:
    with store.draft() as draft, pytest.raises(ValueError, match="no cache key"):
        store.publish(bad, draft, "procedural")


def test_purging_by_engine_size_and_age(store: Store, clock: Clock) -> None:
    put(store, 1, b"x" * 10, "hunyuan")
    put(store, 2, b"x" * 200, "hunyuan")
    put(store, 3, b"x" * 200, "procedural")
    clock.now += 3600
    put(store, 4, b"x" * 200, "procedural")
    get(store, 1)
    assert store.purge(engine="hunyuan", larger_than=100).entries == 1
    assert files(store) == {key(1), key(3), key(4)}
    purged = store.purge(older_than=1800)
    assert (purged.entries, purged.bytes) == (1, 200)
    assert files(store) == {key(1), key(4)}
    with store.pin(key(1)):  # type: ignore[union-attr]
        purged = store.purge()
        assert (purged.entries, purged.in_use) == (1, 1)
    assert files(store) == {key(1)}
    assert store.figures().bytes == 10


def test_figures_count_what_happened(store: Store) -> None:
    put(store, 1)
    get(store, 1)
    get(store, 1)
    get(store, 2)
    figures = store.figures()
    assert (figures.bytes, figures.entries, figures.budget) == (100, 1, 1000)
    assert (figures.hits, figures.misses, figures.evictions) == (2, 1, 0)


def test_two_jobs_that_publish_the_same_key_share_one_entry(store: Store) -> None:
    with store.draft() as one, store.draft() as other:
        one.path.write_bytes(b"same")
        other.path.write_bytes(b"same")
        first = store.publish(key(1), one, "procedural")
        second = store.publish(key(1), other, "procedural")
    assert first.path == second.path
    assert len(files(store)) == 1
    assert store.figures().entries == 1


def test_many_threads_at_once_keep_the_books_straight(tmp_path: Path) -> None:
    wrong: list[str] = []
    with Store(tmp_path, 30 * 64) as store:

        def work(seed: int) -> None:
            for turn in range(60):
                number = (seed * 7 + turn * 13) % 50
                content = bytes([number]) * 64
                pin = store.pin(key(number))
                if pin is None:
                    put(store, number, content)
                    continue
                with pin:
                    if pin.path.read_bytes() != content:
                        wrong.append(pin.path.name)

        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        figures = store.figures()
        on_disk = [path.stat().st_size for path in (tmp_path / "entries").iterdir()]
    assert wrong == []
    assert figures.bytes == sum(on_disk) <= figures.budget
    assert figures.entries == len(on_disk)
