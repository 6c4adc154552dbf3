from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from foleyd.media.ahead import read_ahead


def test_everything_comes_in_order() -> None:
    assert list(read_ahead(iter(range(100)), 3)) == list(range(100))


def test_no_more_than_count_wait() -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for number in range(50):
            made.append(number)
            yield number

    ahead = read_ahead(items(), 3)
    next(ahead)
    threading.Event().wait(0.05)
    # One is taken, three wait, and one is in the reader's hand.
    assert len(made) <= 5
    ahead.close()


def test_an_error_is_raised_in_its_place() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("bad frame")

    ahead = read_ahead(items())
    assert next(ahead) == 1
    with pytest.raises(ValueError, match="bad frame"):
        next(ahead)


def test_closing_closes_what_is_read_and_ends_the_thread() -> None:
    closed = threading.Event()

    def items() -> Iterator[int]:
        try:
            yield from range(1000)
        finally:
            closed.set()

    before = threading.active_count()
    ahead = read_ahead(items(), 2)
    next(ahead)
    ahead.close()
    assert closed.is_set()
    assert threading.active_count() == before
