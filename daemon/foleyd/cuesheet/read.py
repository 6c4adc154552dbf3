"""``foley.toml``, sidecars and cue sheets, from their files."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from foleyd.cuesheet.checking import (
    CUE_KEYS,
    MUST_BE,
    SETTING_KEYS,
    PlaceOf,
    check_cue,
    check_keys,
    check_settings,
    checked,
)
from foleyd.cuesheet.csv_rows import read_rows
from foleyd.cuesheet.errors import Place, SheetError
from foleyd.cuesheet.positions import Path as Keys
from foleyd.cuesheet.positions import places_of
from foleyd.cuesheet.schema import FolderSettings, SheetCue, Sidecar
from foleyd.cuesheet.texts import read_text

TABLE_SUFFIXES = (".csv", ".tsv", ".txt")
SHEET_SUFFIXES = (*TABLE_SUFFIXES, ".toml")
_AT = re.compile(r" \(at line (\d+), column (\d+)\)$")
_CURLY = tuple("“”„‟‘’‚«»")
"""What word processors make of quotes."""
_AT_END = " (at end of document)"


def read_settings(path: Path) -> FolderSettings:
    """What the ``foley.toml`` at PATH says. Raises SheetError, SheetNotFound."""
    given, places = _toml(path)
    check_keys(given, SETTING_KEYS, path, _place_of(places, ()))
    settings = checked(FolderSettings, given, path, _place_of(places, ()))
    check_settings(settings, path, _place_of(places, ()))
    return settings


def read_sidecar(path: Path) -> Sidecar:
    """What the ``NAME.foley.toml``, or another TOML cue sheet, at PATH says.

    Raises SheetError, SheetNotFound.
    """
    given, places = _toml(path)
    place_of = _place_of(places, ())
    check_keys(given, (*SETTING_KEYS, "cues"), path, place_of)
    tables = given.pop("cues", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise SheetError(path, f"cues must be {MUST_BE['cues']}", place_of("cues"))
    cues = [_cue(table, path, _place_of(places, ("cues", index))) for index, table in enumerate(tables)]
    _check_ids(cues, path)
    sheet = checked(Sidecar, given, path, place_of, cues=tuple(cues), source=path)
    check_settings(sheet, path, place_of)
    return sheet


def read_sheet(path: Path) -> Sidecar:
    """The cue sheet at PATH: TOML where its name ends so, else a table of cues (CSV).

    Raises SheetError, SheetNotFound.
    """
    suffix = path.suffix.lower()
    if suffix == ".toml":
        return read_sidecar(path)
    if suffix not in TABLE_SUFFIXES:
        raise SheetError(path, f"a cue sheet's name must end in {', '.join(SHEET_SUFFIXES)}")
    cues = [_cue(row.values, path, row.place_of) for row in read_rows(read_text(path), path)]
    if not cues:
        raise SheetError(path, "there are no cues under the line of column names")
    _check_ids(cues, path)
    return Sidecar(cues=tuple(cues), source=path)


def place_in(path: Path, *keys: str) -> Place | None:
    """Where the TOML file at PATH says what is under KEYS; None where it does not, or cannot be read."""
    try:
        return _toml(path)[1].get(keys)
    except SheetError:
        return None


def _toml(path: Path) -> tuple[dict[str, Any], dict[Keys, Place]]:
    """The document at PATH, and where each of its keys stands."""
    # Line ends as tomllib sees them.
    text = read_text(path).replace("\r\n", "\n")
    try:
        # Fractions stay as typed: 2.41 is a TIME.
        given = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise _unreadable(path, text, str(error)) from error
    except RecursionError as error:
        raise SheetError(
            path, "this is nested too deep; a cue sheet needs tables and plain values"
        ) from error
    places = {keys: Place(*at) for keys, at in places_of(text).items()}
    return given, places


def _unreadable(path: Path, text: str, message: str) -> SheetError:
    """The error for what is no TOML; unquoted timecode is what people write most."""
    found = _AT.search(message)
    line, column = (int(found[1]), int(found[2])) if found else (text.count("\n") + 1, 1)
    what = _AT.sub("", message).removesuffix(_AT_END)
    written = text.split("\n")[line - 1] if line <= text.count("\n") + 1 else ""
    timecode = re.search(r"=\s*(\d{1,2}:\d\d)", written)
    if timecode:
        what, column = 'timecode needs quotes: "01:00:10:00"', timecode.start(1) + 1
    elif written[column - 1 : column] in _CURLY:
        what = f'texts stand in straight quotes ("), not in {written[column - 1]}'
    else:
        what = f"this is not TOML ({what[:1].lower()}{what[1:]}); texts stand in quotes"
    return SheetError(path, what, Place(line, column))


def _place_of(places: Mapping[Keys, Place], table: Keys) -> PlaceOf:
    """Where a key of TABLE stands: its own place, else the table's."""

    def place(key: str) -> Place | None:
        return places.get((*table, key)) or places.get(table)

    return place


def _cue(values: Mapping[str, Any], path: Path, place_of: PlaceOf) -> SheetCue:
    check_keys(values, CUE_KEYS, path, place_of)
    places = {key: place for key in ("", *CUE_KEYS) if (place := place_of(key)) is not None}
    cue = check_cue(checked(SheetCue, values, path, place_of, places=places), path, place_of)
    if cue.end is not None and cue.duration is not None and not places[""].name:
        raise SheetError(path, "end and duration are both given; keep one of them", place_of("duration"))
    return cue


def _check_ids(cues: list[SheetCue], path: Path) -> None:
    seen: dict[str, SheetCue] = {}
    for cue in cues:
        if cue.id is None:
            continue
        other = seen.setdefault(cue.id, cue)
        if other is not cue:
            line = other.places[""].line
            raise SheetError(
                path,
                f"the cue on line {line} is called {cue.id!r} too; give each its own name",
                cue.places["id"],
            )
