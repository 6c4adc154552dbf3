from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from foleyd.cache.errors import Damaged
from foleyd.cache.features import FeatureStore, read_features, write_features
from foleyd.cache.store import Store
from foleyd.engines.engine import Features

KEY = "ab" * 20


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "cache", 1_000_000) as store:
        yield store


def assert_same(one: Features, other: Features) -> None:
    assert one.arrays.keys() == other.arrays.keys()
    for name, array in one.arrays.items():
        assert array.dtype == other.arrays[name].dtype.newbyteorder("=")
        np.testing.assert_array_equal(array, other.arrays[name])
        assert array.shape == other.arrays[name].shape
    assert (one.meta, one.warnings) == (other.meta, other.warnings)


def test_features_come_back_as_they_were(store: Store) -> None:
    features = Features(
        {
            "energy": np.linspace(0, 1, 100),
            "pan": np.array([[-1, 1]], np.float32),
            "cut": np.array([True, False]),
            "half": np.array([0.5], np.float16),
            "count": np.array(3, np.int64),
            "none": np.zeros((0, 4), np.uint8),
        },
        {"scale": "1/2", "Sprache": "Straße ☂", "format": "mine", "__metadata__": "x"},
        ("action outside the frame", "camera shakes"),
    )
    cache = FeatureStore(store)
    assert cache.load(KEY) is None
    assert cache.save(KEY, features, "procedural") is None
    found = cache.load(KEY)
    assert found is not None
    assert_same(found, features)


def test_arrays_that_lie_otherwise_in_memory_come_back_as_seen(tmp_path: Path) -> None:
    table = np.arange(24, dtype=np.float32).reshape(4, 6)
    features = Features(
        {"turned": table.T, "sparse": table[::2, ::3], "backward": table[::-1], "big": table.astype(">f4")}
    )
    write_features(tmp_path / "f", features)
    assert_same(read_features(tmp_path / "f"), features)


@settings(max_examples=40, deadline=None)
@given(
    array=npst.arrays(
        st.one_of(npst.floating_dtypes(sizes=(16, 32, 64)), npst.integer_dtypes(), npst.boolean_dtypes()),
        npst.array_shapes(min_dims=0, max_side=5),
    ),
    meta=st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=4),
    warnings=st.lists(st.text(max_size=20), max_size=3).map(tuple),
)
def test_any_numbers_and_text_survive(
    tmp_path_factory: pytest.TempPathFactory,
    array: np.ndarray,
    meta: dict[str, str],
    warnings: tuple[str, ...],
) -> None:
    path = tmp_path_factory.getbasetemp() / "features"
    features = Features({"array": array}, meta, warnings)
    write_features(path, features)
    assert_same(read_features(path), features)


@pytest.mark.parametrize(
    "array",
    [np.array(["text"]), np.array([object()], dtype=object), np.array([1j]), np.array([1], np.longdouble)],
)
def test_only_plain_numbers_are_taken(store: Store, array: np.ndarray) -> None:
    with pytest.raises(TypeError, match="'odd'"):
        FeatureStore(store).save(KEY, Features({"odd": array}), "procedural")


@pytest.mark.parametrize("content", [b"", b"{}", b"\x08\0\0\0\0\0\0\0{}      ", b"\xff" * 100])
def test_what_holds_no_features_is_a_miss_and_is_dropped(store: Store, content: bytes) -> None:
    store.add(KEY, "procedural", lambda path: path.write_bytes(content))
    assert FeatureStore(store).load(KEY) is None
    assert store.figures().entries == 0


def test_a_missing_file_is_damage(tmp_path: Path) -> None:
    with pytest.raises(Damaged):
        read_features(tmp_path / "gone")
