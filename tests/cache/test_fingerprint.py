import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st

from foleyd.cache.fingerprint import (
    FrameHasher,
    IncompletePicture,
    PictureIndex,
    TakeRequest,
    feature_key,
    stat_key,
    take_key,
)
from foleyd.cache.store import Store
from foleyd.cue import FrameRange, Media, Program, Shot
from foleyd.engines.engine import Frame, Window
from foleyd.timebase import Timecode

VIEW = "procedural 1"
LONG_AGO = 1_600_000_000_123_456_789


def clip(path: Path, content: bytes = b"picture") -> Path:
    path.write_bytes(content)
    os.utime(path, ns=(LONG_AGO, LONG_AGO))
    return path


def program(path: Path | None, **changes: object) -> Program:
    shot = Shot("1", "clip", Media(path), Fraction(0), FrameRange(0, 48))
    return Program(Timecode(0, Fraction(24)), (replace(shot, **changes),), 48)  # type: ignore[arg-type]


@pytest.fixture
def pictures(tmp_path: Path) -> Iterator[PictureIndex]:
    with Store(tmp_path / "cache", 1000) as store:
        yield PictureIndex(store)


def frames(count: int = 5, seed: int = 1) -> list[Frame]:
    noise = np.random.default_rng(seed)
    return [Frame(Fraction(i, 24), noise.integers(0, 256, (12, 16, 3), dtype=np.uint8)) for i in range(count)]


def fingerprint(stream: list[Frame]) -> str:
    hasher = FrameHasher()
    for _ in hasher.wrap(stream):
        pass
    return hasher.hexdigest()


def test_pictures_that_a_timeline_passes_over_are_not_of_the_fingerprint() -> None:
    stream = frames()
    passed = Frame(Fraction(1, 30), stream[0].rgb + 1, Fraction(1, 30), shown=False)
    assert fingerprint([*stream[:1], passed, *stream[1:]]) == fingerprint(stream)


def test_an_unchanged_file_is_known_without_reading_it(tmp_path: Path, pictures: PictureIndex) -> None:
    shots = program(clip(tmp_path / "a.mp4"))
    look = pictures.look(shots, VIEW)
    assert look.fingerprint is None
    assert pictures.remember(look, shots, VIEW, "f" * 32)
    os.chmod(tmp_path / "a.mp4", 0)
    assert pictures.look(shots, VIEW).fingerprint == "f" * 32


def test_what_was_seen_is_remembered_by_the_next_owner(tmp_path: Path) -> None:
    shots = program(clip(tmp_path / "a.mp4"))
    with Store(tmp_path / "cache", 1000) as store:
        index = PictureIndex(store)
        index.remember(index.look(shots, VIEW), shots, VIEW, "f" * 32)
    with Store(tmp_path / "cache", 1000) as store:
        assert PictureIndex(store).look(shots, VIEW).fingerprint == "f" * 32


@pytest.mark.parametrize("change", ["touched", "grown", "replaced", "renamed", "copied"])
def test_a_file_that_may_have_changed_is_not_known(
    tmp_path: Path, pictures: PictureIndex, change: str
) -> None:
    path = clip(tmp_path / "a.mp4")
    shots = program(path)
    pictures.remember(pictures.look(shots, VIEW), shots, VIEW, "f" * 32)
    other = tmp_path / "b.mp4"
    if change == "touched":
        os.utime(path, ns=(LONG_AGO, LONG_AGO + 1))
    elif change == "grown":
        clip(path, b"picture and more")
    elif change == "replaced":
        os.replace(clip(other, b"erutcip"), path)
    elif change == "renamed":
        path.rename(other)
        shots = program(other)
    else:
        shutil.copy2(path, other)
        shots = program(other)
    assert pictures.look(shots, VIEW).fingerprint is None


def test_a_link_to_the_file_shows_the_same_picture(tmp_path: Path, pictures: PictureIndex) -> None:
    shots = program(clip(tmp_path / "a.mp4"))
    pictures.remember(pictures.look(shots, VIEW), shots, VIEW, "f" * 32)
    (tmp_path / "link.mp4").symlink_to(tmp_path / "a.mp4")
    assert pictures.look(program(tmp_path / "link.mp4"), VIEW).fingerprint == "f" * 32


@pytest.mark.parametrize(
    "change",
    [
        {"source_start": Fraction(1, 24)},
        {"speed": Fraction(-1)},
        {"record": FrameRange(0, 47)},
        {"record": FrameRange(1, 48)},
        {"media": None},
    ],
)
def test_another_edit_of_the_file_is_another_picture(tmp_path: Path, change: dict[str, object]) -> None:
    path = clip(tmp_path / "a.mp4")
    assert stat_key(program(path, **change), VIEW) != stat_key(program(path), VIEW)


def test_rate_length_and_engine_tell_pictures_apart_but_names_and_timecode_do_not(tmp_path: Path) -> None:
    shots = program(clip(tmp_path / "a.mp4"))
    keys = {
        stat_key(shots, VIEW),
        stat_key(shots, "procedural 2"),
        stat_key(replace(shots, duration=49), VIEW),
        stat_key(replace(shots, start=Timecode(0, Fraction(25))), VIEW),
    }
    assert len(keys) == 4
    relabelled = replace(
        program(tmp_path / "a.mp4", id="9", name="other"), start=Timecode(86400, Fraction(24))
    )
    assert stat_key(relabelled, VIEW) == stat_key(shots, VIEW)


def test_a_file_changed_while_it_was_read_is_not_remembered(tmp_path: Path, pictures: PictureIndex) -> None:
    path = clip(tmp_path / "a.mp4")
    shots = program(path)
    look = pictures.look(shots, VIEW)
    os.utime(path, ns=(LONG_AGO, LONG_AGO + 1))
    assert not pictures.remember(look, shots, VIEW, "f" * 32)
    os.utime(path, ns=(LONG_AGO, LONG_AGO))
    assert pictures.look(shots, VIEW).fingerprint is None


def test_a_file_that_vanished_while_it_was_read_is_not_remembered(
    tmp_path: Path, pictures: PictureIndex
) -> None:
    path = clip(tmp_path / "a.mp4")
    shots = program(path)
    look = pictures.look(shots, VIEW)
    path.unlink()
    assert not pictures.remember(look, shots, VIEW, "f" * 32)
    assert pictures.look(shots, VIEW).stat_key is None


@pytest.mark.parametrize(
    ("age_ns", "written_ns", "remembered"),
    [
        (10_000_000, LONG_AGO, False),
        (60_000_000, LONG_AGO, True),
        (1_900_000_000, 1_600_000_000_000_000_000, False),
        (2_100_000_000, 1_600_000_000_000_000_000, True),
        (-3_600_000_000_000, LONG_AGO, True),
    ],
)
def test_a_file_written_a_moment_ago_is_not_trusted(
    tmp_path: Path, age_ns: int, written_ns: int, remembered: bool
) -> None:
    path = clip(tmp_path / "a.mp4")
    os.utime(path, ns=(written_ns, written_ns))
    shots = program(path)
    with Store(tmp_path / "cache", 1000) as store:
        index = PictureIndex(store, clock=lambda: written_ns + age_ns)
        assert index.remember(index.look(shots, VIEW), shots, VIEW, "f" * 32) is remembered
        assert (index.look(shots, VIEW).fingerprint is not None) is remembered


def test_black_and_missing_media_need_no_file(pictures: PictureIndex) -> None:
    shots = program(None)
    assert pictures.remember(pictures.look(shots, VIEW), shots, VIEW, "f" * 32)
    assert pictures.look(shots, VIEW).fingerprint == "f" * 32


def test_purging_everything_forgets_pictures(tmp_path: Path) -> None:
    shots = program(clip(tmp_path / "a.mp4"))
    with Store(tmp_path / "cache", 1000) as store:
        index = PictureIndex(store)
        index.remember(index.look(shots, VIEW), shots, VIEW, "f" * 32)
        store.purge(engine="procedural")
        assert index.look(shots, VIEW).fingerprint is not None
        store.purge()
        assert index.look(shots, VIEW).fingerprint is None


def test_frames_go_by_unchanged_and_in_order() -> None:
    stream = frames()
    passed = list(FrameHasher().wrap(stream))
    assert all(one is other for one, other in zip(passed, stream, strict=True))


def test_the_fingerprint_is_that_of_times_shapes_and_bytes() -> None:
    stream = frames(2)
    expected = xxhash.xxh3_128(b"pass\0")
    for frame, time in zip(stream, ("0/1", "1/24"), strict=True):
        expected.update(f"{time} (12, 16, 3)\0".encode() + frame.rgb.tobytes())
    assert fingerprint(stream) == expected.hexdigest()


def test_a_picture_laid_out_otherwise_in_memory_has_the_same_fingerprint() -> None:
    stream = frames()
    padded = [replace(f, rgb=np.pad(f.rgb, ((0, 0), (0, 4), (0, 0)))[:, :16]) for f in stream]
    assert not padded[0].rgb.flags.c_contiguous
    assert fingerprint(padded) == fingerprint(stream)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 4), st.integers(0, 11), st.integers(0, 15), st.integers(0, 2), st.integers(1, 255))
def test_any_changed_pixel_changes_the_fingerprint(i: int, y: int, x: int, c: int, by: int) -> None:
    stream = frames()
    stream[i].rgb[y, x, c] = (int(stream[i].rgb[y, x, c]) + by) % 256
    assert fingerprint(stream) != fingerprint(frames())


def test_time_shape_and_count_change_the_fingerprint() -> None:
    stream = frames()
    late = [*stream[:-1], replace(stream[-1], time=Fraction(5, 24))]
    wide = [replace(frame, rgb=frame.rgb.reshape(16, 12, 3)) for frame in stream]
    assert len({fingerprint(variant) for variant in (stream, late, wide, stream[:-1], [])}) == 5


def test_passes_are_hashed_in_turn() -> None:
    stream = frames()
    hasher = FrameHasher()
    list(hasher.wrap(stream[:2]))
    list(hasher.wrap(stream[2:]))
    again = FrameHasher()
    list(again.wrap(stream[:3]))
    list(again.wrap(stream[3:]))
    assert len({hasher.hexdigest(), again.hexdigest(), fingerprint(stream)}) == 3


def test_half_a_picture_has_no_fingerprint() -> None:
    hasher = FrameHasher()
    with pytest.raises(IncompletePicture):
        hasher.hexdigest()
    stream = hasher.wrap(frames())
    next(stream)
    with pytest.raises(IncompletePicture, match="not read to its end"):
        hasher.hexdigest()


REQUEST = TakeRequest(
    engine=VIEW,
    prompt="footsteps on gravel",
    negative_prompt="music",
    seed=7,
    duration_samples=480_000,
    sample_rate=48_000,
    channels=2,
    windows=(Window(Fraction(0), 240_000, 24_000), Window(Fraction(9, 2), 264_000)),
    preset="draft",
    steps=20,
    guidance=4.5,
    options={"room": "dry", "shoes": "boots"},
)


def test_every_part_of_a_request_tells_takes_apart() -> None:
    changes: list[dict[str, object]] = [
        {"engine": "procedural 2"},
        {"prompt": "footsteps on grave"},
        {"negative_prompt": ""},
        {"prompt": "music", "negative_prompt": "footsteps on gravel"},
        {"seed": 8},
        {"duration_samples": 480_001},
        {"sample_rate": 44_100},
        {"channels": 1},
        {"windows": (Window(Fraction(0), 480_000),)},
        {"windows": (Window(Fraction(0), 240_000), Window(Fraction(9, 2), 264_000))},
        {"preset": ""},
        {"steps": None},
        {"guidance": 4.75},
        {"guidance": None},
        {"options": {"room": "dry"}},
        {"options": {"room": "boots", "shoes": "dry"}},
    ]
    keys = {take_key("f" * 32, replace(REQUEST, **change)) for change in changes}  # type: ignore[arg-type]
    keys |= {take_key("f" * 32, REQUEST), take_key("e" * 32, REQUEST)}
    assert len(keys) == len(changes) + 2


def test_equal_requests_have_equal_keys_however_written() -> None:
    same = replace(
        REQUEST,
        guidance=Fraction(9, 2),
        options={"shoes": "boots", "room": "dry"},
        windows=list(REQUEST.windows),
    )
    assert take_key("f" * 32, same) == take_key("f" * 32, REQUEST)


def test_features_are_told_apart_by_picture_engine_and_window() -> None:
    window = Window(Fraction(0), 480_000)
    keys = {
        feature_key("f" * 32, VIEW, window),
        feature_key("e" * 32, VIEW, window),
        feature_key("f" * 32, "procedural 2", window),
        feature_key("f" * 32, VIEW, replace(window, start=Fraction(1, 24))),
        feature_key("f" * 32, VIEW, replace(window, duration=480_001)),
    }
    assert len(keys) == 5


def test_keys_stay_the_same_from_version_to_version() -> None:
    # As `b2sum -l 160` gives for the canonical JSON written by hand.
    assert take_key("f" * 32, REQUEST) == "8384fececb1ba6599c87bdff0e12c4c3bfdf6f2b"
    assert (
        feature_key("f" * 32, VIEW, Window(Fraction(0), 480_000))
        == "b58e7385b0024a9bc8b6fa75933451e7e782aa84"
    )
