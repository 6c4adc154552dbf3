"""Every key of a TOML file is found where it stands, however the file is laid out."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foleyd.cuesheet.positions import places_of

STRINGS = [
    '"a # ] } = [x]"',
    "'\\'",
    '"\\""',
    '"""a\n\n  ["x"] ""\\""""',
    "'''\n# no\nkey = 1'''",
    '""',
    '""""a"""""',
]
SCALARS = [*STRINGS, "1", "2.41", "-inf", "true", "1979-05-27 07:32:00", "07:32:00", "0xf"]
KEYS = ["a", "b-1", '"quoted key"', "'x.y'", "c . d", "3"]

values = st.recursive(
    st.sampled_from(SCALARS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: "[" + " ,\n # , ]\n ".join(items) + "\n]"),
        st.lists(inner, max_size=3).map(
            lambda items: "{ " + ", ".join(f"k{n} = {item}" for n, item in enumerate(items)) + " }"
        ),
    ),
    max_leaves=6,
)
blocks = st.lists(
    st.tuples(st.sampled_from(["", "# note [x]\n", "\n\n"]), st.sampled_from(KEYS), values), max_size=4
)
documents = st.lists(st.tuples(st.sampled_from(["", "[[t]]", " [[ t . u ]] ", "[t.v]"]), blocks), max_size=4)


def written(document: list[tuple[str, list[tuple[str, str, str]]]]) -> str:
    return "".join(
        f"{header}\n" + "".join(f"{blank}  {key} = {value} # end\n" for blank, key, value in block)
        for header, block in document
    )


def every_path(value: Any, path: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    """Paths of all keys and items in VALUE."""
    found = {path} if path else set()
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in items:
        found |= every_path(each, (*path, key))
    return found


@given(documents)
def test_what_tomllib_reads_has_a_place(document: list[tuple[str, list[tuple[str, str, str]]]]) -> None:
    text = written(document)
    try:
        read = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    places = places_of(text)
    lines = text.split("\n")
    for path in every_path(read):
        # Tables that only lead to others (the c of "c.d = 1") stand where those do.
        deeper = [at for other, at in places.items() if other[: len(path)] == path]
        assert deeper, path
        if path in places and isinstance(path[-1], str):
            line, column = places[path]
            assert path[-1] in lines[line - 1][column - 1 :]


@pytest.mark.parametrize(
    ("text", "path", "place"),
    [
        ("a = 1\nb = 2\n", ("b",), (2, 1)),
        ("\n  a = '''\nb = 1\n'''\nb = 2\n", ("b",), (5, 1)),
        ("[[cues]]\nstart = 1\n[[cues]]\n  end = 2\n", ("cues", 1, "end"), (4, 3)),
        ("[[cues]]\n[[cues]]\n", ("cues", 1), (2, 1)),
        ('cues = [{start = "[", end = 2}, {end = 3}]', ("cues", 1, "end"), (1, 34)),
        ("[options]\nx = 1\n", ("options", "x"), (2, 1)),
    ],
)
def test_the_place_is_that_of_the_key(text: str, path: tuple[str | int, ...], place: tuple[int, int]) -> None:
    assert places_of(text)[path] == place
