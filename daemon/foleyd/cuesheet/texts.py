"""A file of settings or cues as text, however the program that saved it wrote that down."""

from __future__ import annotations

import codecs
from pathlib import Path

from foleyd.cuesheet.errors import Place, SheetError, SheetNotFound
from foleyd.cuesheet.positions import line_and_column

MAX_BYTES = 16 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    # UTF-32's mark begins with UTF-16's.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def read_text(path: Path) -> str:
    """What PATH says: UTF-8, or UTF-16 and UTF-32 by their marks; without the mark.

    Raises SheetError, SheetNotFound.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise SheetNotFound(path, "there is no such file; check the name") from None
    except OSError as error:
        what = "is a folder; name a file" if path.is_dir() else f"cannot be read ({error.strerror})"
        raise SheetError(path, what) from error
    if len(content) > MAX_BYTES:
        raise SheetError(path, f"is larger than {MAX_BYTES >> 20} MiB; divide it")
    mark, encoding = next(
        ((mark, name) for mark, name in _MARKS if content.startswith(mark)), (b"", _unmarked(content))
    )
    body = content[len(mark) :]
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        sound = body[: error.start].decode(encoding, "replace")
        raise SheetError(
            path,
            f"this is not {encoding.upper()}; save the file as UTF-8 (Excel calls it “CSV UTF-8”)",
            Place(*line_and_column(sound, len(sound))),
        ) from error


def _unmarked(content: bytes) -> str:
    """UTF-16 without its mark has a zero in every other byte of a file that is mostly ASCII."""
    head = content[:200]
    if len(head) >= 4 and head[1::2].count(0) > len(head) // 3:
        return "utf-16-le"
    if len(head) >= 4 and head[::2].count(0) > len(head) // 3:
        return "utf-16-be"
    return "utf-8"


def trimmed(key: str, text: str) -> str:
    """TEXT, the value of KEY, without space around it: of prompts only that which spotting takes off too,
    since a cue's seed is drawn from its words letter for letter."""
    return text.strip(" \t\r\n") if key in ("prompt", "negative") else text.strip()
