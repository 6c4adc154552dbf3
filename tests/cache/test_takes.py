import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foleyd.cache.errors import Damaged, NotCached
from foleyd.cache.store import Store
from foleyd.cache.takes import TakeStore, read_take, write_take
from foleyd.cue import SoundEvent
from foleyd.engines.engine import Audio

KEY = "ab" * 20


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "cache", 10_000_000) as store:
        yield store


def noise(channels: int = 2, samples: int = 1000) -> np.ndarray:
    return np.random.default_rng(3).standard_normal((channels, samples), dtype=np.float32)


def test_a_take_comes_back_bit_for_bit(store: Store) -> None:
    samples = noise()
    samples[0, :4] = np.nan, np.inf, -0.0, 1e-42
    events = (SoundEvent(Fraction(1001, 24000), "boot", 0.1, -1.0), SoundEvent(Fraction(2)))
    audio = Audio(samples, events, ("unknown word: blorp",))
    takes = TakeStore(store)
    assert takes.load(KEY) is None
    assert takes.save(KEY, audio, "procedural") is None
    found = takes.load(KEY)
    assert found is not None
    with found:
        assert found.audio.samples.tobytes() == samples.tobytes()
        assert found.audio.samples.shape == samples.shape
        assert found.audio.events == events
        assert found.audio.warnings == audio.warnings


def test_the_samples_are_a_read_only_map_of_the_file(store: Store) -> None:
    takes = TakeStore(store)
    takes.save(KEY, Audio(noise()), "procedural")
    found = takes.load(KEY)
    assert found is not None
    with found:
        assert isinstance(found.audio.samples, np.memmap)
        with pytest.raises(ValueError, match="read-only"):
            found.audio.samples[0, 0] = 1


def test_a_take_in_use_is_not_evicted_and_its_samples_outlive_it(tmp_path: Path) -> None:
    samples = noise(2, 1000)
    with Store(tmp_path, 12_000) as store:
        takes = TakeStore(store)
        takes.save(KEY, Audio(samples), "procedural")
        found = takes.load(KEY)
        assert found is not None
        takes.save("cd" * 20, Audio(samples), "procedural")
        again = takes.load(KEY)
        assert again is not None
        again.release()
        found.release()
        takes.save("ef" * 20, Audio(samples), "procedural")
        assert takes.load(KEY) is None
        np.testing.assert_array_equal(found.audio.samples, samples)


def test_a_worker_writes_a_take_that_the_daemon_publishes(store: Store) -> None:
    script = """
import sys
from pathlib import Path
import numpy as np
from foleyd.cache.takes import write_take
from foleyd.engines.engine import Audio
write_take(Path(sys.argv[1]), Audio(np.full((2, 100), 0.25, np.float32)))
"""
    takes = TakeStore(store)
    with store.draft() as draft:
        subprocess.run([sys.executable, "-c", script, str(draft.path)], check=True)
        with takes.publish(KEY, draft, "procedural") as take:
            assert take.audio.samples.shape == (2, 100)
    again = takes.load(KEY)
    assert again is not None
    np.testing.assert_array_equal(again.audio.samples, np.full((2, 100), 0.25, np.float32))


def test_what_a_worker_left_unfinished_is_not_published(store: Store) -> None:
    with store.draft() as draft:
        draft.path.write_bytes(b"half")
        with pytest.raises(Damaged):
            TakeStore(store).publish(KEY, draft, "procedural")
    assert store.figures().entries == 0


def test_numpy_alone_reads_the_samples(tmp_path: Path) -> None:
    samples = noise()
    write_take(tmp_path / "take", Audio(samples))
    with (tmp_path / "take").open("rb") as file:
        np.testing.assert_array_equal(np.load(file), samples)


@pytest.mark.parametrize("layout", ["interleaved", "every other", "backward"])
def test_samples_that_lie_otherwise_in_memory_come_back_as_heard(tmp_path: Path, layout: str) -> None:
    samples = noise(2, 600_000)
    laid = {
        "interleaved": np.asfortranarray(samples),
        "every other": np.repeat(samples, 2, axis=1)[:, ::2],
        "backward": samples[::-1, ::-1].copy()[::-1, ::-1],
    }[layout]
    write_take(tmp_path / "take", Audio(laid))
    np.testing.assert_array_equal(read_take(tmp_path / "take").samples, samples)


@settings(max_examples=40, deadline=None)
@given(
    events=st.lists(
        st.builds(
            SoundEvent,
            st.fractions(),
            st.text(max_size=9),
            st.floats(0, 1),
            st.floats(-1, 1).map(np.float64),
        ),
        max_size=5,
    ).map(tuple),
    warnings=st.lists(st.text(max_size=20), max_size=3).map(tuple),
    samples=st.integers(1, 9),
)
def test_events_and_warnings_survive_exactly(
    tmp_path_factory: pytest.TempPathFactory,
    events: tuple[SoundEvent, ...],
    warnings: tuple[str, ...],
    samples: int,
) -> None:
    path = tmp_path_factory.getbasetemp() / "take"
    write_take(path, Audio(noise(1, samples), events, warnings))
    found = read_take(path)
    assert (found.events, found.warnings, found.samples.shape) == (events, warnings, (1, samples))


@pytest.mark.parametrize(
    "samples",
    [np.zeros(5, np.float32), np.zeros((1, 5)), np.zeros((2, 0), np.float32), np.zeros((0, 9), "f4")],
)
def test_only_float32_channels_and_samples_are_a_take(tmp_path: Path, samples: np.ndarray) -> None:
    with pytest.raises(ValueError, match="a take is float32"):
        write_take(tmp_path / "take", Audio(samples))


def test_any_truncation_of_a_take_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "take"
    write_take(path, Audio(noise(1, 8), (SoundEvent(Fraction(1, 3)),)))
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(Damaged):
            read_take(path)


def test_any_changed_byte_of_a_take_gives_damage_or_a_take_but_never_another_error(tmp_path: Path) -> None:
    path = tmp_path / "take"
    write_take(path, Audio(noise(1, 2), (SoundEvent(Fraction(1, 3)),), ("quiet",)))
    whole = path.read_bytes()
    damaged = 0
    for place in range(len(whole)):
        for value in (0, 0x20, 0x30, 0xFF):
            path.write_bytes(whole[:place] + bytes([value]) + whole[place + 1 :])
            try:
                read_take(path)
            except Damaged:
                damaged += 1
    assert damaged > len(whole)


def test_a_pickled_array_is_never_loaded(tmp_path: Path) -> None:
    path = tmp_path / "take"
    write_take(path, Audio(noise(1, 2)))
    whole = path.read_bytes()
    assert b"'<f4'" in whole
    path.write_bytes(whole.replace(b"'<f4'", b"'|O' ", 1))
    with pytest.raises(Damaged):
        read_take(path)


def test_what_holds_no_take_is_a_miss_and_is_dropped(store: Store) -> None:
    store.add(KEY, "procedural", lambda path: path.write_bytes(b"no take at all, whatever it says"))
    assert TakeStore(store).load(KEY) is None
    assert store.figures().entries == 0


def test_a_take_larger_than_the_cache_is_not_kept(tmp_path: Path) -> None:
    with Store(tmp_path, 1000) as store:
        assert isinstance(TakeStore(store).save(KEY, Audio(noise()), "procedural"), NotCached)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_writing_a_long_take_copies_no_more_than_a_block(tmp_path: Path) -> None:
    np.save(tmp_path / "source.npy", np.zeros((2, 10_000_000), np.float32))
    script = """
import sys
from pathlib import Path
import numpy as np
from foleyd.cache import takes
from foleyd.engines.engine import Audio

def anonymous_kb():
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("RssAnon")).split()[1])

def watched(file, channel, write=takes._write_blocks):
    global peak
    write(file, channel)
    peak = max(peak, anonymous_kb())

folder = Path(sys.argv[1])
samples = np.load(folder / "source.npy", mmap_mode="r")
takes._write_blocks = watched
peak = before = anonymous_kb()
takes.write_take(folder / "take", Audio(samples))
found = takes.read_take(folder / "take")
print(peak - before, anonymous_kb() - before, found.samples.shape == samples.shape)
"""
    ran = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], check=True, capture_output=True, text=True
    )
    peak, after, same = ran.stdout.split()
    assert same == "True"
    assert int(peak) < 8_000
    assert int(after) < 8_000
