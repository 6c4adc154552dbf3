"""Where in a TOML file each key stands. The file has been read by tomllib, so it is known to be right."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

Path = tuple[str | int, ...]

_SPACE = re.compile(r"[ \t]*")
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
# In this order: three quotes before one. A closing run may hold up to two quotes of the text itself.
_STRINGS = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|'
    r"'''(?:.|\n)*?'{3,5}|"
    r'"(?:[^"\\\n]|\\.)*"|'
    r"'[^'\n]*'",
    re.DOTALL,
)
_BARE = re.compile(r"[^,\]}#\n]*")


def places_of(text: str) -> dict[Path, tuple[int, int]]:
    """(line, column) of every key's value in TEXT, and of every table in an array, by its path."""
    found: dict[Path, int] = {}
    for path, offset in _Scan(text).statements():
        found.setdefault(path, offset)
    starts = [0, *(newline.end() for newline in re.finditer("\n", text))]
    places = {}
    for path, offset in found.items():
        line = bisect_right(starts, offset)
        places[path] = (line, offset - starts[line - 1] + 1)
    return places


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Both from 1."""
    before = text.rfind("\n", 0, offset) + 1
    return text.count("\n", 0, offset) + 1, offset - before + 1


class _Scan:
    """Reads a document once, from the top."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._tables: dict[Path, int] = {}

    def statements(self) -> Iterator[tuple[Path, int]]:
        """Each path with the offset of its key."""
        table: Path = ()
        while self._skip(_BLANK) < len(self._text):
            start = self._at
            if self._text.startswith("[[", start):
                self._at += 2
                name = self._resolved(self._keys())
                index = self._tables.get(name, -1) + 1
                self._tables[name] = index
                table = (*name, index)
                yield name, start
                yield table, start
                self._at = self._text.index("]]", self._at) + 2
            elif self._text[start] == "[":
                self._at += 1
                table = self._resolved(self._keys())
                yield table, start
                self._at = self._text.index("]", self._at) + 1
            else:
                yield from self._assignment(table)

    def _assignment(self, table: Path) -> Iterator[tuple[Path, int]]:
        start = self._skip(_BLANK)
        path = (*table, *self._keys())
        yield path, start
        self._at = self._text.index("=", self._at) + 1
        yield from self._value(path)

    def _value(self, path: Path) -> Iterator[tuple[Path, int]]:
        self._skip(_SPACE)
        head = self._text[self._at : self._at + 1]
        if head == "[":
            yield from self._array(path)
        elif head == "{":
            yield from self._inline(path)
        elif head and head in "\"'":
            self._skip(_STRINGS)
        else:
            self._skip(_BARE)

    def _array(self, path: Path) -> Iterator[tuple[Path, int]]:
        self._at += 1
        index = 0
        while self._text[self._skip(_BLANK)] != "]":
            yield (*path, index), self._at
            yield from self._value((*path, index))
            index += 1
            if self._text[self._skip(_BLANK)] == ",":
                self._at += 1
        self._at += 1

    def _inline(self, path: Path) -> Iterator[tuple[Path, int]]:
        self._at += 1
        while self._text[self._skip(_BLANK)] != "}":
            yield from self._assignment(path)
            if self._text[self._skip(_BLANK)] == ",":
                self._at += 1
        self._at += 1

    def _keys(self) -> Path:
        """A dotted key; moves behind it."""
        keys: list[str] = []
        while True:
            self._skip(_SPACE)
            found = _KEY.match(self._text, self._at)
            if found is None:
                return tuple(keys)
            self._at = found.end()
            keys.append(found[0][1:-1] if found[0][0] in "\"'" else found[0])
            self._skip(_SPACE)
            if self._text[self._at : self._at + 1] != ".":
                return tuple(keys)
            self._at += 1

    def _resolved(self, keys: Path) -> Path:
        """KEYS of a header, with the index of the latest table wherever they lead through an array."""
        path: Path = ()
        for number, key in enumerate(keys):
            path = (*path, key)
            if path in self._tables and number < len(keys) - 1:
                path = (*path, self._tables[path])
        return path

    def _skip(self, pattern: re.Pattern[str]) -> int:
        found = pattern.match(self._text, self._at)
        if found is not None:
            self._at = found.end()
        return self._at
