"""What is wrong with a cue sheet, and where."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from foleyd.errors import FoleyError


@dataclass(frozen=True, slots=True)
class Place:
    """A spot in a file: LINE and COLUMN count from 1; NAME is the column's in a table, else empty."""

    line: int
    column: int
    name: str = ""

    def __str__(self) -> str:
        """As sentences say it."""
        named = f" ({self.name})" if self.name else ""
        return f"line {self.line}, column {self.column}{named}"


class SheetError(FoleyError):
    """A cue sheet, a sidecar or a ``foley.toml`` says something that cannot be.

    The sentence begins with the file's name and the PLACE, where there is one.
    """

    code = "INVALID_ARGUMENT"
    reason = "SHEET_INVALID"

    def __init__(self, path: Path, what: str, place: Place | None = None) -> None:
        where = path.name if place is None else f"{path.name}, {place}"
        super().__init__(f"{where}: {what}", where=str(path))
        self.path = path
        self.place = place


class SheetNotFound(SheetError):
    """There is no such cue sheet."""

    code = "NOT_FOUND"
    reason = "SHEET_NOT_FOUND"
