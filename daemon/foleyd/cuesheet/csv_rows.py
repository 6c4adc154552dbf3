"""Tables of cues as editors' programs and spreadsheets write them: CSV with commas, semicolons or tabs."""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foleyd.cuesheet.checking import MUST_BE
from foleyd.cuesheet.errors import Place, SheetError
from foleyd.cuesheet.texts import trimmed

COLUMNS: dict[str, tuple[str, ...]] = {
    "id": ("id", "#", "no", "nr", "number", "cue #", "cue no", "cue number", "cue id", "event"),
    "start": (
        *("start", "in", "tc in", "in tc", "start tc", "tc start", "timecode in", "start time"),
        *("start timecode", "begin", "from", "record in", "rec in", "timecode", "tc", "time"),
    ),
    "end": (
        *("end", "out", "tc out", "out tc", "end tc", "tc end", "timecode out", "end time"),
        *("end timecode", "stop", "to", "until", "record out", "rec out"),
    ),
    "duration": ("duration", "length", "dur"),
    "prompt": ("prompt", "description", "sound", "cue description", "effect", "sfx", "cue"),
    "negative": ("negative", "negative prompt", "not", "without", "avoid"),
    "layer": ("layer", "stem"),
    "takes": ("takes", "alternates", "alts"),
    "seed": ("seed", "seeds"),
    "handles": ("handles",),
    "engine": ("engine", "model"),
    "file": ("file", "file name", "filename", "media file", "source file"),
    "notes": ("notes", "note", "comment", "comments", "remarks"),
}
"""Names of columns, small, by key; where several stand for one key, the first in this list is taken."""

# Columns are an editor's own: only what is all but one of these is taken for a slip of theirs.
_MISTYPED = (
    *("start", "timecode", "duration", "prompt", "description", "negative", "negative prompt", "layer"),
    *("takes", "seeds", "handles", "engine", "notes"),
)
_DELIMITERS = (",", ";", "\t", "|")
_HEADER_WITHIN = 20
_NUMBERS = ("takes", "handles")
_TIMES = ("start", "end", "duration")
_WHOLE = re.compile(r"^(\d{1,19})([.,]0+)?$")
_DECIMAL_COMMA = re.compile(r"^(\d{1,9}),(\d{1,12})$")
_SHORTENED = re.compile(r"^\d([.,]\d+)?E\+\d+$", re.IGNORECASE)
# Programs take cells that begin so for formulas; an apostrophe before them says that they are text.
_GUARDED = re.compile(r"^'+[=+\-@]")
_FORMULA = re.compile(r"^'*[=+\-@]")
_LONGEST_CELL = 1 << 20


@dataclass(frozen=True, slots=True)
class Row:
    """One cue: VALUES by key as the schema takes them, and where each stands."""

    values: Mapping[str, Any]
    places: Mapping[str, Place]

    def place_of(self, key: str) -> Place:
        """Where KEY stands; the row's beginning for what it does not have."""
        return self.places.get(key, self.places[""])


def guarded(text: str) -> str:
    """TEXT as a cell that no spreadsheet runs as a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(cell: str) -> str:
    """What :func:`guarded` made CELL of."""
    return cell[1:] if _GUARDED.match(cell) else cell


def read_rows(text: str, path: Path) -> Iterator[Row]:
    """The rows of TEXT, the content of PATH, that are not empty. Raises SheetError."""
    first, said = _separator_line(text)
    delimiter, rows = _best(text[first:], path, said, skipped=int(first > 0))
    found = next(
        (
            (number, keys)
            for number, (_, cells) in enumerate(rows[:_HEADER_WITHIN])
            if "start" in (keys := _keys(cells))
        ),
        None,
    )
    if found is None:
        names = ", ".join(cell.strip() for cell in (rows[0][1] if rows else ()) if cell.strip())[:200]
        raise SheetError(
            path,
            "there is no line of column names with Start (or In) in it; the first line has "
            f"{names or 'nothing'}",
            Place(rows[0][0] if rows else 1, 1),
        )
    number, keys = found
    header = rows[number][1]
    _check_header(header, keys, path, rows[number][0])
    for line, cells in rows[number + 1 :]:
        if any(cell.strip() for cell in cells):
            yield _row(line, cells, header, keys, path, decimal_comma=delimiter != ",")


def _separator_line(text: str) -> tuple[int, str]:
    """Where the table begins, and the separator that Excel's own first line ``sep=;`` names."""
    found = re.match(r'"?sep=(.)"?\r?\n', text, re.IGNORECASE)
    return (found.end(), found[1]) if found else (0, "")


def _best(text: str, path: Path, said: str, skipped: int) -> tuple[str, list[tuple[int, list[str]]]]:
    """The separator under which TEXT has the most known columns, and its rows with their lines."""
    tried = [said] if said else _DELIMITERS
    head = "".join(text.splitlines(keepends=True)[:_HEADER_WITHIN])

    def known(delimiter: str) -> int:
        try:
            return max((len(set(_keys(cells))) for _, cells in _rows(head, path, delimiter, 0)), default=0)
        except SheetError:
            return 0

    delimiter = max(tried, key=known)
    return delimiter, list(_rows(text, path, delimiter, skipped))


def _rows(text: str, path: Path, delimiter: str, skipped: int) -> Iterator[tuple[int, list[str]]]:
    """Rows of cells with the lines that they begin on."""
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1 + skipped
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            what = (
                "a cell's quotes are not closed"
                if "end of data" in str(error)
                else f"this is no CSV ({error})"
            )
            raise SheetError(path, f"{what}; double each quote inside a cell", Place(line, 1)) from error
        yield line, cells


def _keys(header: Sequence[str]) -> dict[str, int]:
    """The column of each key. ``Cue`` is the prompt where no other column is, else the cue's name."""
    names = _names(header)
    keys = {
        key: names.index(found)
        for key, known in COLUMNS.items()
        if (found := next((name for name in known if name in names), None)) is not None
    }
    cue = names.index("cue") if "cue" in names else None
    if cue is not None and keys.get("prompt") != cue and "id" not in keys:
        keys["id"] = cue
    return keys


def _names(header: Sequence[str]) -> list[str]:
    return [" ".join(cell.replace("_", " ").split()).casefold().rstrip(":") for cell in header]


def _check_header(header: Sequence[str], keys: Mapping[str, int], path: Path, line: int) -> None:
    """Refuses what is nearly one of our names, and the same name twice. Others are the editor's own."""
    names = _names(header)
    every = {name for known_names in COLUMNS.values() for name in known_names}
    for column, name in enumerate(names):
        place = Place(line, column + 1, header[column].strip())
        if name in every:
            if column not in keys.values() and name in names[:column]:
                raise SheetError(path, f"there are two columns {header[column].strip()!r}; keep one", place)
            continue
        close = difflib.get_close_matches(name, _MISTYPED, 1, 0.87) if len(name) > 4 else []
        if close:
            raise SheetError(
                path,
                f"there is no column {header[column].strip()!r}; did you mean {close[0].title()!r}?",
                place,
            )


def _row(
    line: int,
    cells: Sequence[str],
    header: Sequence[str],
    keys: Mapping[str, int],
    path: Path,
    *,
    decimal_comma: bool,
) -> Row:
    beyond = next((n for n, cell in enumerate(cells) if n >= len(header) and cell.strip()), None)
    if beyond is not None:
        raise SheetError(
            path,
            f"this row has more cells than there are columns ({len(header)}); a text that holds the "
            "separator needs quotes around it",
            Place(line, beyond + 1),
        )
    places = {"": Place(line, 1, header[0].strip() or "row")}
    values: dict[str, Any] = {}
    for key, column in keys.items():
        cell = trimmed(key, cells[column]) if column < len(cells) else ""
        place = Place(line, column + 1, header[column].strip())
        places[key] = place
        if cell:
            values.update(_value(key, unguarded(cell), path, place, decimal_comma=decimal_comma))
    if "seeds" in values:
        places["seeds"] = places["seed"]
    return Row(values, places)


def _value(key: str, cell: str, path: Path, place: Place, *, decimal_comma: bool) -> dict[str, Any]:
    """What CELL says of KEY; several seeds are ``seeds``."""
    if key in _TIMES:
        # "2,41" from a spreadsheet that separates columns otherwise.
        return {key: _DECIMAL_COMMA.sub(r"\1.\2", cell) if decimal_comma else cell}
    if key in _NUMBERS:
        return {key: _number(key, cell, path, place)}
    if key == "seed":
        seeds = [_number(key, word, path, place) for word in re.split(r"[\s;/]+|,(?!0+$)", cell) if word]
        return {"seed": seeds[0]} if len(seeds) == 1 else {"seeds": seeds}
    if key == "layer":
        return {key: cell.casefold()}
    return {key: cell}


def _number(key: str, cell: str, path: Path, place: Place) -> int:
    found = _WHOLE.match(cell)
    if found is None:
        excel = (
            "; the spreadsheet has shortened it, so make the column text" if _SHORTENED.match(cell) else ""
        )
        raise SheetError(path, f"{key} must be {MUST_BE[key]}, not {cell[:40]!r}{excel}", place)
    return int(found[1])
