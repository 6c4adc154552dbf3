from __future__ import annotations

from pathlib import Path

import numpy as np
import psutil
import pytest

from foleyd.mapped import forget_pages, is_mapped

SIZE = 50_000_000


def resident() -> int:
    return int(psutil.Process().memory_info().rss)


@pytest.mark.skipif(not hasattr(__import__("mmap"), "MADV_DONTNEED"), reason="no such call here")
def test_what_was_read_through_a_map_is_given_back_and_can_be_read_again(tmp_path: Path) -> None:
    path = tmp_path / "floats"
    np.arange(SIZE // 4, dtype=np.float32).tofile(path)
    mapped = np.memmap(path, np.float32, "r", shape=(SIZE // 8, 2)).T
    before = resident()
    total = float(mapped.sum(dtype=np.float64))
    assert resident() - before > SIZE * 0.8
    forget_pages(mapped[0, 5:])
    assert resident() - before < SIZE * 0.2
    assert float(mapped.sum(dtype=np.float64)) == total


def test_changes_to_a_private_map_and_plain_arrays_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "floats"
    np.zeros(8, np.float32).tofile(path)
    private = np.memmap(path, np.float32, "c")
    private[:] = 7
    forget_pages(private)
    assert private.tolist() == [7.0] * 8
    plain = np.ones(8, np.float32)
    forget_pages(plain)
    assert (is_mapped(private[2:]), is_mapped(plain)) == (True, False)


def test_memory_lent_by_something_else_is_left_alone() -> None:
    class Lender:
        kept = np.zeros(8, np.float32)
        __array_interface__ = kept.__array_interface__

    lent = np.asarray(Lender())
    forget_pages(lent)
    assert not is_mapped(lent)
